"""Who is invited to bid: read by the agency alone, and added to by two of its persons."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody

from api.desk import AnyRequest, Desk
from api.operations import operation
from api.pages import official
from bidding.acts import approval
from notary import forms
from notary.work import Lock
from trading.invitations import Further
from trading.views import invitations as views


@get("/tenders/{tender:str}/invitations", **operation("invitation.list"))
def show(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    """Before the opening nobody else may see it; that this person looked is noted."""

    def view(connection: Any, caller: Any) -> dict[str, Any]:
        return {"items": views.listed(connection, caller, tender)}

    answer = desk.read(request, view)
    official.note(desk, request, tender)
    return answer


@post("/tenders/{tender:str}/invitations", **operation("invitation.add", Further))
def add(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, Further)
    return desk.write(
        request, body, [Lock(tender)], lambda unit, caller: approval.propose_invitation(unit, caller, tender, form)
    )


HANDLERS = [show, add]
