"""What the public finds: lists, search, filters, pages by key, exports, feeds, documents; on both databases."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
from sqlalchemy import event

from api.pages.asked import read
from notary import clock
from tests.servers import postgres_database
from tests.serving import site
from tests.stage import AGENCY, Stage
from trading.acts import listing
from trading.rows import listed_terms
from trading.views import lists

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Four tenders that take bids."""
    folder: Path = tmp_path_factory.mktemp("lists")
    with ExitStack() as stack:
        url = f"sqlite:///{folder}/sunbid.db"
        if request.param == "postgresql":
            url = stack.enter_context(postgres_database(request.getfixturevalue("postgres")))
        running = stack.enter_context(site(folder / "home", url))
        made = Stage(running, folder / "parties")
        for number, (title, region) in enumerate(
            (
                ("零陵区排水管网改造工程", "431102"),
                ("冷水滩区教学楼加固工程", "431103"),
                ("=HYPERLINK(1) 停车泊位工程", "431102"),
                ("东安县道路养护工程", "431122"),
            )
        ):
            made.tender = f"YZ-{region}-GC-2026-{number:04d}"
            days = timedelta(days=25 + (number == 3), minutes=number)
            made.publish(title=title, region=region, deadline=clock.text((made.now() + days).replace(microsecond=0)))
        yield made


@pytest.fixture
def public(stage: Stage) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stage.site.url) as client:
        stage.site.desk.kept.forget()
        yield client


def codes(public: httpx.Client, query: str) -> list[str]:
    """The last four digits of the tenders that a question finds, in order."""
    return [one["tender"][-4:] for one in public.get(f"/notices.json{query}").json()["items"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["0003", "0002", "0001", "0000"]),
        ("?q=排水", ["0000"]),
        ("?q=工程", ["0003", "0002", "0001", "0000"]),
        ("?q=教学楼 工程", ["0001"]),
        ("?q=测试招标人", ["0003", "0002", "0001", "0000"]),
        ("?q=YZ-431102-GC-2026-0002", ["0002"]),
        ("?q=没有的", []),
        ("?region=431102", ["0002", "0000"]),
        ("?region=431100&q=工程", ["0003", "0002", "0001", "0000"]),
        ("?region=430000&q=养护", ["0003"]),
        ("?region=440000", []),
        ("?category=construction&stage=open", ["0003", "0002", "0001", "0000"]),
        ("?category=procurement", []),
        ("?stage=awarded", []),
        ("?sort=deadline", ["0000", "0001", "0002", "0003"]),
        ("?sort=deadline&q=道路", ["0003"]),
        ("?due=30", ["0003", "0002", "0001", "0000"]),
        ("?due=7", []),
    ],
)
def test_questions_find(public: httpx.Client, query: str, found: list[str]) -> None:
    assert codes(public, query) == found


@pytest.mark.parametrize("query", ["?stage=draft", "?region=abc", "?due=x", "?sort=price", "?category=x", "?cursor=x"])
def test_a_question_that_cannot_be_is_refused(public: httpx.Client, query: str) -> None:
    assert public.get(f"/notices{query}").status_code in {400, 422}


@pytest.mark.parametrize("query", ["", "&q=工程", "&sort=deadline", "&region=431100&stage=open"])
def test_pages_by_key_show_each_once(stage: Stage, query: str) -> None:
    given = dict(pair.split("=") for pair in query.split("&") if pair)
    wanted = read(given).wanted(stage.now())
    found: list[str] = []
    cursor: str | None = None
    with stage.site.desk.work.reading() as connection:
        while True:
            items, cursor = lists.notices(connection, wanted, cursor=cursor, limit=1)
            found += [one["tender"] for one in items]
            if cursor is None:
                break
        assert found == [one["tender"] for one in lists.notices(connection, wanted, cursor=None, limit=9)[0]]
        assert lists.count(connection, listing.NOTICES, wanted) == len(found) == 4


def test_the_csv_file_has_the_question_and_nothing_that_a_spreadsheet_computes(public: httpx.Client) -> None:
    answer = public.get("/notices.csv?q=停车")
    assert answer.headers["content-disposition"] == 'attachment; filename="notices.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["tender"], row["title"]) for row in rows] == [
        ("YZ-431102-GC-2026-0002", "'=HYPERLINK(1) 停车泊位工程")
    ]


def test_the_feed_has_the_question(public: httpx.Client, stage: Stage) -> None:
    answer = public.get("/en/notices.atom?q=排水")
    feed = ET.fromstring(answer.text)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert [one.text for one in feed.iter(f"{ATOM}id")][1:] == [f"{stage.site.url}/lots/YZ-431102-GC-2026-0000"]


def test_a_document_is_saved_under_its_own_name_and_never_shown(public: httpx.Client, stage: Stage) -> None:
    lot = f"/lots/{stage.tender}"
    sha256 = stage.clerk.get(f"/tenders/{stage.tender}")["content"]["documents"][0]["sha256"]
    answer = public.get(f"{lot}/documents/{sha256}")
    assert answer.headers["content-disposition"].endswith("filename*=UTF-8''%E6%8B%9B%E6%A0%87%E6%96%87%E4%BB%B6.txt")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert public.get(f"{lot}/documents/{'0' * 64}").status_code == 404


@pytest.mark.parametrize("path", ["/lots/YZ-0000-GC-2026-0000", "/openings/YZ-0000-GC-2026-0000", "/orgs/X"])
def test_what_is_not_there(public: httpx.Client, path: str) -> None:
    assert public.get(path).status_code == 404
    assert public.get(f"{path}/events").status_code == 404


def test_whoever_did_nothing_in_public_is_nobody(public: httpx.Client, stage: Stage) -> None:
    """A registered bidder is not there before a bid of it was opened; an agency is, with what it published."""
    assert public.get(f"/orgs/{stage.bidder(0).code}").status_code == 404
    assert "东安县道路养护工程" in public.get(f"/orgs/{AGENCY}").text


@pytest.mark.parametrize(("path", "most"), [("/notices", 2), ("/notices?q=工程&region=431102", 4), ("/openings", 5)])
def test_a_list_costs_the_same_however_long_it_is(stage: Stage, public: httpx.Client, path: str, most: int) -> None:
    asked: list[str] = []
    engine = stage.site.desk.work.engine
    stage.site.desk.kept.forget()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "FROM tenders" in statement or "listed_terms" in statement:
            asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert public.get(path).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    # The ticker asks what is due beside it.
    assert len([one for one in asked if "due_at <=" not in one]) <= most, asked


def test_the_lists_can_be_made_again(stage: Stage) -> None:
    """What is derived is the same when it is derived anew, as for a database that gets the lists by a migration."""
    with stage.site.desk.work.unit() as unit:
        before = unit.connection.execute(listed_terms.select()).all()
        listing.fill(unit.connection)
        assert unit.connection.execute(listed_terms.select()).all() == before
        unit.connection.execute(listed_terms.delete())
        listing.fill(unit.connection)
        assert sorted(unit.connection.execute(listed_terms.select()).all()) == sorted(before)
