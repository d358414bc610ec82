"""Closing, release and opening; and the documents of opened bids for the agency and its committee."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, RawBody
from litestar.response import Stream
from msgspec import Meta

from api.desk import AnyRequest, Desk, for_saving
from api.handlers.tenders import leaf_of, pieces
from api.operations import operation
from bidding.acts import confirmation, reading, releasing
from bidding.acts.uploads import part_key
from bidding.statements import Signed
from bidding.views import openings
from notary import forms
from notary.forms import Form
from notary.work import Lock, Unit
from trading.acts import access
from trading.caller import Caller


class BoxForm(Form, frozen=True):
    """What the committee opens the documents with: base64 of an age file under a phrase."""

    box: Annotated[str, Meta(min_length=1, max_length=1 << 18, pattern=r"^[A-Za-z0-9+/]+={0,2}$")]


class ReleaseForm(Form, frozen=True):
    """A trustee's signed release of its private opening key."""

    release: Signed


class ConfirmationForm(Form, frozen=True):
    """A bidder's signed confirmation of the opening."""

    confirmation: Signed


@get("/tenders/{tender:str}/closing", **operation("closing.show"))
def show_closing(
    desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str], kind: FromQuery[str] = "bid"
) -> Response[bytes]:
    return desk.read(request, lambda connection, _caller: openings.closing(connection, desk.log, tender, kind))


@post("/tenders/{tender:str}/releases", **operation("key.release", ReleaseForm))
def release(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, ReleaseForm)

    def act(unit: Unit, caller: Caller) -> dict[str, Any]:
        entry, complete = releasing.release(unit, caller, tender, form.release)
        return {"complete": complete, "leaf": entry.commitment().hex()}

    return desk.write(request, body, [Lock(tender)], act)


@get("/tenders/{tender:str}/opening", **operation("opening.show"))
def show_opening(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return desk.read(request, lambda connection, _caller: openings.opening(connection, tender))


@post("/tenders/{tender:str}/confirmations", **operation("opening.confirm", ConfirmationForm))
def confirm(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, ConfirmationForm)

    def act(unit: Unit, caller: Caller) -> dict[str, Any]:
        return leaf_of(confirmation.confirm(unit, caller, tender, form.confirmation))

    return desk.write(request, body, [Lock(tender)], act)


@get("/tenders/{tender:str}/envelopes", **operation("envelope.list"))
def list_envelopes(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    caller = desk.member(request)
    response = desk.read(request, lambda connection, _caller: {"items": openings.envelopes(connection, caller, tender)})
    # To have the list is to begin to read: that stays in the supervisor's list, for every reader.
    with desk.work.unit() as unit:
        access.note(unit, caller, tender, "envelope.list")
    return response


@get("/tenders/{tender:str}/envelopes/{envelope:str}/parts/{number:int}", **operation("envelope.part"))
def show_part(
    desk: NamedDependency[Desk],
    request: AnyRequest,
    tender: FromPath[str],
    envelope: FromPath[str],
    number: FromPath[int],
) -> Stream:
    caller = desk.member(request)
    with desk.work.reading() as connection:
        upload, size = openings.envelope_part(connection, caller, tender, envelope, number)
    return Stream(
        pieces(desk, part_key(upload, number)),
        media_type="application/octet-stream",
        headers={"Content-Length": str(size), **for_saving(f"{envelope[:16]}-{number}")},
    )


@post("/tenders/{tender:str}/committee-box", **operation("documents.hand", BoxForm))
def hand(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, BoxForm)

    def act(unit: Unit, caller: Caller) -> dict[str, Any]:
        reading.hand(unit, caller, tender, form.box)
        return {}

    return desk.write(request, body, [Lock(tender)], act)


@get("/tenders/{tender:str}/committee-box", **operation("documents.box"))
def show_box(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    caller = desk.member(request)
    return desk.read(request, lambda connection, _caller: reading.box(connection, caller, tender))


HANDLERS = [show_closing, release, show_opening, confirm, list_envelopes, show_part, hand, show_box]
