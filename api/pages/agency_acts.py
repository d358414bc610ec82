"""An agency's acts on a lot: the second person's decision, answers, amendments, the end without an award."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from sqlalchemy import Connection

from api import streams
from api.desk import AnyRequest, Desk
from api.handlers.tenders import leaf_of
from api.pages import agency_forms, official, page, sent, uploads
from api.pages.agency import lot_facts, notice_facts
from api.pages.agency_draft import added
from api.pages.page import Again
from api.pages.sent import Sent
from bidding.acts import approval, auction_award
from notary import clock
from notary.errors import Refusal, Unknown
from notary.work import Unit
from trading import amendment, calendar, difference, drafting, rules
from trading.acts import questions, stages, tenders
from trading.acts.stages import Tender
from trading.amendment import Amendment
from trading.caller import Caller, known
from trading.rules import AmendmentFacts
from trading.views import agency as agency_views
from trading.views import tenders as tender_views

#: Why a lot ends without an award, as the record says it; the words are the template's.
REASONS = ("all_rejected", "too_few_valid", "documents_wrong", "purpose_gone", "other")
_TEXTS = ("scope", "qualification")
_SUMS = ("ceiling", "deposit")
_AUCTION_TIMES = ("opens_at", "closes_at")

View = Callable[[Connection, Caller | None], dict[str, Any]]


@get("/agency/lots/{tender:str}/proposals/{proposal:str}", **page.operation("page.own_lot"))
def show_proposal(
    desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str], proposal: FromPath[str]
) -> Response[bytes]:
    """What one person asked for, as the other one has to see it."""
    return official.show(desk, request, "agency/proposal", _proposal_view(desk, tender, proposal), tender)


@post("/agency/lots/{tender:str}/proposals/{proposal:str}/approval", **page.operation("tender.approve"))
def approve(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str], proposal: FromPath[str]
) -> Response[bytes]:
    form = sent.read(body)
    return official.submit(
        desk,
        request,
        form,
        tender,
        lambda unit, caller: approval.approve(unit, caller, tender, proposal, form.text("content")),
        "?done=approved",
        Again("agency/proposal", _proposal_view(desk, tender, proposal)),
    )


@post("/agency/lots/{tender:str}/proposals/{proposal:str}/return", **page.operation("tender.send_back"))
def send_back(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str], proposal: FromPath[str]
) -> Response[bytes]:
    form = sent.read(body)

    def act(unit: Unit, caller: Caller) -> dict[str, Any]:
        tenders.send_back(unit, caller, tender, proposal, form.wanted("reason"))
        return {}

    return official.submit(
        desk,
        request,
        form,
        tender,
        act,
        "?done=sent_back",
        Again("agency/proposal", _proposal_view(desk, tender, proposal)),
    )


@get("/agency/lots/{tender:str}/questions", **page.operation("page.own_result"))
def show_questions(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return official.show(desk, request, "agency/questions", _question_view(desk, tender, None), tender)


@get("/agency/lots/{tender:str}/questions/{question:str}", **page.operation("page.own_result"))
def show_question(
    desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str], question: FromPath[str]
) -> Response[bytes]:
    return official.show(desk, request, "agency/question", _question_view(desk, tender, question), tender)


@post("/agency/lots/{tender:str}/questions/{question:str}", **page.operation("question.answer"))
def answer(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str], question: FromPath[str]
) -> Response[bytes]:
    form = sent.read(body)
    return official.submit(
        desk,
        request,
        form,
        tender,
        lambda unit, caller: leaf_of(questions.answer(unit, caller, tender, question, form.wanted("answer"))),
        "?done=answered",
        Again("agency/question", _question_view(desk, tender, question)),
    )


@get("/agency/lots/{tender:str}/amendment", **page.operation("page.own_lot"))
def show_amendment(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return official.show(desk, request, "agency/amendment", _amendment_view(desk, tender), tender)


@post("/agency/lots/{tender:str}/amendment", **streams.page_operation("tender.amend", most=uploads.MOST + (1 << 20)))
async def amend(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    """Ask the second person to amend: what differs from the notice in force, and files added to its documents."""

    def take(form: Sent, files: list[uploads.File]) -> Response[bytes]:
        uploads.store(desk, files)

        def act(unit: Unit, caller: Caller) -> dict[str, Any]:
            row = stages.load_own(unit.connection, caller, tender)
            changes = _changes(form, row.content)
            if files:
                changes["documents"] = added(unit, caller, files, list(row.content["documents"]))
            return approval.propose_amendment(
                unit,
                caller,
                tender,
                changes=changes,
                reason=form.wanted("reason"),
                affects_bids=form.ticked("affects_bids"),
                deadline=agency_forms.moment(form, "deadline") if form.text("deadline") else None,
            )

        return official.submit(
            desk,
            request,
            form,
            tender,
            act,
            "?done=submitted",
            Again("agency/amendment", _amendment_view(desk, tender)),
        )

    return await uploads.receive(desk, request, take)


@get("/agency/lots/{tender:str}/ending", **page.operation("page.own_lot"))
def show_ending(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return official.show(desk, request, "agency/ending", _ending_view(desk, tender), tender)


@post("/agency/lots/{tender:str}/ending", **page.operation("tender.fail"))
def end(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    """Ask the second person to end the lot without an award."""
    form = sent.read(body)

    def act(unit: Unit, caller: Caller) -> dict[str, Any]:
        reason = form.wanted("reason")
        if reason not in REASONS:
            raise Unknown("reason_unknown", "没有这种理由。", "There is no such reason.", field="reason")
        return approval.propose_failure(unit, caller, tender, reason, form.wanted("detail"))

    return official.submit(
        desk, request, form, tender, act, "?done=submitted", Again("agency/ending", _ending_view(desk, tender))
    )


def own_view(
    desk: Desk,
    tender: str,
    more: Callable[[Connection, Caller, Tender], dict[str, Any]],
    load: Callable[[Connection, Caller, str], Tender] = stages.load_own,
) -> View:
    """A page of the agency's own lot. load: with what it looks absent, as stages.load_own_published."""

    def view(connection: Connection, caller: Caller | None) -> dict[str, Any]:
        own = known(caller)
        row = load(connection, own, tender)
        return lot_facts(desk, connection, own, row) | more(connection, own, row)

    return view


def _proposal_view(desk: Desk, tender: str, name: str) -> View:
    def more(connection: Connection, own: Caller, row: Tender) -> dict[str, Any]:
        proposal = agency_views.proposal(connection, own, tender, name)
        return {"proposal": proposal, **_asked(desk, connection, row, proposal)}

    return own_view(desk, tender, more)


def _asked(desk: Desk, connection: Connection, row: Tender, proposal: Mapping[str, Any]) -> dict[str, Any]:
    """What a proposal would change: the notice it makes, the difference, the rule that moves the deadline."""
    content = proposal["content"]
    facts: dict[str, Any] = {"changes": [], "asked": None, "rule": None, "refusal": None, "won": None}
    facts["invited"] = _invited(connection, proposal)
    procedure = stages.procedure_in_force(row, desk.glance_time())
    if proposal["act"] == "publication":
        earlier = agency_views.earlier_proposal(connection, row.tender, "publication", proposal["proposal"])
        before = earlier["content"] if earlier else content["content"]
        facts["changes"] = difference.between(before, content["content"])
        facts["asked"] = {"content": content["content"], "notice": notice_facts(content["content"], procedure)}
    elif proposal["act"] == "amendment" and proposal["open"]:
        until = content["deadline"] and clock.parse(content["deadline"])
        asked = Amendment(content["changes"], content["reason"], content["affects_bids"], until)
        try:
            amended = amendment.apply(row.content, asked, procedure, calendar.china(), desk.glance_time())
        except Refusal as refusal:
            return {**facts, "refusal": {"zh": refusal.zh, "en": refusal.en}}
        facts["changes"] = difference.between(row.content, amended.content)
        facts["rule"] = amended.rule
    elif proposal["act"] == "award":
        sold = auction_award.sale(connection, row.tender)
        evaluation = agency_views.result(connection, row.tender)["evaluation"] or {"ranked": []}
        ranked = evaluation["ranked"] if sold is None else [{"bidder": sold[0], "rank": 1, "price": sold[1]}]
        won = next((one for one in ranked if one["bidder"] == content["winner"]), None)
        names = agency_views.organisation_names(connection, [content["winner"]])
        facts["won"] = won and {**won, "name": names.get(content["winner"], content["winner"])}
    return facts


def _invited(connection: Connection, proposal: Mapping[str, Any]) -> dict[str, Any] | None:
    """Whom a publication or a further invitation would invite, by name; None where nobody is."""
    drafted = proposal["content"].get("content", {}).get("invited")
    content = {"prior": drafted, "publication": drafted, "invitation": proposal["content"]}
    asked = content.get(proposal["act"])
    if asked is None:
        return None
    names = agency_views.organisation_names(connection, asked["bidders"])
    bidders = [{"code": code, "name": names.get(code, code)} for code in asked["bidders"]]
    return {"bidders": bidders, "way": asked["way"], "pool": asked["pool"]}


def _question_view(desk: Desk, tender: str, question: str | None) -> View:
    def more(connection: Connection, own: Caller, _row: Tender) -> dict[str, Any]:
        listed = tender_views.questions(connection, own, tender)
        if question is None:
            return {"questions": listed}
        found = next((one for one in listed if one["question"] == question), None)
        if found is None:
            raise Unknown("question_unknown", "没有这个问题。", "There is no such question.", field="question")
        return {"question": found}

    return own_view(desk, tender, more)


def _amendment_view(desk: Desk, tender: str) -> View:
    def more(_connection: Connection, _own: Caller, row: Tender) -> dict[str, Any]:
        procedure, now = stages.procedure_in_force(row, desk.glance_time()), desk.glance_time()
        facts = AmendmentFacts(now, row.deadline, row.deadline, affects_bids=True, changes=())
        limit = procedure.limit("clarification")
        return {
            "required": clock.text(rules.required_deadline(procedure, calendar.china(), facts)),
            "limit": limit,
            "questions_at": agency_forms.fields_of(row.content["questions_until"]),
            "auction_at": {
                name: agency_forms.fields_of((row.content.get("auction") or {}).get(name)) for name in _AUCTION_TIMES
            },
        }

    return own_view(desk, tender, more)


def _ending_view(desk: Desk, tender: str) -> View:
    return own_view(desk, tender, lambda _connection, _own, _row: {"reasons": REASONS})


def _changes(form: Sent, content: Mapping[str, Any]) -> dict[str, Any]:
    """The members of the form that differ from the tender as it stands."""
    given: dict[str, Any] = {name: form.wanted(name) for name in _TEXTS if name in form.fields}
    for name in _SUMS:
        if name in form.fields:
            given[name] = drafting.sum_text(form.text(name), name) if form.text(name) else None
    there = agency_forms.fields_of(content["questions_until"])
    if form.text("questions_until") and (form.text("questions_until"), form.text("questions_until-hour")) != (
        there["day"],
        there["hour"],
    ):
        # The form knows minutes only: what was not touched stays as it was, to the microsecond.
        given["questions_until"] = agency_forms.moment(form, "questions_until")
    if content.get("auction") is not None:
        times = {name: agency_forms.moment(form, f"auction.{name}") for name in _AUCTION_TIMES}
        given["auction"] = {**content["auction"], **times}
    return {name: value for name, value in given.items() if value != content.get(name)}


HANDLERS = [
    show_proposal,
    approve,
    send_back,
    show_questions,
    show_question,
    answer,
    show_amendment,
    amend,
    show_ending,
    end,
]
