"""A party's page of a draw of experts: how far it is, and its own step, done by the page's script with a key."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import Connection

from api.desk import AnyRequest, Desk
from api.pages import official, page
from api.pages.keys import vault_of
from trading.acts import stages
from trading.caller import Caller, known
from trading.views import draws


@get("/draws/{tender:str}", **page.operation("page.draw"))
def show_draw(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    def view(connection: Connection, caller: Caller | None) -> dict[str, Any]:
        own = known(caller)
        row = stages.load_published(connection, tender)
        return {
            "lot": {"tender": row.tender, "title": row.content["title"], "stage": row.stage, "held": row.held},
            "draw": draws.of_party(connection, own, tender),
            "vault": vault_of(own),
        }

    return official.show(desk, request, "draw", view, tender, libraries=True)


HANDLERS = [show_draw]
