"""An agency's desk, and each of its lots: how it stands, what is next, what its trustees have done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from sqlalchemy import Connection

from api.desk import AnyRequest, Desk
from api.pages import official, page, sent
from api.pages.page import Again
from bidding.acts import approval
from bidding.views import trustees
from notary import clock
from notary.work import Lock
from trading import draft as drafts
from trading import drafting, formulas, money, procedures
from trading.acts import drafting as papers
from trading.acts import stages
from trading.acts.stages import Tender
from trading.caller import Caller, known
from trading.procedures import Procedure
from trading.views import agency as agency_views
from trading.views import record
from trading.views.agency import Duty

#: The stages as the desk's columns.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "draft": ("draft", "proposed"),
    "open": ("open",),
    "closed": ("closed",),
    "opened": ("opened", "evaluated"),
    "publicity": ("publicity", "awarding"),
    "awarded": ("awarded", "contracted", "completed", "terminated", "failed", "cancelled"),
}


@get("/agency", **page.operation("page.agency"))
def show_desk(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    def view(connection: Connection, caller: Caller | None) -> dict[str, Any]:
        own, now = known(caller), desk.glance_time()
        rows = agency_views.lots(connection, own)
        duties = [*_key_duties(connection, rows), *agency_views.duties(connection, own, rows)]
        shown = [agency_views.shown(duty, now) for duty in duties]
        return {
            "now_duties": [one for one in shown if _is_mine(one)],
            "waiting": [one for one in shown if not _is_mine(one)],
            "columns": {name: [_brief(row) for row in rows if row.stage in of] for name, of in _COLUMNS.items()},
            "drafts": [
                {
                    "draft": one.draft,
                    "title": one.content.get("title"),
                    "code": one.content.get("tender"),
                    "written_at": clock.text(one.written_at),
                    "left": _sections_left(one, now),
                }
                for one in papers.listed(connection, own)
                if one.tender is None
            ],
            "templates": _templates(desk),
        }

    return page.show(desk, request, "agency/desk", view)


@get("/agency/lots/{tender:str}", **page.operation("page.own_lot"))
def show_lot(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return official.show(desk, request, "agency/lot", lot_view(desk, tender), tender)


@get("/agency/lots/{tender:str}/preview", **page.operation("page.own_lot"))
def show_preview(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    """The notice as it will be published, or as it stands."""
    return official.show(desk, request, "agency/preview", lot_view(desk, tender), tender)


@post("/agency/lots/{tender:str}/publication", **page.operation("tender.publish"))
def submit(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    """Ask the second person to publish."""
    return page.submit(
        desk,
        request,
        sent.read(body),
        [Lock(tender)],
        lambda unit, caller: approval.propose_publication(unit, caller, tender),
        lambda _answer: f"/agency/lots/{tender}?done=submitted",
        Again("agency/lot", lot_view(desk, tender)),
    )


def lot_view(desk: Desk, tender: str, **more: Any) -> Any:
    """A view of one own lot: what every page about it shows."""

    def view(connection: Connection, caller: Caller | None) -> dict[str, Any]:
        own = known(caller)
        row = stages.load_own(connection, own, tender)
        return lot_facts(desk, connection, own, row) | more

    return view


def lot_facts(desk: Desk, connection: Connection, own: Caller, row: Tender) -> dict[str, Any]:
    """What every page about an own lot shows."""
    now = desk.glance_time()
    procedure = stages.procedure_in_force(row, now)
    holders = trustees.of_lot(connection, row)
    duties = [*_key_duties(connection, [row]), *agency_views.duties(connection, own, [row])]
    name = agency_views.organisation_names(connection, [row.agency])[row.agency]
    return {
        "lot": _brief(row),
        "content": row.content,
        "agency": {"code": row.agency, "name": name},
        "notice": notice_facts(row.content, procedure),
        "procedure": procedure,
        "possible": procedure.stages.get(row.stage, ()),
        "amendable": procedure.amendable.fields,
        "duties": [agency_views.shown(duty, now) for duty in duties],
        "trustees": holders,
        "keys_complete": procedure.auction is not None or trustees.complete(holders),
        "sent_back": agency_views.sent_back(connection, row.tender),
        "holds": record.holds(connection, row.tender),
        "draft": papers.of_tender(connection, own, row.tender),
        "steps": steps(connection, row, procedure),
    }


def notice_facts(content: Mapping[str, Any], procedure: Procedure) -> dict[str, Any]:
    """What a notice says, with money in capitals and the method by its name."""
    decided = drafts.decided_by(drafts.read(content), procedure)
    criteria, quorums = decided["evaluation"], drafts.quorums_of(content)
    sums = {name: _sum(content.get(name)) for name in ("budget", "ceiling", "deposit", "minimum_price")}
    return {
        "sums": sums,
        "method": next((one for one in procedure.methods if one.name == criteria["method"]), None),
        "criteria": criteria,
        "formula": formulas.explained(criteria),
        "keys": len(quorums[0]) if quorums else 0,
        "auction": decided.get("auction"),
    }


def steps(connection: Connection, row: Tender, procedure: Procedure) -> list[dict[str, Any]]:
    """The timeline: the procedure's stages with when each was reached."""
    known = (
        "draft",
        "open",
        "sold",
        "closed",
        "opened",
        "evaluated",
        "publicity",
        "awarded",
        "contracted",
        "completed",
    )
    order = [name for name in known if name in procedure.stages]
    reached = record.reached(connection, row.tender)
    at = {"proposed": "draft", "awarding": "publicity" if "publicity" in order else "evaluated"}.get(
        row.stage, row.stage
    )
    place = order.index(at) if at in order else len(order)
    return [
        {
            "name": name,
            "state": "past" if number < place and (name in reached or name == "draft") else _now(number, place),
            "time": clock.text(row.deadline) if name == "closed" and name not in reached else reached.get(name),
        }
        for number, name in enumerate(order)
    ]


def _now(number: int, place: int) -> str:
    return "now" if number == place else "coming"


def _key_duties(connection: Connection, rows: list[Tender]) -> list[Duty]:
    """Drafts whose trustees have all signed, or that have none, can be submitted; the others wait, and for how many."""
    found = []
    for row in rows:
        if row.stage == "draft":
            holders = trustees.of_lot(connection, row)
            missing = sum(not one["signed"] for one in holders)
            kind = "keys" if missing else "submit" if holders else "ready"
            found.append(Duty(kind, row.tender, row.title, number=missing))
    return found


def _is_mine(duty: Mapping[str, Any]) -> bool:
    """Whether there is something to do about it now."""
    if duty["kind"] in {"keys", "deadline", "open", "scores"}:
        return False
    if duty["kind"].startswith("approve_"):
        return not duty["own"]
    return bool(duty["kind"] != "award" or duty["state"] == "ready")


def _brief(row: Tender) -> dict[str, Any]:
    return {
        "tender": row.tender,
        "title": row.title,
        "stage": row.stage,
        "held": row.held,
        "number": row.number,
        "deadline": clock.text(row.deadline),
        "published": row.published_at is not None,
    }


def _templates(desk: Desk) -> list[dict[str, Any]]:
    """A template for each procedure in force and each thing that it is for."""
    now = desk.glance_time()
    names = dict.fromkeys(one.name for one in procedures.catalogue())
    known = [procedures.in_force(name, now) for name in names]
    return [{"procedure": one, "subject": subject} for one in known for subject in one.subjects]


def _sections_left(paper: papers.WorkingPaper, now: datetime) -> int:
    procedure = procedures.in_force(str(paper.content["procedure"]), now)
    return sum(1 for lacks in drafting.missing(paper.content, procedure).values() if lacks)


def _sum(yuan: str | None) -> dict[str, str] | None:
    return None if yuan is None else {"yuan": yuan, "upper": f"人民币{money.words(money.parse(yuan))}"}


HANDLERS = [show_desk, show_lot, show_preview, submit]
