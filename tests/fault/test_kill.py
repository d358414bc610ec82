"""The server is killed (SIGKILL) at every fail point of the source while a tender runs, and started again.

Whatever was acknowledged stays, whatever is sent again gets the same answer, and the record is whole: also as the
server left it, before it is started and anything is sent again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
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
#: upload.begin, upload.part twice, bid.submit, bid.withdraw; after the closing two releases.
CASES = {
    # Upload and acceptance.
    "part.stored": (1,),
    "part.noted": (1, 2),
    "accept.locked": (1,),
    "accept.written": (1, 2),
    "write.done": (1, 2, 3, 4, 5),
    "write.committed": (1, 2, 3, 4, 5),
    # Files: the two parts, then tiles; the checkpoint is replaced.
    "store.written": (1, 3),
    "store.linked": (1, 3),
    "store.replacing": (1,),
    "store.replaced": (1,),
    # Sequencing.
    "number.written": (1,),
    "publish.begun": (1,),
    "publish.tile": (1, 2),
    "publish.cosigned": (1,),
    "publish.kept": (1,),
    # Closing, and the destruction of what was replaced and withdrawn.
    "close.moved": (1,),
    "close.written": (1,),
    "close.committed": (1,),
    "destroy.deleted": (1, 3),
    "outbox.done": (1,),
    # Opening.
    "open.intended": (1,),
    "open.read": (1,),
    "open.written": (1,),
    "open.committed": (1,),
}

#: Entries of the opening and bids that the public may see, before it and after it: nothing or everything. Four
#: bids stand, one was replaced and one withdrawn.
UNOPENED: tuple[dict[str, int], int] = ({}, 0)
OPENED: tuple[dict[str, int], int] = (
    {"bid_accepted": 5, "bid_withdrawn": 1, "envelope_destroyed": 2, "lot_opened": 1},
    3,
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def prepared(request: pytest.FixtureRequest, postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The lot, on each database."""
    folder = tmp_path_factory.mktemp("kill")
    with original(folder / "home", request.param, postgres) as made, town(made, folder) as found:
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
    assert sorted(named) == sorted(CASES)


@pytest.mark.parametrize("failpoint", [f"{name}:{time}" for name, times in CASES.items() for time in times])
def test_nothing_is_lost(prepared: Town, forked: Forks, failpoint: str, tmp_path: Path) -> None:
    stage = prepared.stage
    with copied(prepared, tmp_path / "home", forked) as (keeper, made):
        keeper.look = lambda: (upkeep.fsck(made), _opening(stage))
        with keeper.keeping(failpoint):
            fourth = bidder.submit(stage.bidder(10), prepared.sealed[10], lambda _done, _whole: None)
            stage.withdraw(stage.bidder(2))
            bids = stage.open()
            stage.settle()
            assert keeper.deaths == [-9]
        ((findings, opening),) = keeper.seen
        assert findings == []
        assert opening == (OPENED if failpoint == "open.committed:1" else UNOPENED)
        judge(prepared, made, [*prepared.receipts[:2], fourth], bids)


def _opening(stage: Stage) -> tuple[Counter[str], int]:
    """How many entries of each kind the opening has disclosed, and how many bids."""
    kinds = select(entries.c.kind).where(entries.c.kind.in_([*closing.DISCLOSED, "lot_opened"]), entries.c.disclosed)
    with stage.site.desk.work.reading() as connection:
        return Counter(connection.scalars(kinds)), connection.scalar(select(func.count()).select_from(offers)) or 0
