"""Explanations of low prices: the committee asks, the bidder answers."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from msgspec import Meta

from api.desk import AnyRequest, Desk
from api.handlers.tenders import leaf_of
from api.operations import operation
from bidding.acts import judging
from notary import forms
from notary.forms import Form, OrganisationCode, Prose
from notary.work import Lock
from trading import explanations as terms
from trading.acts import explanations
from trading.caller import Caller, known
from trading.views import explanations as views


class ExplanationRequestForm(Form, frozen=True):
    """Whom the committee asks, and how many minutes it has."""

    bidder: OrganisationCode
    minutes: Annotated[int, Meta(ge=1, le=terms.MOST)]


class ExplanationForm(Form, frozen=True):
    """How the bidder explains its price."""

    text: Prose


@post("/tenders/{tender:str}/explanation-requests", **operation("explanation.ask", ExplanationRequestForm))
def ask(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, ExplanationRequestForm)
    return desk.write(
        request,
        body,
        [Lock(tender)],
        lambda unit, caller: leaf_of(judging.ask(unit, caller, tender, bidder=form.bidder, minutes=form.minutes)),
    )


@post("/tenders/{tender:str}/explanations", **operation("explanation.give", ExplanationForm))
def give(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, ExplanationForm)
    return desk.write(
        request, body, [Lock(tender)], lambda unit, caller: explanations.give(unit, caller, tender, text=form.text)
    )


@get("/tenders/{tender:str}/explanations", **operation("explanation.list"))
def list_explanations(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    def view(connection: Any, caller: Caller | None) -> dict[str, Any]:
        return {"items": views.seen(connection, known(caller), tender)}

    return desk.read(request, view)


HANDLERS = [ask, give, list_explanations]
