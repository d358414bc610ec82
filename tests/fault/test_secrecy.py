"""Before the opening a price is nowhere, and nothing tells how many bids there are."""

from __future__ import annotations

import base64
import random
import struct
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.apart import LOG, barely, site_apart
from tests.fault import search
from tests.serving import Process, Site
from tests.stage import Stage

pytestmark = pytest.mark.fault

BIDS = 10
#: In 分, a multiple of 256 between 2^49 and what a form can hold: no such number is there by chance.
LEAST = random.SystemRandom().randrange(1 << 41, (10**15 - 1) >> 8) << 8


def prices() -> list[str]:
    """Prices that begin with the same digits, and as integers differ in their last byte."""
    return [f"{fen // 100}.{fen % 100:02d}" for fen in range(LEAST, LEAST + BIDS)]


class Places:
    """Everywhere the server of a site keeps bytes."""

    def __init__(self, site: Site, process: Process, folder: Path, database_url: str) -> None:
        self.site, self.process = site, process
        cluster = parse_qs(urlsplit(database_url).query).get("host", [])
        self.database_files = [Path(path) / "data" for path in cluster] or sorted(folder.glob("sunbid.sqlite*"))
        self.files = [folder / "home", folder / "witness"]
        self.log = folder / LOG

    def holding(self, needles: set[bytes]) -> dict[str, set[bytes]]:
        """Place to the needles found there, places without any left out."""
        with self.site.desk.work.reading(patient=True) as connection:
            rows = list(search.of_database(connection))
        found = {
            "database": search.found_in(rows, needles),
            "database files": search.found_in(search.of_files(self.database_files), needles),
            "files": search.found_in(search.of_files(self.files), needles),
            "log": search.found_in(search.of_files([self.log]), needles),
            "memory": search.found_in(search.of_memory(self.process.pid), needles),
        }
        return {place: there for place, there in found.items() if there}


def test_every_writing_is_looked_for() -> None:
    """Each is found where it stands, whatever stands before and behind it."""
    text = "123456789012.34"
    data = text.encode()
    for before in (b"", b"a", b"ab", b"abc"):
        for coded in (base64.b64encode(before + data + b"z"), base64.urlsafe_b64encode(before + data + b"z")):
            assert search.found_in([coded], search.writings(text[:8]))
    for written in (data, text.encode("utf-16-le"), text.encode("utf-16-be"), data.hex().encode()):
        assert search.found_in([b"x" + written + b"x"], search.writings(text[:8]))
    for form in ("<q", ">q"):
        assert search.found_in([struct.pack(form, LEAST + 9)], search.number_writings(LEAST))


def test_prices_are_nowhere_before_the_opening(tmp_path: Path, database_url: str) -> None:
    with site_apart(tmp_path / "home", database_url) as (site, process):
        stage = Stage(site, tmp_path / "parties")
        stage.publish(**barely(stage))
        stage.settle()
        known = prices()
        for number, price in enumerate(known):
            stage.bid(stage.bidder(number), price)
        stage.bid(stage.bidder(0), known[0], replace=True)
        places = Places(site, process, tmp_path, database_url)
        head = known[0][: next(place for place, signs in enumerate(zip(*known, strict=True)) if len(set(signs)) > 1)]
        needles = search.writings(head) | search.number_writings(LEAST)
        stage.pass_until(stage.deadline() + timedelta(seconds=1))
        stage.until_closed()
        stage.release("T1")
        stage.settle()
        # The search itself works, now too: who has bid is where it must be.
        code = stage.bidder(0).code.encode()
        held = places.holding(needles | {code})
        assert {"database", "database files", "memory"} <= held.keys()
        assert set().union(*held.values()) == {code}
        stage.release("T2")
        stage.until(lambda: stage.stage() == "opened")
        assert len(stage.clerk.get(f"/tenders/{stage.tender}/opening")["bids"]) == BIDS
        found = places.holding(needles)
        assert {"database", "database files", "memory"} <= found.keys()
        assert head.encode() in found["database"]
        assert "log" not in found
        assert "files" not in found
