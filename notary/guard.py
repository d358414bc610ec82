"""The clock guard: while two clocks disagree, nothing is closed or opened."""

from __future__ import annotations

from datetime import timedelta

from notary import clock
from notary.errors import Held
from notary.work import Work


def check_clock(work: Work) -> None:
    """Raise Held (clocks_disagree) when the database's clock is more than a second off the host's.

    With SQLite host and database are one, and there is nothing to compare: that mode trusts one clock.
    """
    offset = clock.demonstration_offset() if work.demonstration else timedelta()
    apart = abs(work.now() - (clock.host_time() + offset))
    if apart > clock.TOLERANCE:
        raise Held(
            "clocks_disagree",
            f"数据库与主机时钟相差 {apart.total_seconds():.1f} 秒，截标与开标暂停，请校时。",
            f"The database's clock and the host's are {apart.total_seconds():.1f} s apart: closing and opening wait. "
            "Set the clocks right.",
        )
