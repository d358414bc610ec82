"""`sunbid serve`: HTTP, and in the embedded mode the ticker beside it."""

from __future__ import annotations

import logging

import structlog
import uvicorn

from api import app, build, upkeep
from api.jobs import Ticker
from api.settings import Settings, from_environment

# One JSON object a line. Structlog's own way prints the local variables of a traceback: keys and prices among them.
_LINES = (
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    structlog.processors.JSONRenderer(ensure_ascii=False),
)


def serve(host: str, port: int, settings: Settings | None = None) -> None:
    """Serve until stopped. The database is brought up to date first."""
    settings = settings or from_environment()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO), processors=_LINES)
    upkeep.migrate(settings)
    desk = build.desk(settings)
    ticker = Ticker(desk, settings.pace)
    ticker.start()
    try:
        uvicorn.run(app.create(desk), host=host, port=port, log_level="warning", access_log=False, lifespan="on")
    finally:
        ticker.stop()
        desk.close()
