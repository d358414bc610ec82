"""Tenders of the past go through the whole system again: the same prices come out of the envelopes, the same one wins.

With SUNBID_DATA these are real ones, with real tender documents attached; a made-up sample runs always.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from api.tools import agency, expert
from api.tools.client import Client
from api.tools.vault import Vault
from notary import clock
from tests.apart import barely, site_apart
from tests.outside import outside_data
from tests.stage import AGENCY, QUORUMS, Stage
from tests.story import past
from tests.story.past import Past

HERE = Path(__file__).parent
CHUNKS = 3
EVERY = 6
PACE = {"SUNBID_PACE_SECONDS": "0.5"}

pytestmark = pytest.mark.story


def test_the_sample(database_url: str, tmp_path: Path) -> None:
    document = tmp_path / "drawings.bin"
    document.write_bytes(bytes(range(256)) * 4096)
    replay(past.read(HERE / "sample.csv"), [document], database_url, tmp_path)


OUTSIDE = outside_data()
if OUTSIDE is not None:
    DOCUMENTS = sorted((OUTSIDE / "documents").glob("*.pdf"))
    KNOWN = past.read(OUTSIDE / "tenders" / "tsuchiura.csv")
    # All that were decided by lot are among them: there are few.
    CHOSEN = [one for number, one in enumerate(KNOWN) if number % EVERY == 0 or one.drawn]

    def test_the_source_is_large_enough() -> None:
        assert len(KNOWN) > 550
        assert len(CHOSEN) >= 100

    @pytest.mark.parametrize("chunk", range(CHUNKS))
    def test_real_tenders(chunk: int, request: pytest.FixtureRequest, tmp_path: Path) -> None:
        """One part on PostgreSQL, the others on SQLite: the sample above was on both."""
        database_url = request.getfixturevalue("sqlite_url" if chunk else "postgres_url")
        replay(CHOSEN[chunk::CHUNKS], DOCUMENTS, database_url, tmp_path)


def replay(tenders: list[Past], documents: list[Path], database_url: str, folder: Path) -> None:
    """Publish all, let all bid, let one deadline pass, open all, evaluate all."""
    with site_apart(folder / "home", database_url, **PACE) as (site, _):
        stage = Stage(site, folder / "parties")
        dates = barely(stage)
        names = sorted({name for tender in tenders for name, _ in tender.bids})
        town = Town(stage, {name: number for number, name in enumerate(names)}, dates, stage.expert(AGENCY))
        supply = cycle(documents)
        attached = [[next(supply), next(supply)] for _ in tenders]
        for tender, files in zip(tenders, attached, strict=True):
            town.publish(tender, files[0])
        stage.settle()
        for tender, files in zip(tenders, attached, strict=True):
            town.bid(tender, files)
        stage.pass_until(clock.parse(dates["deadline"]) + timedelta(seconds=1))
        for number, tender in enumerate(tenders):
            town.open(tender, QUORUMS[number % len(QUORUMS)])
        for tender in tenders:
            town.compare(tender)
        town.compare_documents(tenders[-1], attached[-1])


@dataclass(frozen=True)
class Town:
    """The parties of the replay; a bidder is the same one in every tender that names it."""

    stage: Stage
    numbers: dict[str, int]
    dates: dict[str, Any]
    member: tuple[str, Client, Vault]

    def publish(self, tender: Past, document: Path) -> None:
        """With its title and ceiling, by a procedure that knows nothing of Chinese periods and committees."""
        self._choose(tender)
        ceiling = money(tender.ceiling)
        evaluation = {"ties": ["draw"], "candidates": 1}
        (self.stage.folder / document.name).write_bytes(document.read_bytes())
        self.stage.publish(
            **self.dates,
            title=tender.title[:100],
            budget=ceiling,
            ceiling=ceiling,
            deposit="0.00",
            evaluation={"method": "lowest_evaluated_price", "criteria": evaluation},
            documents=[document.name],
        )

    def bid(self, tender: Past, files: list[Path]) -> None:
        """Every bid at its price; the first have files."""
        self._choose(tender)
        for (name, price), attached in zip(tender.bids, [[file] for file in files] + [[]] * 99, strict=False):
            self.stage.bid(self.stage.bidder(self.numbers[name]), money(price), attached)

    def open(self, tender: Past, quorum: list[str]) -> None:
        """The deadline has passed: wait for the closing, then let these trustees release their keys."""
        self._choose(tender)
        self.stage.until_closed()
        for trustee in quorum:
            self.stage.release(trustee)

    def compare(self, tender: Past) -> None:
        """Every price as in the source, and after the evaluation the winner."""
        stage = self._choose(tender)
        stage.until(lambda: stage.stage() == "opened")
        # Experts read the opening in the record, where it stands a moment later.
        stage.settle()
        opened = stage.clerk.get(f"/tenders/{stage.tender}/opening")["bids"]
        found = [(bid["bidder"], bid["outcome"], bid["values"]["price"]) for bid in opened]
        assert found == [(self.code(name), "opened", money(price)) for name, price in tender.bids]
        draw = None if tender.draw is None else [self.code(name) for name in tender.draw]
        self.judge()
        ranking = stage.clerk.post(f"/tenders/{stage.tender}/evaluation", {"draw": draw})
        assert ranking["ranked"][0]["bidder"] == self.code(tender.winner)
        assert [one["price"] for one in ranking["ranked"]] == sorted(
            (money(price) for _, price in tender.bids), key=lambda text: int(text[:-3])
        )

    def judge(self) -> None:
        """One member for all tenders, who rejects nobody: by price alone there is nothing to score."""
        stage, (person, client, own) = self.stage, self.member
        stage.clerk.post(f"/tenders/{stage.tender}/committee", {"members": [{"person": person, "role": "buyer"}]})
        expert.sign(client, own, stage.tender, expert.blank(client, stage.tender))

    def compare_documents(self, tender: Past, files: list[Path]) -> None:
        """What the agency gets out of the envelopes is what the bidders put in."""
        stage = self._choose(tender)
        target = stage.folder / "opened"
        opened = agency.open_documents(stage.clerk, stage.agency_vault, stage.tender, "bid", target)
        assert [one["reason"] for one in opened] == [None] * len(tender.bids)
        for (name, _), file in zip(tender.bids, files, strict=False):
            assert (target / self.code(name) / file.name).read_bytes() == file.read_bytes()

    def code(self, name: str) -> str:
        """The bidder's organisation."""
        return self.stage.bidder(self.numbers[name]).code

    def _choose(self, tender: Past) -> Stage:
        self.stage.tender = f"HF-{tender.number.zfill(6)}"
        return self.stage


def money(whole: int) -> str:
    """As the forms have it."""
    return f"{whole}.00"
