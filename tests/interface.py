"""The operations of the HTTP interface, without those that only pages have."""

from __future__ import annotations

from api import app
from api.handlers import record

OPERATIONS = frozenset(
    handler.opt["operation"]
    for handlers in (*(area.HANDLERS for area in app._AREAS), record.ROOT_HANDLERS)
    for handler in handlers
)
