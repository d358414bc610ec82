"""`sunbid serve`: HTTP in one or more processes, and in the embedded mode the ticker beside it."""

from __future__ import annotations

import multiprocessing
import signal
import socket
import threading
from collections.abc import Sequence
from contextlib import ExitStack, closing
from functools import partial
from multiprocessing import connection
from multiprocessing.context import SpawnProcess
from types import FrameType

import structlog
import uvicorn
from litestar import Litestar

from api import app, build, logs, upkeep
from api.desk import Desk
from api.jobs import AUCTION_PACE, Ticker, look_at_auctions
from api.live import Live
from api.mail import post
from api.settings import Settings, from_environment

_LEAVE_SECONDS = 5
_BACKLOG = 2048
_log = structlog.get_logger()


class Server(uvicorn.Server):
    """uvicorn waits for its connections before it ends the application; live ones are sent away first."""

    def __init__(self, application: Litestar, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._lives: tuple[Live, ...] = application.state.lives

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the live streams, then everything else."""
        for live in self._lives:
            live.end()
        await super().shutdown(sockets)


def serve(host: str, port: int, processes: int = 1, settings: Settings | None = None) -> None:
    """Serve until stopped. The database is brought up to date first.

    Of several processes the first one also does what is due, and all end when one does. Raises SystemExit (1) when one
    of the others ended by itself, OSError when the port is taken.
    """
    settings = settings or from_environment()
    logs.configure()
    upkeep.migrate(settings)
    with ExitStack() as open_:
        own, *shared = [open_.enter_context(closing(one)) for one in _listening(host, port, processes)]
        desk = open_.enter_context(closing(build.desk(settings)))
        # A thread of its own for mail: nothing that is due waits for a mail server; and one for auctions, which do not
        # wait for the sequencer either.
        tickers = (
            Ticker(desk, settings.pace),
            Ticker(desk, settings.pace, post.run),
            Ticker(desk, AUCTION_PACE, look_at_auctions),
        )
        for ticker in tickers:
            ticker.start()
            open_.callback(ticker.stop)
        others = [_started(one, settings) for one in shared]
        open_.callback(_end_all, others)
        server = _server(desk)
        lost = _watched(server, others)
        _end_in_order()
        server.run(sockets=[own])
    if lost.is_set():
        raise SystemExit(1)


def _listening(host: str, port: int, count: int) -> list[socket.socket]:
    """As many sockets on one port: the system shares new connections out among them."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    first = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    if count == 1:
        found = [first]
    else:
        # A shared port would be shared with another server too: that it is free was seen just now.
        first.close()
        one = partial(socket.create_server, (host, port), family=family, backlog=_BACKLOG, reuse_port=True)
        found = [one() for _ in range(count)]
    for listening in found:
        # Its connections have it from here: asyncio sets it only for sockets that say TCP, which these do not. Without,
        # the second write of an answer waits 40 ms for the reader to confirm the first.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return found


def _started(listening: socket.socket, settings: Settings) -> SpawnProcess:
    process = multiprocessing.get_context("spawn").Process(target=_answer, args=(listening, settings), daemon=True)
    process.start()
    # The other one has it now; kept open here, it would take connections that nobody answers once that one is gone.
    listening.close()
    return process


def _answer(listening: socket.socket, settings: Settings) -> None:
    """Another process: HTTP and nothing else, for as long as the first one lives."""
    logs.configure()
    with closing(build.desk(settings)) as desk:
        server = _server(desk)
        threading.Thread(target=_end_with_the_first, args=(server,), daemon=True).start()
        _end_in_order()
        server.run(sockets=[listening])


def _end_with_the_first(server: Server) -> None:
    first = multiprocessing.parent_process()
    if first is not None:
        first.join()
        server.should_exit = True


def _watched(server: Server, others: Sequence[SpawnProcess]) -> threading.Event:
    """Whether one of the others ended before this one: then this one ends too, and whoever runs it starts it again."""
    lost = threading.Event()

    def watch() -> None:
        connection.wait([one.sentinel for one in others])
        if not server.should_exit:
            _log.error("web_process_ended")
            lost.set()
            server.should_exit = True

    if others:
        threading.Thread(target=watch, daemon=True).start()
    return lost


def _end_all(others: Sequence[SpawnProcess]) -> None:
    for one in others:
        one.terminate()
    for one in others:
        one.join()


def _server(desk: Desk) -> Server:
    application = app.create(desk)
    # Which proxies are believed is our own setting (api/senders.py); uvicorn believes any program of this machine.
    config = uvicorn.Config(
        application,
        log_level="warning",
        access_log=False,
        lifespan="on",
        proxy_headers=False,
        timeout_graceful_shutdown=_LEAVE_SECONDS,
    )
    return Server(application, config)


def _end_in_order() -> None:
    """uvicorn stops in order and then sends itself the signal again, which would leave out what comes after it here."""
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, _end)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
