"""The server is killed (SIGKILL) at every fail point of the source while a tender runs, and started again.

Whatever was acknowledged stays, whatever is sent again gets the same answer, and the record is whole: also as the
server left it, before it is started and anything is sent again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import pytest
from sqlalchemy import func, select

from api import upkeep
from api.tools import bidder
from bidding.acts import closing
from bidding.rows import offers
from notary.rows import entries
from tests.copies import original
from tests.fault.town import Town, copied, judge, town
from tests.forks import Forks, forks
from tests.stage import Stage

pytestmark = pytest.mark.fault

ROOT = Path(__file__).parents[2]
#: Each fail point of the source, and the passes of it at which the server dies. The first acts of the story are
#: upload.begin, upload.part twice, bid.submit, bid.withdraw. Here those of the upload and of the acceptance.
BEFORE = {
    "part.stored": (1,),
    "part.noted": (1, 2),
    "accept.locked": (1,),
    "accept.written": (1, 2),
}
#: What else writes to the database: every act, and the sequencing at a pace of its own. A late pass may be one of the
#: closing, so the second death of such a story is one of the opening.
WRITING = {
    "write.done": (1, 2, 3, 4, 5),
    "write.committed": (1, 2, 3, 4, 5),
    "number.written": (1,),
    "publish.begun": (1,),
    "publish.kept": (1,),
}
#: Those where only files are written: they are the same on each database, and may come as late.
FILES = {
    # The two parts, then tiles; the checkpoint is replaced.
    "store.written": (1, 3),
    "store.linked": (1, 3),
    "store.replacing": (1,),
    "store.replaced": (1,),
    "publish.tile": (1, 2),
    "publish.cosigned": (1,),
}
#: Those of the closing, with the destruction of what was replaced and withdrawn.
CLOSING = {
    "close.moved": (1,),
    "close.written": (1,),
    "close.committed": (1,),
    "destroy.deleted": (1, 3),
    "outbox.done": (1,),
}
#: Those of the opening, which takes two releases.
OPENING = {"open.intended": (1,), "open.read": (1,), "open.written": (1,), "open.committed": (1,)}


def passes(cases: Mapping[str, tuple[int, ...]]) -> list[str]:
    """As the server is told them."""
    return [f"{name}:{time}" for name, times in cases.items() for time in times]


def pairs(first: Mapping[str, tuple[int, ...]], then: Mapping[str, tuple[int, ...]]) -> list[tuple[str, str]]:
    """Two deaths of one story; what comes then comes more than once."""
    return list(zip(passes(first), cycle(passes(then)), strict=False))


DEATHS = pairs(BEFORE, CLOSING) + pairs(WRITING, OPENING)

#: Entries of the opening and bids that the public may see, before it and after it: nothing or everything. Four
#: bids stand, one was replaced and one withdrawn.
UNOPENED: tuple[dict[str, int], int] = ({}, 0)
OPENED: tuple[dict[str, int], int] = (
    {"bid_accepted": 5, "bid_withdrawn": 1, "envelope_destroyed": 2, "lot_opened": 1},
    3,
)


@contextmanager
def prepared(url: str, folder: Path, postgres: str) -> Iterator[Town]:
    """The lot, on a database."""
    with original(folder / "home", url, postgres) as made, town(made, folder) as found:
        yield found


@pytest.fixture(scope="module")
def on_sqlite(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with prepared("sqlite", tmp_path_factory.mktemp("kill"), postgres) as found:
        yield found


@pytest.fixture(scope="module")
def on_postgresql(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with prepared("postgresql", tmp_path_factory.mktemp("kill"), postgres) as found:
        yield found


@pytest.fixture(scope="module")
def forked() -> Iterator[Forks]:
    """Servers that start at once."""
    with forks() as made:
        yield made


def test_every_fail_point_has_a_case() -> None:
    rooms = ("api", "bidding", "notary", "trading")
    sources = [path.read_text("utf-8") for room in rooms for path in (ROOT / room).rglob("*.py")]
    named = [name for source in sources for name in re.findall(r'failpoint\("([a-z.]+)"\)', source)]
    assert sorted(named) == sorted([*BEFORE, *WRITING, *FILES, *CLOSING, *OPENING])


@pytest.mark.parametrize(("first", "second"), DEATHS + pairs(FILES, OPENING))
def test_nothing_is_lost(on_sqlite: Town, forked: Forks, first: str, second: str, tmp_path: Path) -> None:
    die_twice(on_sqlite, forked, (first, second), tmp_path)


@pytest.mark.parametrize(("first", "second"), DEATHS)
def test_nothing_is_lost_on_postgresql(
    on_postgresql: Town, forked: Forks, first: str, second: str, tmp_path: Path
) -> None:
    die_twice(on_postgresql, forked, (first, second), tmp_path)


def die_twice(town: Town, forked: Forks, deaths: tuple[str, str], folder: Path) -> None:
    """Play the story through both deaths."""
    stage = town.stage
    with copied(town, folder / "home", forked) as (keeper, made):
        keeper.look = lambda: (upkeep.fsck(made), _opening(stage))
        with keeper.keeping(*deaths):
            fourth = bidder.submit(stage.bidder(10), town.sealed[10], lambda _done, _whole: None)
            stage.withdraw(stage.bidder(2))
            bids = stage.open()
            stage.settle()
            assert keeper.deaths == [-9, -9]
        assert keeper.seen == [([], UNOPENED), ([], OPENED if deaths[1] == "open.committed:1" else UNOPENED)]
        judge(town, made, [*town.receipts[:2], fourth], bids)


def _opening(stage: Stage) -> tuple[Counter[str], int]:
    """How many entries of each kind the opening has disclosed, and how many bids."""
    kinds = select(entries.c.kind).where(entries.c.kind.in_([*closing.DISCLOSED, "lot_opened"]), entries.c.disclosed)
    with stage.site.desk.work.reading() as connection:
        return Counter(connection.scalars(kinds)), connection.scalar(select(func.count()).select_from(offers)) or 0
