"""The trustee's desk and its ceremony: what is asked of a trustee, lot by lot. Keys are the page's script's."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import Connection

from api.desk import AnyRequest, Desk
from api.pages import page
from api.pages.keys import vault_of
from bidding.views import openings, trustee
from trading.caller import Caller, known


@get("/trustee", **page.operation("page.trustee"))
def show_desk(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    def view(connection: Connection, caller: Caller | None) -> dict[str, Any]:
        own = known(caller)
        return {"trustees": trustee.own(connection, own), "lots": trustee.lots(connection, own)}

    return page.show(desk, request, "trustee/desk", view)


@get("/trustee/lots/{tender:str}", **page.operation("page.trustee"))
def show_ceremony(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    def view(connection: Connection, caller: Caller | None) -> dict[str, Any]:
        own = known(caller)
        lot = trustee.lot(connection, own, tender)
        published = lot["stage"] not in {"draft", "proposed"}
        opening = openings.opening(connection, tender) if published else None
        return {"lot": lot, "opening": opening, "vault": vault_of(own), "ahead": desk.ahead()}

    return page.show(desk, request, "trustee/lot", view, libraries=True)


HANDLERS = [show_desk, show_ceremony]
