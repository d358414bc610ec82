"""The only wall clock. Everything else takes times as arguments: aware UTC datetimes.

Inside the server the time of an act is the *database's* time, read under the lock (:mod:`notary.work`). This module is
for what has no database: witnesses, trustees' tools, the embedded mode (where host and database are one).

A demonstration may run ahead of real time: the file named by ``SUNBID_DEMONSTRATION_CLOCK`` holds a number of seconds
to add. It is read only by programs that were told ``demonstration``.
"""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from notary.errors import Malformed

#: How far two clocks, or one clock before and after it was set, may be apart.
TOLERANCE = timedelta(seconds=1)

_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


def host_time() -> datetime:
    """The host's time, aware UTC."""
    return datetime.now(UTC)


def demonstration_offset() -> timedelta:
    """How far the demonstration clock is ahead of real time; zero where none is set."""
    path = os.environ.get("SUNBID_DEMONSTRATION_CLOCK")
    if not path:
        return timedelta()
    try:
        return timedelta(seconds=float(Path(path).read_text("ascii")))
    except FileNotFoundError:
        return timedelta()


def own_time(*, demonstration: bool) -> datetime:
    """The time of a program without a database."""
    return host_time() + (demonstration_offset() if demonstration else timedelta())


def monotonic() -> float:
    """Seconds that never go back, for durations."""
    return time.monotonic()


def text(moment: datetime) -> str:
    """``2026-11-23T01:30:00.000000Z``: RFC 3339 in UTC with six decimals, the one form in every record."""
    if moment.tzinfo is None:
        raise ValueError("naive datetime")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def text_or_none(moment: datetime | None) -> str | None:
    """The same of what may not have come to pass, or not be stated."""
    return None if moment is None else text(moment)


def parse(value: str, field: str | None = None) -> datetime:
    """The moment of a record's time text. Raises Malformed."""
    try:
        if _FORM.fullmatch(value):
            return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        pass
    raise Malformed(
        "not_a_time",
        "时间应为 2026-11-23T01:30:00.000000Z 的形式（UTC）。",
        "A time looks like 2026-11-23T01:30:00.000000Z (UTC).",
        field=field,
    )
