"""A sale filled in on the agency's pages: its floor and its appraisal are typed, and no budget is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import httpx
import pytest

from api import sessions
from tests.browser.desks import Person
from tests.serving import site
from tests.stage import Stage
from trading import procedures

BASICS = {
    "title": "某公司股权转让",
    "title_en": "Equity",
    "tender": "YZ-431102-CQ-2026-0007",
    "scope": "某公司 60% 股权",
    "qualification": "依法设立的法人",
    "region": "431102",
    "deposit": "100000",
}
SCORED = {
    "method": "highest_comprehensive",
    "price_marks": "60",
    "part1.zh": "方案",
    "part1.en": "Plan",
    "part1.marks": "40",
    "candidates": "3",
    "committee.size": "5",
    "committee.experts": "4",
    "floor.price": "1,000,000",
    "floor.clause": "below_floor",
    "valuation.appraisal": "1000000",
}
KEYS = count()


@pytest.fixture
def stage(tmp_path: Path, sqlite_url: str) -> Iterator[Stage]:
    with site(tmp_path / "home", sqlite_url) as running:
        yield Stage(running, tmp_path / "parties")


class Clerk:
    """A clerk's session, and one draft of a procedure."""

    def __init__(self, stage: Stage, name: str) -> None:
        self.http = Person(stage.site, stage.clerk.get("/me")["person"]).http()
        subject = procedures.in_force(name, stage.now()).subjects[0]
        begun = self.post("/agency/drafts", {"procedure": name, "subject": subject})
        self.draft = begun.headers["location"].removesuffix("/basics")

    def __enter__(self) -> Clerk:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def post(self, path: str, fields: dict[str, str]) -> httpx.Response:
        secrets = {"key": f"{next(KEYS):020}", "csrf": sessions.token(self.http.cookies[sessions.COOKIE])}
        return self.http.post(path, data=fields | secrets)

    def save(self, section: str, fields: dict[str, str]) -> httpx.Response:
        return self.post(f"{self.draft}/{section}", fields)

    def shown(self, section: str) -> str:
        """The section's page in Chinese and English."""
        pages = [self.http.get(f"{language}{self.draft}/{section}") for language in ("", "/en")]
        assert [page.status_code for page in pages] == [200, 200]
        return "".join(page.text for page in pages)


def test_a_tender_that_sells(stage: Stage) -> None:
    with Clerk(stage, "property-tender") as clerk:
        assert 'name="budget"' not in clerk.shown("basics")
        assert clerk.save("basics", BASICS).status_code == 303
        page = clerk.shown("evaluation")
        assert all(f'name="{name}"' in page for name in ("floor.price", "valuation.appraisal", "valuation.relists"))
        for field, typed in (("valuation.appraisal", "much"), ("floor.price", "")):
            refused = clerk.save("evaluation", SCORED | {field: typed})
            assert (refused.status_code, f'id="mistake-{field}"' in refused.text) == (422, True)
        assert clerk.save("evaluation", SCORED).status_code == 303
        assert 'value="1000000.00"' in clerk.shown("evaluation")
        for section in ("dates", "documents", "trustees", "check"):
            clerk.shown(section)


def test_a_sale_by_auction(stage: Stage) -> None:
    with Clerk(stage, "property-bidding") as clerk:
        assert clerk.save("basics", BASICS).status_code == 303
        page = clerk.shown("auction")
        asked = ("valuation.appraisal", "valuation.relists", "valuation.approval")
        assert all(f'name="{name}"' in page for name in asked)
        clerk.shown("dates")
    with Clerk(stage, "rural-auction") as clerk:
        assert 'name="valuation.appraisal"' not in clerk.shown("auction")
