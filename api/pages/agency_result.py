"""An agency's lot from the closing on: the opening console, committee and ranking, award, papers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from sqlalchemy import Connection

from api import streams
from api.desk import AnyRequest, Desk
from api.handlers import papers as paper_handlers
from api.handlers import result_letters as letter_handlers
from api.pages import official, own, page, sent, uploads
from api.pages.agency_acts import View, own_view
from api.pages.keys import vault_of
from api.pages.notices import csv_response
from api.pages.page import Again
from api.pages.sent import Sent
from bidding.acts import approval, auction_award, judging, reading
from bidding.acts.opening import KIND
from bidding.views import deposits, openings
from bidding.views import result as results
from notary.errors import Held, Malformed, Unknown
from notary.work import Unit
from trading.acts import evaluation, papers, result_letters, stages
from trading.acts.committee import Member
from trading.acts.stages import Tender
from trading.caller import Caller, known
from trading.outliers import SHARE
from trading.views import agency as agency_views
from trading.views import draws, experts, explanations
from trading.views import judging as judgings
from trading.views import result_letters as letter_views
from trading.views import tenders as tender_views

_FEES = ("name", "organisation", "role", "declared", "signed", "fee")


@get("/agency/lots/{tender:str}/opening", **page.operation("page.own_result"))
def show_opening(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    """The opening console: what has to hold, who has done what, and the bids once they are open."""
    return official.show(desk, request, "agency/opening", _opening_view(desk, tender), tender)


@get("/agency/lots/{tender:str}/documents", **page.operation("page.own_result"))
def show_documents(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    """The bids' documents, opened by the page's script with the evaluation key, and handed to the committee."""
    return official.show(desk, request, "agency/documents", _documents_view(desk, tender), tender, libraries=True)


@get("/agency/lots/{tender:str}/result", **page.operation("page.own_result"))
def show_result(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return official.show(desk, request, "agency/result", _result_view(desk, tender), tender)


@get("/agency/lots/{tender:str}/fees.csv", **page.operation("page.own_result"))
def export_fees(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    """Who is to be paid for the evaluation (劳务费清单); the sums are the agency's to write."""
    caller = known(desk.enter(request))
    with desk.work.reading() as connection:
        found = judgings.payable(connection, stages.load_own_published(connection, caller, tender))
    official.note(desk, request, tender)
    return csv_response("fees", _FEES, [[*one.values(), ""] for one in found])


@post("/agency/lots/{tender:str}/committee", **page.operation("committee.set"))
def set_committee(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]
) -> Response[bytes]:
    form = sent.read(body)

    def act(unit: Unit, caller: Caller) -> dict[str, Any]:
        chosen = form.lists.get("member", ())
        row = stages.load_own(unit.connection, caller, tender)
        known = {one["person"]: one for one in experts.pool(unit.connection, row, unit.now)}
        if not chosen or any(person not in known for person in chosen):
            raise Malformed("member_wrong", "请从名单中选择评委。", "Choose members from the list.", field="members")
        members = [Member(person=person, role=known[person]["role"]) for person in chosen]
        judging.set_committee(unit, caller, tender, members, chair=form.text("chair") or None)
        return {}

    return _submit(desk, request, form, tender, act, "committee")


@post("/agency/lots/{tender:str}/evaluation", **page.operation("evaluation.make"))
def evaluate(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    """Compute the ranking; where bids are equal, in the order that was drawn."""
    form = sent.read(body)
    drawn = {name.removeprefix("draw-"): text for name, text in form.fields.items() if name.startswith("draw-")}
    if any(not (text.isascii() and text.isdigit() and len(text) <= 3) for text in drawn.values()):
        raise Malformed("draw_wrong", "抽签次序请填数字。", "Write the drawn order as numbers.", field="draw")
    order = sorted(drawn, key=lambda bidder: int(drawn[bidder])) or None
    return _submit(
        desk, request, form, tender, lambda unit, caller: judging.evaluate(unit, caller, tender, order), "evaluated"
    )


@post("/agency/lots/{tender:str}/candidates", **page.operation("candidates.publish"))
def publish_candidates(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]
) -> Response[bytes]:
    form = sent.read(body)
    return _submit(
        desk,
        request,
        form,
        tender,
        lambda unit, caller: evaluation.publish_candidates(unit, caller, tender),
        "candidates",
    )


@post("/agency/lots/{tender:str}/award", **page.operation("award.propose"))
def propose_award(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]
) -> Response[bytes]:
    form = sent.read(body)
    return _submit(
        desk,
        request,
        form,
        tender,
        lambda unit, caller: approval.propose_award(
            unit, caller, tender, form.wanted("winner"), form.text("reason") or None
        ),
        "award",
    )


@get("/agency/lots/{tender:str}/papers", **page.operation("page.own_result"))
def show_papers(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return official.show(desk, request, "agency/papers", _paper_view(desk, tender), tender)


@post(
    "/agency/lots/{tender:str}/papers/{name:str}",
    **streams.page_operation("paper.issue", most=paper_handlers.MOST + (1 << 20)),
)
async def issue_paper(
    desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str], name: FromPath[str]
) -> Response[bytes]:
    """Take the signed file of a paper, which must be ours with the author's signature appended."""

    def take(form: Sent, files: list[uploads.File]) -> Response[bytes]:
        unsigned = paper_handlers.unsigned_paper(desk, own.reader(desk, request).caller, tender, name)

        def act(unit: Unit, caller: Caller) -> dict[str, str]:
            sha256, size = _keep_signed(desk, caller, unsigned, files)
            papers.issue(unit, caller, tender, name, sha256=sha256, size=size)
            return {}

        return official.submit(
            desk, request, form, tender, act, "/papers?done=issued", Again("agency/papers", _paper_view(desk, tender))
        )

    return await uploads.receive(desk, request, take)


@post(
    "/agency/lots/{tender:str}/result-letters/{bidder:str}",
    **streams.page_operation("result_letter.issue", most=paper_handlers.MOST + (1 << 20)),
)
async def issue_letter(
    desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str], bidder: FromPath[str]
) -> Response[bytes]:
    """Take the signed letter that tells a bidder its result."""

    def take(form: Sent, files: list[uploads.File]) -> Response[bytes]:
        unsigned = letter_handlers.unsigned_letter(desk, own.reader(desk, request).caller, tender, bidder)

        def act(unit: Unit, caller: Caller) -> dict[str, str]:
            sha256, size = _keep_signed(desk, caller, unsigned, files)
            result_letters.issue(unit, caller, tender, bidder, sha256=sha256, size=size)
            return {}

        return official.submit(
            desk, request, form, tender, act, "/papers?done=told", Again("agency/papers", _paper_view(desk, tender))
        )

    return await uploads.receive(desk, request, take)


def _keep_signed(desk: Desk, caller: Caller, unsigned: bytes, files: list[uploads.File]) -> tuple[str, int]:
    """SHA-256 in hex and size of the signed file of a form. Raises Malformed."""
    if not files or files[0].size > paper_handlers.MOST:
        raise Malformed("file_missing", "请选择签名后的文件。", "Choose the signed file.", field="pdf")
    signed = files[0].path.read_bytes()
    return paper_handlers.keep_signed(desk, caller, unsigned, signed), len(signed)


def _submit(
    desk: Desk, request: AnyRequest, form: Sent, tender: str, act: Callable[[Unit, Caller], Any], done: str
) -> Response[bytes]:
    return official.submit(
        desk, request, form, tender, act, f"/result?done={done}", Again("agency/result", _result_view(desk, tender))
    )


def _opening_view(desk: Desk, tender: str) -> View:
    def more(connection: Connection, _own: Caller, row: Tender) -> dict[str, Any]:
        opening = openings.opening(connection, tender)
        return {
            "opening": opening,
            "closing": closing_facts(desk, connection, tender),
            "fields": results.fields(row),
            "names": results.names(opening["bids"]),
        }

    return own_view(desk, tender, more, stages.load_own_published)


def closing_facts(desk: Desk, connection: Connection, tender: str) -> dict[str, Any] | None:
    """The closing as trustees see it: `count` and `root` of the closing list, whether it is `cosigned`; None before."""
    try:
        shown = openings.closing(connection, desk.log, tender, KIND)
    except Unknown:
        return None
    except Held:
        return {"cosigned": False}
    body = shown["entry"]["body"]
    return {"cosigned": True, "count": body["count"], "root": body["root"], "index": shown["index"]}


def _documents_view(desk: Desk, tender: str) -> View:
    def more(connection: Connection, own: Caller, _row: Tender) -> dict[str, Any]:
        opening = openings.opening(connection, tender)
        return {
            "opening": opening,
            "names": results.names(opening["bids"]),
            "vault": vault_of(own),
            "handed": reading.latest(connection, tender),
        }

    return own_view(desk, tender, more, stages.load_own_published)


def _result_view(desk: Desk, tender: str) -> View:
    def more(connection: Connection, own: Caller, row: Tender) -> dict[str, Any]:
        opening = openings.opening(connection, tender)
        named = row.stage in {"closed", "opened"}
        return {
            "seats": agency_views.seats(connection, tender),
            "pool": experts.pool(connection, row, desk.glance_time()) if named else [],
            "drawn": draws.seated(connection, own, tender) if named and draws.decides(connection, row) else None,
            "result": agency_views.result(connection, tender),
            "ties": results.ties(connection, row) if row.stage == "opened" else [],
            "names": results.names(opening["bids"]),
            "low": opening["abnormally_low"],
            "clauses": results.clauses(row),
            "sale": _sale(connection, tender),
            "far": judgings.far_marks(connection, row) if row.stage != "closed" else [],
            "share": SHARE,
            "dissents": judgings.dissents(connection, row),
            "explanations": explanations.seen(connection, own, tender),
            "deposits": deposits.seen(connection, own, row),
        }

    return own_view(desk, tender, more, stages.load_own_published)


def _sale(connection: Connection, tender: str) -> dict[str, str] | None:
    """To whom an auction has sold the lot, and for how much; None without one, and before its end."""
    sold = auction_award.sale(connection, tender)
    if sold is None:
        return None
    winner, price = sold
    return {"winner": winner, "price": price, "name": agency_views.organisation_names(connection, [winner])[winner]}


def _paper_view(desk: Desk, tender: str) -> View:
    def more(connection: Connection, own: Caller, _row: Tender) -> dict[str, Any]:
        return {
            "papers": tender_views.papers(connection, tender),
            "letters": letter_views.seen(connection, own, tender),
        }

    return own_view(desk, tender, more)


HANDLERS = [
    show_opening,
    show_documents,
    show_result,
    export_fees,
    set_committee,
    evaluate,
    publish_candidates,
    propose_award,
    show_papers,
    issue_paper,
    issue_letter,
]
