"""`sunbid serve`: HTTP, and in the embedded mode the ticker beside it."""

from __future__ import annotations

import signal
import socket
from types import FrameType

import uvicorn
from litestar import Litestar

from api import app, build, logs, upkeep
from api.jobs import Ticker
from api.live import Live
from api.mail import post
from api.settings import Settings, from_environment

_LEAVE_SECONDS = 5


class Server(uvicorn.Server):
    """uvicorn waits for its connections before it ends the application; live ones are sent away first."""

    def __init__(self, application: Litestar, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._live: Live = application.state.live

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the live streams, then everything else."""
        self._live.end()
        await super().shutdown(sockets)


def serve(host: str, port: int, settings: Settings | None = None) -> None:
    """Serve until stopped. The database is brought up to date first."""
    settings = settings or from_environment()
    logs.configure()
    upkeep.migrate(settings)
    desk = build.desk(settings)
    ticker = Ticker(desk, settings.pace)
    # A thread of its own: nothing that is due waits for a mail server.
    postman = Ticker(desk, settings.pace, post.run)
    ticker.start()
    postman.start()
    # uvicorn stops in order and then sends itself the signal again, which would leave out what comes after it here.
    signal.signal(signal.SIGTERM, _end)
    try:
        # Which proxies are believed is our own setting (api/senders.py); uvicorn believes any program of this machine.
        application = app.create(desk)
        config = uvicorn.Config(
            application,
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            lifespan="on",
            proxy_headers=False,
            timeout_graceful_shutdown=_LEAVE_SECONDS,
        )
        Server(application, config).run()
    finally:
        postman.stop()
        ticker.stop()
        desk.close()


def _end(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
