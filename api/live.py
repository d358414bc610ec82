"""Live openings: one poller for each process looks at the database and tells every reader.

A reader costs a waiting coroutine and no query: the poller asks once each half second, for all lots that anybody
watches, how many public events each has; what has changed is read and put into words once for each language, and the
same bytes go to everybody. An event's id is the number of the lot's public events (never a place in the log, which
would count bids), of auctions a hash of what is shown (their events' numbers would count who has registered): so a
reader that lost its connection says what it has and gets the state that it lacks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import anyio
import anyio.to_thread
import structlog

from notary import chance
from notary.errors import Held

PACE: Final = 0.5
HEARTBEAT: Final = 15.0
#: More readers than this are asked to read the page instead.
MOST: Final = 5000
_log = structlog.get_logger()

#: Lot -> id of its last public event; and the state of a lot in words, by language.
Count = Callable[[list[str]], Mapping[str, str]]
Tell = Callable[[str], Mapping[str, bytes]]


@dataclass
class _Channel:
    """A lot that is watched: its last event and what it says, and who waits for the next."""

    readers: int = 0
    event: str = ""
    told: Mapping[str, bytes] = field(default_factory=dict)
    changed: anyio.Event = field(default_factory=anyio.Event)


def room_for(live: Live) -> None:
    """Raise Held where there are too many readers already."""
    if live.readers >= MOST:
        raise Held(
            "readers_many",
            "实时连接已满，请刷新页面查看。",
            "There are too many live readers: load the page again to see what is new.",
        )


def headers_of() -> dict[str, str]:
    """Of an answer that goes on: a proxy that collects before it sends would show everything when it is over."""
    return {"cache-control": "no-store", "x-accel-buffering": "no", "content-type": "text/event-stream"}


class Live:
    """The channels of one process."""

    def __init__(self, count: Count, tell: Tell) -> None:
        self._count = count
        self._tell = tell
        self._channels: dict[str, _Channel] = {}
        self._over = False

    @property
    def readers(self) -> int:
        """How many read now."""
        return sum(channel.readers for channel in self._channels.values())

    async def events(self, tender: str, language: str, last: str) -> AsyncIterator[bytes]:
        """What a reader gets, as the bytes of server-sent events. last: the event that it has, or empty."""
        channel = self._channels.setdefault(tender, _Channel())
        channel.readers += 1
        try:
            # After a lost connection not everybody comes back at the same moment.
            yield b"retry: %d\n\n" % (1000 + int.from_bytes(chance.token(2), "big") % 4000)
            while not self._over:
                if channel.event not in {"", last}:
                    last = channel.event
                    yield b"id: %s\ndata: %s\n\n" % (last.encode(), channel.told[language])
                with anyio.move_on_after(HEARTBEAT) as waited:
                    await channel.changed.wait()
                if waited.cancelled_caught:
                    yield b"event: beat\ndata:\n\n"
        finally:
            channel.readers -= 1
            if not channel.readers:
                self._channels.pop(tender, None)

    def end(self) -> None:
        """Send every reader away, since the server stops; their browsers come back by themselves."""
        self._over = True
        for channel in self._channels.values():
            channel.changed.set()

    async def poll(self) -> None:
        """Look for changes until cancelled."""
        while True:
            if self._channels:
                try:
                    await self._look()
                except Exception as error:  # noqa: BLE001  # a database that is away comes back; readers wait
                    _log.error("live_failed", exc_info=error)
            await anyio.sleep(PACE)

    async def _look(self) -> None:
        found = await anyio.to_thread.run_sync(self._count, list(self._channels))
        for tender, event in found.items():
            channel = self._channels.get(tender)
            if channel is None or channel.event == event:
                continue
            channel.told = await anyio.to_thread.run_sync(self._tell, tender)
            channel.event = event
            channel.changed.set()
            channel.changed = anyio.Event()
