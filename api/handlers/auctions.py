"""Auctions: who takes part, live bids, and what stops them (docs/spec/auction.md)."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import anyio
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from litestar.response import Stream
from msgspec import Meta
from sqlalchemy import Connection

from api.auction_live import DATA, AuctionLive
from api.desk import Act, Answer, AnyRequest, Desk
from api.handlers.tenders import EmptyForm
from api.live import headers_of, room_for
from api.operations import operation
from api.pages import official
from bidding.acts import auction_bids, auction_sealed, auctions, registering
from bidding.auctions.refusals import REASONS
from bidding.auctions.state import State
from bidding.statements import Signed
from bidding.views import auction as views
from notary import clock, forms, receipts
from notary.errors import Malformed
from notary.forms import Form, Hex16, Prose
from notary.work import Lock, Unit
from trading.acts import stages
from trading.auctions.terms import Slug
from trading.caller import Caller

#: Base64 of a whole envelope that holds one price.
Envelope: TypeAlias = Annotated[str, Meta(min_length=1, max_length=1 << 17, pattern=r"^[A-Za-z0-9+/]+={0,2}$")]


class ApplicationForm(Form, frozen=True):
    """An application to take part. statement: what the applicant declares, as the notice asks."""

    statement: Annotated[str, Meta(min_length=1, max_length=4000)]


class AdmissionForm(Form, frozen=True):
    """clause, reason: why the application is refused; both null admit it."""

    application: Hex16
    clause: Annotated[str, Meta(pattern="^[a-z0-9_-]{1,40}$(?!\n)")] | None = None
    reason: Prose | None = None


class AuctionBidForm(Form, frozen=True):
    """A bidder's signed statement: `sunbid/auction-bid/1`, or `sunbid/auction-offer/1` with the envelope it names."""

    statement: Signed
    envelope: Envelope | None = None


class GroundForm(Form, frozen=True):
    """A ground of the notice's closed list."""

    ground: Slug


class AnnouncementForm(Form, frozen=True):
    """When the auction goes on."""

    resumes_at: str


class ReserveForm(Form, frozen=True):
    """The sealed reserve price: base64 of a whole envelope of the kind `reserve`."""

    envelope: Envelope


@post("/tenders/{tender:str}/auction/reserve", **operation("auction.reserve", ReserveForm))
def seal_reserve(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]
) -> Response[bytes]:
    form = forms.read(body, ReserveForm)

    def act(unit: Unit, caller: Caller) -> dict[str, Any]:
        return {"envelope": auction_sealed.seal_reserve(unit, caller, tender, form.envelope)}

    # It writes into the draft too.
    return desk.write(request, body, [Lock(tender), Lock("drafts")], act)


@get("/tenders/{tender:str}/auction", **operation("auction.show"))
def show(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    def view(connection: Connection, _caller: Any) -> dict[str, Any]:
        return views.shown(connection, desk.floor, tender) | {"terms": views.terms(connection, tender)}

    return desk.read(request, view)


@get("/tenders/{tender:str}/auction/events", **operation("auction.follow", sync=False))
async def follow(
    desk: NamedDependency[Desk],
    auction_live: NamedDependency[AuctionLive],
    request: AnyRequest,
    tender: FromPath[str],
) -> Stream:
    """What happens, as server-sent events, from where the reader left off."""

    def check() -> None:
        desk.enter(request)
        with desk.work.reading() as connection:
            views.terms(connection, tender)

    room_for(auction_live)
    await anyio.to_thread.run_sync(check)
    known = request.headers.get("last-event-id", "")
    return Stream(auction_live.events(tender, DATA, known), headers=headers_of())


@get("/tenders/{tender:str}/auction/own", **operation("auction.own"))
def own(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    caller, now = desk.member(request), desk.work.now()
    return desk.read(request, lambda connection, _caller: views.own(connection, desk.floor, caller, tender, now))


@get("/tenders/{tender:str}/auction/applications", **operation("auction.applications"))
def list_applications(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    """Nobody else may see who has applied; that this person looked is noted."""
    caller, now = desk.member(request), desk.work.now()
    answer = desk.read(
        request, lambda connection, _caller: {"items": views.applications(connection, caller, tender, now), "links": {}}
    )
    official.note(desk, request, tender)
    return answer


@post("/tenders/{tender:str}/auction/applications", **operation("auction.apply", ApplicationForm))
def apply(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, ApplicationForm)

    def act(unit: Unit, caller: Caller) -> dict[str, Any]:
        return {"application": registering.apply(unit, caller, tender, form.statement)}

    return desk.write(request, body, [Lock(tender)], act)


@post("/tenders/{tender:str}/auction/admissions", **operation("auction.admit", AdmissionForm))
def admit(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, AdmissionForm)

    def act(unit: Unit, caller: Caller) -> dict[str, Any]:
        decide_application(desk, unit, caller, tender, form)
        return {}

    return desk.write(request, body, [Lock(tender)], act)


def decide_application(desk: Desk, unit: Unit, caller: Caller, tender: str, form: AdmissionForm) -> None:
    """Admit, or refuse on a ground with a reason. Raises Malformed where one of the two is missing, and as the acts."""
    if (form.clause is None) != (form.reason is None):
        field = "clause" if form.clause is None else "reason"
        zh, en = "不予受理的，须写明事由和理由。", "A refusal has a ground and a reason."
        raise Malformed("refusal_half", zh, en, field=field)
    if form.clause is None or form.reason is None:
        registering.admit(unit, desk.floor, caller, tender, form.application)
    else:
        registering.refuse(unit, caller, tender, form.application, form.clause, form.reason)


@post("/tenders/{tender:str}/auction/bids", **operation("auction.bid", AuctionBidForm))
def bid(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, AuctionBidForm)

    def prepare(connection: Connection, caller: Caller) -> Act:
        # Everything slow happens before the lock: reading the statement, its signature.
        prepared = auction_bids.prepare(connection, caller, tender, form.statement, desk.signer, form.envelope)

        def act(unit: Unit, caller_: Caller) -> Answer:
            row = stages.load_published(unit.connection, tender)
            return _answer(auction_bids.decide_bid(unit, desk.floor, row, caller_, prepared, desk.signer))

        return act

    return desk.write_prepared(request, body, [Lock(tender)], prepare)


@post("/tenders/{tender:str}/auction/stops", **operation("auction.stop", GroundForm))
def stop(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, GroundForm)

    def act(unit: Unit, caller: Caller) -> dict[str, Any]:
        row = stages.load_published(unit.connection, tender)
        return _phase(auctions.stop(unit, desk.floor, row, caller, form.ground))

    return desk.write(request, body, [Lock(tender)], act)


@post("/tenders/{tender:str}/auction/announcements", **operation("auction.announce", AnnouncementForm))
def announce(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    moment = clock.parse(forms.read(body, AnnouncementForm).resumes_at, "resumes_at")

    def act(unit: Unit, caller: Caller) -> dict[str, Any]:
        row = stages.load_published(unit.connection, tender)
        return _phase(auctions.announce(unit, desk.floor, row, caller, moment))

    return desk.write(request, body, [Lock(tender)], act)


@post("/tenders/{tender:str}/auction/resumptions", **operation("auction.resume", EmptyForm))
def resume(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    forms.read(body, EmptyForm)

    def act(unit: Unit, caller: Caller) -> dict[str, Any]:
        row = stages.load_published(unit.connection, tender)
        return _phase(auctions.resume(unit, desk.floor, row, caller))

    return desk.write(request, body, [Lock(tender)], act)


@post("/tenders/{tender:str}/auction/terminations", **operation("auction.terminate", GroundForm))
def terminate(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]
) -> Response[bytes]:
    form = forms.read(body, GroundForm)

    def act(unit: Unit, caller: Caller) -> dict[str, Any]:
        row = stages.load_published(unit.connection, tender)
        return _phase(auctions.terminate(unit, desk.floor, row, caller, form.ground))

    return desk.write(request, body, [Lock(tender)], act)


def _phase(state: State) -> dict[str, Any]:
    return {"phase": state.phase, "stopped": state.stop is not None}


def _answer(receipt: dict[str, Any]) -> Answer:
    """A bid that the rules refuse is recorded: the refusal commits, and is no success."""
    said = receipt["acceptance"]["object"]
    if said["type"] == receipts.ACCEPTANCE:
        return Answer(receipt)
    why = REASONS[said["reason"]]
    return Answer(
        {
            "type": f"/help/{said['reason']}",
            "title": "Bid refused",
            "status": 409,
            "detail": f"{why.zh}拒绝已记录，附签名凭证。",
            "detail_en": f"{why.en} The refusal is recorded and signed.",
            "reason": said["reason"],
            "field": None if why.field is None else f"statement.{why.field}",
            "cites": None,
            "instance": "",
            "receipt": receipt,
        },
        409,
    )


HANDLERS = [
    *(seal_reserve, show, follow, own, list_applications, apply, admit, bid),
    *(stop, announce, resume, terminate),
]
