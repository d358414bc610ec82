"""Tenders up to their deadline: documents, drafts, publication, amendments, questions, holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, RawBody
from litestar.response import Stream
from msgspec import Meta

from api import streams
from api.desk import AnyRequest, Desk, for_saving
from api.operations import operation
from api.pages import official
from bidding.acts import approval
from notary import forms, signing
from notary.forms import Form, Hex16, Hex32, Prose
from notary.work import Lock, Unit
from trading.acts import documents, questions, tenders
from trading.caller import Caller
from trading.views import tenders as tender_views

PIECE = 1 << 20


class AmendmentForm(Form, frozen=True):
    """changes: the members of the tender that change, whole. deadline: None lets the rule set it."""

    reason: Prose
    affects_bids: bool
    changes: dict[str, Any]
    deadline: str | None = None


class ApprovalForm(Form, frozen=True):
    """content: the hash of what was seen and is approved."""

    proposal: Hex16
    content: Hex32


class ReturnForm(Form, frozen=True):
    """A proposal that is not approved, and why."""

    proposal: Hex16
    reason: Annotated[str, Meta(min_length=1, max_length=2000)]


class QuestionForm(Form, frozen=True):
    """A bidder's question."""

    question: Prose


class AnswerForm(Form, frozen=True):
    """The answer, published with the question and without the asker."""

    question: Hex16
    answer: Prose


class ReasonForm(Form, frozen=True):
    """Why."""

    reason: Annotated[str, Meta(min_length=1, max_length=2000)]


class EmptyForm(Form, frozen=True):
    """Nothing but the act itself."""


class FailureForm(Form, frozen=True):
    """reason: a slug; detail: for people."""

    reason: Annotated[str, Meta(pattern="^[a-z_]{1,40}$(?!\n)")]
    detail: Prose


@put("/documents/{sha256:str}", **streams.operation("document.put", most=256 << 20))
async def put_document(
    desk: NamedDependency[Desk],
    request: AnyRequest,
    sha256: FromPath[str],
    name: FromQuery[str],
    media_type: FromQuery[str],
) -> Response[bytes]:
    def begin(_caller: Caller) -> None:
        signing.unhex(sha256, 32, "sha256")
        forms.check_file_name(name, "name")
        forms.convert(media_type, forms.MediaType)

    def store(caller: Caller, _begun: None, chunks: streams.Chunks) -> dict[str, Any]:
        stored = desk.store.put(f"documents/{sha256}", chunks, sha256=sha256)
        with desk.work.unit(Lock(sha256)) as unit:
            documents.add(unit, caller, sha256=sha256, name=name, media_type=media_type, size=stored.size)
        return {"sha256": stored.sha256, "size": stored.size}

    return await streams.receive(desk, request, begin, store)


@get("/documents/{sha256:str}", **operation("document.show"))
def show_document(desk: NamedDependency[Desk], request: AnyRequest, sha256: FromPath[str]) -> Stream:
    """Bytes as an attachment: never shown in our own pages' origin."""
    caller = desk.enter(request)
    with desk.work.reading() as connection:
        found = tender_views.document(connection, caller, sha256)
    return Stream(
        pieces(desk, f"documents/{sha256}"),
        media_type="application/octet-stream",
        headers={"Content-Length": str(found["size"]), **for_saving(sha256[:16])},
    )


def pieces(desk: Desk, key: str) -> Iterator[bytes]:
    """A stored object, piece by piece."""
    with desk.store.open(key) as stream:
        while piece := stream.read(PIECE):
            yield piece


@post("/tenders", **operation("tender.draft"))
def draft(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    content = forms.read(body, dict[str, Any])
    return desk.write(
        request, body, [Lock("drafts")], lambda unit, caller: {"tender": tenders.draft(unit, caller, content)}
    )


@get("/tenders", **operation("tender.list"))
def list_tenders(
    desk: NamedDependency[Desk], request: AnyRequest, cursor: FromQuery[str | None] = None, limit: FromQuery[int] = 50
) -> Response[bytes]:
    def view(connection: Any, caller: Caller | None) -> dict[str, Any]:
        items, following = tender_views.tenders(connection, caller, cursor=cursor, limit=limit)
        here = f"{request.url.path}?limit={limit}&cursor="
        return {"items": items, "links": {} if following is None else {"next": here + following}}

    return desk.read(request, view)


@get("/tenders/{tender:str}", **operation("tender.show"))
def show_tender(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    def view(connection: Any, caller: Caller | None) -> dict[str, Any]:
        return tender_views.tender(connection, caller, tender, party=approval.is_trustee_of(connection, caller, tender))

    answer = desk.read(request, view)
    official.note(desk, request, tender)
    return answer


@post("/tenders/{tender:str}/publication", **operation("tender.publish", EmptyForm))
def publish(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    forms.read(body, EmptyForm)
    return desk.write(
        request, body, [Lock(tender)], lambda unit, caller: approval.propose_publication(unit, caller, tender)
    )


@post("/tenders/{tender:str}/amendments", **operation("tender.amend", AmendmentForm))
def amend(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, AmendmentForm)

    def act(unit: Unit, caller: Caller) -> dict[str, Any]:
        return approval.propose_amendment(
            unit,
            caller,
            tender,
            changes=form.changes,
            reason=form.reason,
            affects_bids=form.affects_bids,
            deadline=form.deadline,
        )

    return desk.write(request, body, [Lock(tender)], act)


@post("/tenders/{tender:str}/approvals", **operation("tender.approve", ApprovalForm))
def approve(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, ApprovalForm)
    return desk.write(
        request,
        body,
        [Lock(tender)],
        lambda unit, caller: approval.approve(unit, caller, tender, form.proposal, form.content),
    )


@post("/tenders/{tender:str}/returns", **operation("tender.send_back", ReturnForm))
def send_back(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]
) -> Response[bytes]:
    form = forms.read(body, ReturnForm)

    def act(unit: Unit, caller: Caller) -> dict[str, str]:
        tenders.send_back(unit, caller, tender, form.proposal, form.reason)
        return {}

    return desk.write(request, body, [Lock(tender)], act)


@post("/tenders/{tender:str}/questions", **operation("question.ask", QuestionForm))
def ask(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, QuestionForm)
    return desk.write(
        request,
        body,
        [Lock(tender, shared=True)],
        lambda unit, caller: {"question": questions.ask(unit, caller, tender, form.question)},
    )


@get("/tenders/{tender:str}/questions", **operation("question.list"))
def list_questions(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return desk.read(request, lambda connection, caller: {"items": tender_views.questions(connection, caller, tender)})


@post("/tenders/{tender:str}/answers", **operation("question.answer", AnswerForm))
def answer(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, AnswerForm)

    def act(unit: Unit, caller: Caller) -> dict[str, str]:
        return leaf_of(questions.answer(unit, caller, tender, form.question, form.answer))

    return desk.write(request, body, [Lock(tender)], act)


@post("/tenders/{tender:str}/holds", **operation("tender.hold", ReasonForm))
def hold(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, ReasonForm)
    return desk.write(
        request, body, [Lock(tender)], lambda unit, caller: leaf_of(tenders.hold(unit, caller, tender, form.reason))
    )


@post("/tenders/{tender:str}/lifts", **operation("tender.lift", ReasonForm))
def lift(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, ReasonForm)
    return desk.write(
        request, body, [Lock(tender)], lambda unit, caller: leaf_of(tenders.lift(unit, caller, tender, form.reason))
    )


@post("/tenders/{tender:str}/failure", **operation("tender.fail", FailureForm))
def fail(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, FailureForm)
    return desk.write(
        request,
        body,
        [Lock(tender)],
        lambda unit, caller: approval.propose_failure(unit, caller, tender, form.reason, form.detail),
    )


def leaf_of(entry: Any) -> dict[str, str]:
    """The answer of an act that made one entry."""
    return {"leaf": entry.commitment().hex()}


HANDLERS = [
    put_document,
    show_document,
    draft,
    list_tenders,
    show_tender,
    publish,
    amend,
    approve,
    send_back,
    ask,
    list_questions,
    answer,
    hold,
    lift,
    fail,
]
