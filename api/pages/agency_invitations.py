"""An agency's invitations: who is invited to one of its lots, and the form by which two persons add to them."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from sqlalchemy import Connection

from api.desk import AnyRequest, Desk
from api.pages import agency_forms, official, page, sent
from api.pages.agency_acts import View, own_view
from api.pages.page import Again
from bidding.acts import approval
from notary import forms
from notary.errors import Refusal
from notary.work import Unit
from trading.acts.stages import Tender
from trading.caller import Caller
from trading.invitations import Further
from trading.views import invitations as views


@get("/agency/lots/{tender:str}/invitations", **page.operation("page.own_lot"))
def show(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return official.show(desk, request, "agency/invitations", _view(desk, tender), tender)


@post("/agency/lots/{tender:str}/invitations", **page.operation("invitation.add"))
def add(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    """Ask the second person to invite more bidders."""
    form = sent.read(body)

    def act(unit: Unit, caller: Caller) -> dict[str, Any]:
        try:
            said = {"reason": form.wanted("reason"), **agency_forms.invited(form)}
            return approval.propose_invitation(unit, caller, tender, forms.convert(said, Further))
        except Refusal as refusal:
            refusal.field = agency_forms.invited_field(refusal.field)
            raise

    return official.submit(
        desk, request, form, tender, act, "?done=submitted", Again("agency/invitations", _view(desk, tender))
    )


def _view(desk: Desk, tender: str) -> View:
    def more(connection: Connection, own: Caller, _row: Tender) -> dict[str, Any]:
        return {"invitations": views.listed(connection, own, tender)}

    return own_view(desk, tender, more)


HANDLERS = [show, add]
