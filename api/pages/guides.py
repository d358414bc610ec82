"""Service guides (办事指南): what a procedure asks of everybody, from the very data that the system keeps it by."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import Connection

from api.desk import AnyRequest, Desk
from api.pages import page
from trading import procedures
from trading.acts import pinned
from trading.caller import Caller
from trading.limits import LIMITS
from trading.procedures import Procedure


@get("/guides", **page.operation("page.guide"))
def show_list(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    found = [one.content for one in procedures.all_in_force(desk.glance_time())]
    return page.show_all(desk, request, "public/guides", lambda _connection, _caller: {"procedures": found})


@get("/guides/{procedure:str}", **page.operation("page.guide"))
def show_current(desk: NamedDependency[Desk], request: AnyRequest, procedure: FromPath[str]) -> Response[bytes]:
    """The version in force."""
    found = procedures.in_force(procedure, desk.glance_time())
    return page.show_all(desk, request, "public/guide", lambda _connection, _caller: _guide(desk, found))


@get("/guides/{procedure:str}/{version:str}", **page.operation("page.guide"))
def show_version(
    desk: NamedDependency[Desk], request: AnyRequest, procedure: FromPath[str], version: FromPath[str]
) -> Response[bytes]:
    """One version: a lot stays with the one that it was published under."""

    def view(connection: Connection, _caller: Caller | None) -> dict[str, Any]:
        found = pinned.load(connection, version)
        if found.name != procedure:
            raise procedures.unknown()
        return _guide(desk, found)

    return page.show_all(desk, request, "public/guide", view)


def _guide(desk: Desk, procedure: Procedure) -> dict[str, Any]:
    in_force = [one for one in procedures.all_in_force(desk.glance_time()) if one.name == procedure.name]
    return {
        "procedure": procedure.content,
        "version": procedure.version,
        "in_force": procedure in in_force,
        "others": [
            {"since": one.since.isoformat(), "version": one.version}
            for one in procedures.catalogue()
            if one.name == procedure.name and one != procedure
        ],
        "times": _limits(procedure, "days"),
        "numbers": _limits(procedure, "number"),
    }


def _limits(procedure: Procedure, measure: str) -> list[dict[str, Any]]:
    """The limits of one measure in the order of a tender's life."""
    stated = [(name, kind) for name, kind in LIMITS.items() if kind.measure == measure and name in procedure.limits]
    limits = procedure.content["limits"]
    return [{"zh": kind.zh, "en": kind.en, "limit": limits[name]} for name, kind in stated]


HANDLERS = [show_list, show_current, show_version]
