"""An expert's desk: declaration or recusal, the score sheet, its signature, the report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from sqlalchemy import Connection

from api.desk import AnyRequest, Desk, json_response
from api.handlers.tenders import leaf_of
from api.pages import official, page, sent
from api.pages.keys import vault_of
from api.pages.page import Again
from api.pages.sent import Sent
from bidding.acts import judging, reading
from bidding.acts.opening import opened_leaf
from bidding.statements import Signed
from bidding.views import openings
from bidding.views import result as results
from notary import canonical, clock, forms
from notary.errors import Conflict, Malformed, Refusal, Unknown
from notary.work import Lock, Unit
from trading import criteria as criteria_rules
from trading import draft as drafts
from trading import drafting, formulas, money, scores
from trading.acts import declaring, stages
from trading.acts.committee import SCORE_TYPE
from trading.acts.stages import Tender
from trading.caller import Caller, known
from trading.views import agency as agency_views
from trading.views import experts, explanations

_BEFORE = frozenset({"closed", "open"})
View = Callable[[Connection, Caller | None], dict[str, Any]]


@get("/expert", **page.operation("page.expert"))
def show_desk(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    def view(connection: Connection, caller: Caller | None) -> dict[str, Any]:
        return {"lots": experts.lots(connection, known(caller))}

    return page.show(desk, request, "expert/desk", view)


@get("/expert/lots/{tender:str}", **page.operation("page.expert"))
def show_lot(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    """Who bids, once it is open, and the declaration."""
    return official.show(desk, request, "expert/lot", _view(tender), tender)


@post("/expert/lots/{tender:str}/declaration", **page.operation("committee.declare"))
def declare(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    """Free of interest, or recused with a reason, which the agency is told."""
    form = sent.read(body)
    recused = form.text("declared") == "recused"

    def act(unit: Unit, caller: Caller) -> dict[str, Any]:
        if form.text("declared") not in {"free", "recused"}:
            raise Malformed("field_empty", "请选择一项。", "Choose one of the two.", field="declared")
        declaring.declare(unit, caller, tender, recused=recused, reason=form.text("reason"))
        return {}

    then = "/expert?done=recused" if recused else f"/expert/lots/{tender}/desk"
    return page.submit(desk, request, form, [Lock(tender)], act, lambda _: then, Again("expert/lot", _view(tender)))


@get("/expert/lots/{tender:str}/desk", **page.operation("page.expert"))
def show_sheet(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return official.show(desk, request, "expert/sheet", _view(tender, declared=True), tender, libraries=True)


@post("/expert/lots/{tender:str}/desk", **page.operation("page.sheet"))
def save(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    """Keep the sheet as far as it is; nobody else reads it."""
    form = sent.read(body)

    def act(unit: Unit, caller: Caller) -> dict[str, Any]:
        row = stages.load_published(unit.connection, tender)
        bids = openings.opening(unit.connection, tender)["bids"] or []
        declaring.save_sheet(unit, caller, tender, _sheet(form, _criteria(row), bids))
        return {}

    then = f"/expert/lots/{tender}/{'check' if form.ticked('check') else 'desk?done=saved'}"
    again = Again("expert/sheet", _view(tender, declared=True), libraries=True)
    return page.submit(desk, request, form, [Lock(tender, shared=True)], act, lambda _: then, again)


@post("/expert/lots/{tender:str}/explanations", **page.operation("explanation.ask"))
def ask(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    """Ask a bidder to explain its price."""
    form = sent.read(body)

    def act(unit: Unit, caller: Caller) -> dict[str, Any]:
        minutes = form.wanted("minutes")
        if not (minutes.isascii() and minutes.isdigit() and len(minutes) <= 4):
            raise Malformed("minutes_wrong", "请填分钟数。", "Write the number of minutes.", field="minutes")
        return leaf_of(judging.ask(unit, caller, tender, bidder=form.wanted("bidder"), minutes=int(minutes)))

    then = f"/expert/lots/{tender}/desk?done=asked"
    again = Again("expert/sheet", _view(tender, declared=True), libraries=True)
    return page.submit(desk, request, form, [Lock(tender)], act, lambda _: then, again)


@get("/expert/lots/{tender:str}/check", **page.operation("page.expert"))
def show_check(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    """The whole sheet once more, and its signature."""
    return official.show(desk, request, "expert/check", _view(tender, declared=True), tender, libraries=True)


@get("/expert/lots/{tender:str}/sheet.json", **page.operation("page.expert"))
def download(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    """The sheet as `sunbid expert sign` takes it."""
    session = desk.visitor(request)
    caller = known(session.caller if session else None)
    with desk.work.reading() as connection:
        sheet = experts.sheet(connection, caller, tender)
    if sheet is None:
        raise Unknown("sheet_unknown", "还没有保存评分表。", "No sheet has been saved yet.")
    response = json_response(canonical.dumps(_said(sheet)))
    response.headers["content-disposition"] = 'attachment; filename="scores.json"'
    return response


@post("/expert/lots/{tender:str}/signed", **page.operation("score.sign"))
def sign(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    """Take the signed sheet, made on the expert's own machine."""
    form = sent.read(body)

    def act(unit: Unit, caller: Caller) -> dict[str, Any]:
        try:
            signed = forms.read(form.wanted("signed").encode(), Signed)
        except Malformed as refusal:
            raise Malformed(
                "signed_wrong",
                "这不是签名后的评分表。",
                "That is no signed score sheet.",
                field="signed",
            ) from refusal
        return leaf_of(judging.score(unit, caller, tender, forms.plain(signed)))

    then = f"/expert/lots/{tender}/report?done=signed"
    again = Again("expert/check", _view(tender, declared=True), libraries=True)
    return page.submit(desk, request, form, [Lock(tender)], act, lambda _: then, again)


@get("/expert/lots/{tender:str}/report", **page.operation("page.expert"))
def show_report(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return official.show(desk, request, "expert/report", _view(tender), tender)


def _view(tender: str, *, declared: bool = False) -> View:
    """A lot as a member of its committee sees it; absent for everybody else. declared: only after a declaration."""

    def view(connection: Connection, caller: Caller | None) -> dict[str, Any]:
        own = known(caller)
        seat = next((one for one in experts.lots(connection, own) if one["tender"] == tender), None)
        if seat is None:
            raise Unknown("tender_unknown", "没有这个项目。", "There is no such tender.", field="tender")
        if declared and not seat["declared"]:
            raise Conflict("not_declared", "请先作出回避声明。", "Declare first whether you have an interest.")
        row = stages.load_published(connection, tender)
        bids = openings.opening(connection, tender)
        sheet = experts.sheet(connection, own, tender)
        return {
            "lot": seat | {"deadline": clock.text(row.deadline)},
            "content": row.content,
            "criteria": _criteria(row),
            "amounts": formulas.amounts(_criteria(row)),
            "bids": bids["bids"],
            "low": bids["abnormally_low"],
            "fields": results.fields(row),
            "names": results.names(bids["bids"]),
            "clauses": results.clauses(row),
            "explainable": bool(stages.procedure_of(row).rejection.low_price),
            "explanations": explanations.seen(connection, own, tender),
            "sheet": sheet or {"scores": {}, "rejections": [], "notes": {}, "saved_at": None},
            "lacks": _lacks(row, bids["bids"], sheet),
            "unsigned": _unsigned(connection, own, row, sheet),
            "vault": vault_of(own),
            "handed": reading.latest(connection, tender),
            "signed_at": experts.signed_at(connection, own, tender),
            "result": agency_views.result(connection, tender),
        }

    return view


def _criteria(row: Tender) -> dict[str, Any]:
    return drafts.composed_criteria(drafts.read(row.content), stages.procedure_of(row))


def _opened(bids: list[dict[str, Any]] | None) -> list[str]:
    return [one["bidder"] for one in bids or () if one["outcome"] == "opened"]


def _sheet(form: Sent, criteria: dict[str, Any], bids: list[dict[str, Any]]) -> dict[str, Any]:
    """What the form says so far; an empty field is left out. Raises Malformed at the field."""
    found: dict[str, Any] = {"scores": {}, "rejections": [], "notes": {}}
    for bidder in _opened(bids):
        marks = {}
        for part in criteria["parts"]:
            field = f"mark.{bidder}.{part['name']}"
            if form.text(field):
                marks[part["name"]] = _within(drafting.sum_text(form.text(field), field), part["marks"], field)
        for one in formulas.amounts(criteria):
            field = f"mark.{bidder}.{one['name']}"
            if form.text(field):
                marks[one["name"]] = _signed_sum(form.text(field), field)
        found["scores"][bidder] = marks
        clause, reason = form.text(f"clause.{bidder}"), form.text(f"reason.{bidder}")
        if clause:
            if not reason:
                raise Malformed("field_empty", "否决须写明理由。", "Say why.", field=f"reason.{bidder}")
            found["rejections"].append({"bidder": bidder, "clause": clause, "reason": reason})
        if form.text(f"note.{bidder}"):
            found["notes"][bidder] = form.text(f"note.{bidder}")
    if form.text("dissent"):
        found["dissent"] = form.text("dissent")
    return found


def _within(marks: str, most: str, field: str) -> str:
    if criteria_rules.marks(marks, field) > criteria_rules.marks(most):
        raise Malformed("too_many_marks", f"不得超过满分 {most}。", f"At most {most}.", field=field)
    return marks


def _signed_sum(text: str, field: str) -> str:
    plain = text.removeprefix("-")
    made = drafting.sum_text(plain, field)
    made = f"-{made}" if text.startswith("-") and made != "0.00" else made
    money.parse_signed(made, field)
    return made


def _lacks(row: Tender, bids: list[dict[str, Any]] | None, sheet: dict[str, Any] | None) -> dict[str, str] | None:
    """Why the sheet cannot be signed yet, in words; None once it can."""
    if sheet is None:
        return {"zh": "还没有保存评分表。", "en": "No sheet has been saved yet."}
    checked = {"expert": "-", "scores": sheet["scores"], "rejections": sheet["rejections"]}
    try:
        scores.check_sheet(criteria_rules.read(_criteria(row)), checked, set(_opened(bids)))
    except Refusal as refusal:
        return {"zh": refusal.zh, "en": refusal.en}
    return None


def _unsigned(connection: Connection, own: Caller, row: Tender, sheet: dict[str, Any] | None) -> str | None:
    """The object to be signed, as canonical JSON; None before the opening or without a sheet."""
    if sheet is None or row.stage in _BEFORE:
        return None
    return canonical.dumps(
        {
            "type": SCORE_TYPE,
            "tender": row.tender,
            "lot": row.lot,
            "expert": own.person,
            "opened": opened_leaf(connection, row.tender),
            **_said(sheet),
        }
    ).decode()


def _said(sheet: dict[str, Any]) -> dict[str, Any]:
    """What of a saved sheet is signed: not the notes."""
    return {name: sheet[name] for name in ("scores", "rejections", "dissent") if name in sheet}


HANDLERS = [show_desk, show_lot, declare, show_sheet, save, ask, show_check, download, sign, show_report]
