"""`sunbid serve`: HTTP, and in the embedded mode the ticker beside it."""

from __future__ import annotations

import uvicorn

from api import app, build, logs, upkeep
from api.jobs import Ticker
from api.mail import post
from api.settings import Settings, from_environment

_LEAVE_SECONDS = 5


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
    try:
        # Which proxies are believed is our own setting (api/senders.py); uvicorn believes any program of this machine.
        # Readers of live pages stay until they are sent away; they come back by themselves.
        uvicorn.run(
            app.create(desk),
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            lifespan="on",
            proxy_headers=False,
            timeout_graceful_shutdown=_LEAVE_SECONDS,
        )
    finally:
        postman.stop()
        ticker.stop()
        desk.close()
