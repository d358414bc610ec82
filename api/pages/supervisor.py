"""A supervisor's desk: lots, what is overdue, holds and lifts, the raw record, who looked at what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, RawBody
from sqlalchemy import Connection

from api import auction_live
from api.desk import AnyRequest, Desk
from api.handlers.tenders import leaf_of
from api.pages import official, page, sent
from api.pages.agency import notice_facts, steps
from api.pages.agency_result import closing_facts
from api.pages.page import Again
from bidding.views import deposits, openings, trustees
from bidding.views import result as results
from notary import clock
from notary.work import Lock
from trading import calendar
from trading.acts import stages, tenders
from trading.caller import Caller, known
from trading.outliers import SHARE
from trading.views import agency as agency_views
from trading.views import (
    complaints,
    draws,
    explanations,
    judging,
    objections,
    prior,
    record,
    result_letters,
    supervisor,
)
from trading.views import tenders as tender_views

_PAGE = 30
#: Of the latest prior notices.
_PRIOR = 10
_DAY = timedelta(days=1)


@get("/supervisor", **page.operation("page.supervisor"))
def show_desk(
    desk: NamedDependency[Desk], request: AnyRequest, cursor: FromQuery[str | None] = None
) -> Response[bytes]:
    def view(connection: Connection, caller: Caller | None) -> dict[str, Any]:
        now = desk.glance_time()
        start = calendar.midnight(calendar.beijing_day(now))
        listed, following = tender_views.tenders(connection, None, cursor=cursor, limit=_PAGE)
        return {
            "overdue": supervisor.overdue(connection, now),
            "complaints": complaints.waiting(connection, now),
            "held": supervisor.held(connection),
            "draws": draws.waiting(connection, known(caller)),
            "today": supervisor.openings(connection, start, start + _DAY),
            "prior": prior.listed(connection, (), cursor=None, limit=_PRIOR)[0],
            "lots": listed,
            "following": following and f"/supervisor?cursor={following}",
        }

    return page.show(desk, request, "supervisor/desk", view)


@get("/supervisor/access", **page.operation("page.supervisor"))
def show_accesses(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    def view(connection: Connection, _caller: Caller | None) -> dict[str, Any]:
        return {"accesses": supervisor.accesses(connection)}

    return page.show(desk, request, "supervisor/access", view)


@get("/supervisor/lots/{tender:str}", **page.operation("page.supervisor"))
def show_lot(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return official.show(desk, request, "supervisor/lot", lot_view(desk, tender), tender)


@post("/supervisor/lots/{tender:str}/hold", **page.operation("tender.hold"))
def hold(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = sent.read(body)
    return page.submit(
        desk,
        request,
        form,
        [Lock(tender)],
        lambda unit, caller: leaf_of(tenders.hold(unit, caller, tender, form.wanted("reason"))),
        lambda _answer: f"/supervisor/lots/{tender}?done=held",
        Again("supervisor/lot", lot_view(desk, tender)),
    )


@post("/supervisor/lots/{tender:str}/lift", **page.operation("tender.lift"))
def lift(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = sent.read(body)
    return page.submit(
        desk,
        request,
        form,
        [Lock(tender)],
        lambda unit, caller: leaf_of(tenders.lift(unit, caller, tender, form.wanted("reason"))),
        lambda _answer: f"/supervisor/lots/{tender}?done=lifted",
        Again("supervisor/lot", lot_view(desk, tender)),
    )


def lot_view(desk: Desk, tender: str) -> Callable[[Connection, Caller | None], dict[str, Any]]:
    """What a supervisor sees of a lot."""

    def view(connection: Connection, caller: Caller | None) -> dict[str, Any]:
        row = stages.load_published(connection, tender)
        procedure, now = stages.procedure_of(row), desk.glance_time()
        opening = openings.opening(connection, tender)
        facts = tender_views.tender(connection, None, tender)
        return {
            "lot": facts | {"deadline": clock.text(row.deadline)},
            "content": row.content,
            "agency": facts["agency"],
            "notice": notice_facts(row.content, procedure),
            "procedure": procedure,
            "possible": procedure.stages.get(row.stage, ()),
            "steps": steps(connection, row, procedure),
            "duties": [agency_views.shown(duty, now) for duty in agency_views.duties(connection, None, [row])],
            "holds": record.holds(connection, tender),
            "trustees": trustees.of_lot(connection, row),
            "opening": opening,
            "auction": auction_live.facts(connection, desk.floor, tender) if procedure.auction else None,
            "closing": closing_facts(desk, connection, tender),
            "fields": results.fields(row),
            "names": results.names(opening["bids"]),
            # Names of members are secret until the evaluation.
            "far": [] if row.stage in {"closed", "opened"} else judging.far_marks(connection, row),
            "share": SHARE,
            "dissents": judging.dissents(connection, row),
            "explanations": explanations.seen(connection, known(caller), tender),
            "clauses": results.clauses(row),
            "result": agency_views.result(connection, tender),
            "questions": tender_views.questions(connection, None, tender),
            "objections": objections.seen(connection, known(caller), tender),
            "complaints": complaints.seen(connection, known(caller), tender),
            "waiting_questions": supervisor.waiting_questions(connection, tender),
            "papers": tender_views.papers(connection, tender),
            "letters": result_letters.seen(connection, known(caller), tender),
            "deposits": deposits.seen(connection, known(caller), row),
            "entries": supervisor.raw_record(connection, tender, indexes=row.stage != "open"),
            "accesses": supervisor.accesses(connection, tender),
        }

    return view


HANDLERS = [show_desk, show_accesses, show_lot, hold, lift]
