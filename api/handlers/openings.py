"""Closing, release and opening; and the documents of opened bids for the agency."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from litestar.response import Stream

from api.desk import AnyRequest, Desk
from api.handlers.tenders import pieces
from api.operations import operation
from bidding.acts import releasing
from bidding.acts.uploads import part_key
from bidding.statements import Signed
from bidding.views import openings
from notary import forms
from notary.forms import Form
from notary.work import Lock, Unit
from trading.caller import Caller


class ReleaseForm(Form, frozen=True):
    """A trustee's signed release of its private opening key."""

    release: Signed


@get("/tenders/{tender:str}/closing", **operation("closing.show"))
def show_closing(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return desk.read(request, lambda connection, _caller: openings.closing(connection, desk.log, tender))


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


@get("/tenders/{tender:str}/envelopes", **operation("envelope.list"))
def list_envelopes(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    caller = desk.member(request)
    return desk.read(request, lambda connection, _caller: {"items": openings.envelopes(connection, caller, tender)})


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
        headers={"Content-Length": str(size)},
    )


HANDLERS = [show_closing, release, show_opening, list_envelopes, show_part]
