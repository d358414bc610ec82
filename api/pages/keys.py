"""Keys that stay on the reader's own device: made, saved, proved, registered and loaded again by the page's script."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from sqlalchemy import Connection

from api.desk import AnyRequest, Desk
from api.pages import own, page
from bidding.views import bidder, trustee
from trading.caller import Caller, known

#: Which key each role signs with, and whose it is.
PURPOSES = {
    "bidder": "statement",
    "trustee": "trustee",
    "expert": "score",
    "agency": "draw",
    "supervisor": "draw",
    "administrator": "draw",
}
_THENS = ("/bidder/", "/draws/")


@get("/keys", **page.operation("page.keys"))
def show_keys(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    def view(connection: Connection, caller: Caller | None) -> dict[str, Any]:
        return {**facts(connection, known(caller)), "then": _then(request)}

    return page.show(desk, request, "keys", view, libraries=True)


def facts(connection: Connection, caller: Caller) -> dict[str, Any]:
    """`purposes`: the keys that the caller's roles sign with, each with its owner and what is registered for it."""
    purposes = [
        {
            "purpose": purpose,
            "owner": caller.person if purpose == "score" else caller.organisation,
            "registered": bidder.registered_keys(
                connection, caller.person if purpose == "score" else caller.organisation, purpose
            ),
        }
        for purpose in dict.fromkeys(purpose for role, purpose in PURPOSES.items() if role in caller.roles)
    ]
    return {
        "purposes": purposes,
        "trustees": trustee.own(connection, caller),
        "vault": vault_of(caller),
    }


def _then(request: AnyRequest) -> str:
    """The bid or the draw that the reader was about to go on with; empty where it came from elsewhere."""
    then = own.own_path(request.query_params.get("then", ""))
    return then if then.startswith(_THENS) else ""


def vault_of(caller: Caller) -> str:
    """The name of a person's vault in its browser."""
    return caller.person


HANDLERS = [show_keys]
