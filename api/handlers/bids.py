"""Sealed bids: uploads in parts, submission, withdrawal, receipts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from msgspec import Meta
from sqlalchemy import Connection

from api import streams
from api.desk import Act, Answer, AnyRequest, Desk
from api.operations import operation
from bidding.acts import submission, uploads
from bidding.statements import Signed
from bidding.views import receipts as receipt_views
from notary import forms, receipts
from notary.failpoints import failpoint
from notary.forms import Form, Hex16, Kind
from notary.publish import index_of
from notary.work import Lock, Unit
from trading.caller import Caller

_LATE = "招标投标法28；招标投标法实施条例36"
#: Reason -> title, why, the article.
_WHY = {
    "deadline_passed": ("Too late", "投标截止时间已过", "The deadline has passed", _LATE),
    "lot_ended": ("Too late", "标段已终止", "The lot has ended", _LATE),
    "not_invited": (
        "Not invited",
        "本项目只接受被邀请的单位投标，贵单位不在邀请之列",
        "Only those who are invited may bid here, and your organisation is not",
        "招标投标法17；政府采购法34、40",
    ),
}


class UploadForm(Form, frozen=True):
    """Sizes of the parts in bytes, as docs/spec/envelope.md cuts an envelope."""

    kind: Kind
    part_sizes: Annotated[list[Annotated[int, Meta(ge=1)]], Meta(min_length=2, max_length=1100)]


class BidForm(Form, frozen=True):
    """A bidder's signed statement and the upload of each envelope that it names."""

    statement: Signed
    uploads: dict[Kind, Hex16]


class WithdrawalForm(Form, frozen=True):
    """A bidder's signed withdrawal."""

    statement: Signed


@post("/tenders/{tender:str}/uploads", **operation("upload.begin", UploadForm))
def begin(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, UploadForm)

    def act(unit: Unit, caller: Caller) -> dict[str, Any]:
        return {"parts": [], "upload": uploads.begin(unit, caller, tender, form.kind, form.part_sizes)}

    bidder = desk.member(request).organisation
    return desk.write(request, body, [Lock(tender, shared=True), uploads.own_lock(tender, bidder)], act)


@put("/uploads/{upload:str}/parts/{number:int}", **streams.operation("upload.part"))
async def put_part(
    desk: NamedDependency[Desk], request: AnyRequest, upload: FromPath[str], number: FromPath[int]
) -> Response[bytes]:
    def begin_part(caller: Caller) -> uploads.Upload:
        with desk.work.glance() as (connection, now):
            found = uploads.load(connection, upload, caller.organisation)
            uploads.check_taken(connection, found, now)
        uploads.check_part(found, number, streams.length(request))
        return found

    def store(_caller: Caller, found: uploads.Upload, chunks: streams.Chunks) -> dict[str, Any]:
        part = uploads.store_part(desk.store, found, number, chunks, streams.digest(request))
        failpoint("part.stored")
        with desk.work.unit(Lock(upload)) as unit:
            uploads.note_part(unit, desk.store, found, part)
        failpoint("part.noted")
        return {"number": part.number, "sha256": part.sha256, "size": part.size}

    return await streams.receive(desk, request, begin_part, store)


@get("/uploads/{upload:str}", **operation("upload.show"))
def show_upload(desk: NamedDependency[Desk], request: AnyRequest, upload: FromPath[str]) -> Response[bytes]:
    caller = desk.member(request)

    def view(connection: Any, _caller: Any) -> dict[str, Any]:
        found = uploads.load(connection, upload, caller.organisation)
        parts = [{"number": p.number, "sha256": p.sha256, "size": p.size} for p in found.parts]
        return {"part_sizes": list(found.part_sizes), "parts": parts, "upload": found.upload}

    return desk.read(request, view)


@post("/tenders/{tender:str}/bids", **operation("bid.submit", BidForm))
def submit(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, BidForm)

    def prepare(connection: Connection, caller: Caller) -> Act:
        # Everything slow happens before the lock: reading part 0, hashing, signatures.
        prepared = submission.prepare_bid(connection, desk.store, caller, tender, form.statement, form.uploads)
        return _acceptance(desk, prepared)

    return desk.write_prepared(request, body, [Lock(tender, shared=True)], prepare)


@post("/tenders/{tender:str}/withdrawals", **operation("bid.withdraw", WithdrawalForm))
def withdraw(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, WithdrawalForm)

    def prepare(connection: Connection, caller: Caller) -> Act:
        prepared = submission.prepare_withdrawal(connection, caller, tender, form.statement)
        return _acceptance(desk, prepared)

    return desk.write_prepared(request, body, [Lock(tender, shared=True)], prepare)


@get("/tenders/{tender:str}/bids/own", **operation("bid.own"))
def own(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    caller = desk.member(request)
    return desk.read(request, lambda connection, _caller: submission.own(connection, caller.organisation, tender))


@get("/receipts/{receipt:str}", **operation("receipt.show"))
def show_receipt(desk: NamedDependency[Desk], request: AnyRequest, receipt: FromPath[str]) -> Response[bytes]:
    caller = desk.member(request)

    def view(connection: Any, _caller: Any) -> dict[str, Any]:
        signed, entry = receipt_views.load(connection, caller.organisation, receipt)
        index = index_of(connection, entry.commitment().hex())
        proof = None if index is None else desk.log.proof(index)
        return receipts.receipt(signed, entry.disclosed(), None if proof is None else proof.text)

    return desk.read(request, view)


def _acceptance(desk: Desk, prepared: submission.Prepared) -> Act:
    return lambda unit, caller: _answer(submission.accept(unit, caller, prepared, desk.signer))


def _answer(receipt: Mapping[str, Any]) -> Answer:
    """A bid that is late or of no invited bidder is recorded and refused: the refusal commits, and is no success."""
    said = receipt["acceptance"]["object"]
    if said["type"] == receipts.ACCEPTANCE:
        return Answer(receipt)
    title, zh, en, cites = _WHY[said["reason"]]
    return Answer(
        {
            "type": f"/help/{said['reason']}",
            "title": title,
            "status": 409,
            "detail": f"{zh}，投标被拒收；拒收时间已记录，附签名凭证。",
            "detail_en": f"{en}: the bid is refused. Time and refusal are recorded and signed.",
            "reason": said["reason"],
            "field": None,
            "cites": cites,
            "instance": "",
            "receipt": receipt,
        },
        409,
    )


HANDLERS = [begin, put_part, show_upload, submit, withdraw, own, show_receipt]
