"""One running site with an open tender for all tests of the edge: they only read, or are refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import site
from tests.stage import Stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A published tender with one bid."""
    folder: Path = tmp_path_factory.mktemp("edge")
    with site(folder / "home", f"sqlite:///{folder}/sunbid.db") as running:
        made = Stage(running, folder / "parties")
        made.publish()
        made.bid(made.bidder(0), "3680000.00")
        yield made
