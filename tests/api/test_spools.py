"""Large answers on their way: never more than so many files, and nobody keeps a place for ever."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import httpx
import pytest

from api.handlers.record import SPOOLS
from api.spools import Spools
from notary.errors import Held
from tests.serving import site
from tests.stage import Stage


def test_never_more_than_so_many(tmp_path: Path, sqlite_url: str) -> None:
    with site(tmp_path / "home", sqlite_url) as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish()
        stage.bid(stage.bidder(0), "3680000.00")
        stage.close()
        stage.settle()
        url = f"{running.url}/api/v1/tenders/{stage.tender}/dossier"
        for _ in range(SPOOLS.most + 1):
            assert httpx.get(url).status_code == 200
        stage.until(lambda: len(SPOOLS) == 0)
        taken = [SPOOLS.open() for _ in range(SPOOLS.most)]
        try:
            refused = httpx.get(url)
            assert (refused.status_code, refused.json()["reason"]) == (503, "answers_many")
            assert refused.headers["retry-after"]
        finally:
            for file in taken:
                SPOOLS.close(file)
        assert httpx.get(url).status_code == 200


def test_one_that_is_read_for_too_long_gives_way() -> None:
    spools = Spools(2, seconds=0)
    oldest, second = spools.open(), spools.open()
    oldest.write(b"abc")
    reading = spools.drained(oldest)
    with closing(spools.open()) as third:
        assert (oldest.closed, second.closed, len(spools)) == (True, False, 2)
        with pytest.raises(ValueError, match="closed"):
            next(reading)
        spools.close(third)
    spools.close(second)
    assert len(spools) == 0


def test_within_its_time_it_keeps_its_place() -> None:
    spools = Spools(1, seconds=600)
    file = spools.open()
    file.write(b"abc")
    with pytest.raises(Held, match="answers_many"):
        spools.open()
    assert b"".join(spools.drained(file)) == b"abc"
    assert file.closed
    spools.close(spools.open())
