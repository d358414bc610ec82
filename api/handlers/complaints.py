"""Complaints (投诉), the decisions on them, rulings and withdrawals."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from sqlalchemy import Connection

from api.desk import AnyRequest, Desk
from api.handlers.tenders import leaf_of
from api.operations import operation
from notary import forms
from notary.forms import Form, Hex16, Prose
from notary.work import Lock, Unit
from trading.acts import complaints
from trading.caller import Caller, known
from trading.objections import Outcome
from trading.views import complaints as complaint_views


class ComplaintForm(Form, frozen=True):
    """A complaint about an own objection, in the order of the paper form."""

    objection: Hex16
    facts: Prose
    basis: Prose
    request: Prose


class ComplaintDecisionForm(Form, frozen=True):
    """Whether it is taken up, whether the lot is suspended meanwhile, and why."""

    complaint: Hex16
    taken_up: bool
    suspends: bool
    reason: Prose


class ComplaintRulingForm(Form, frozen=True):
    """The ruling; its text becomes public."""

    complaint: Hex16
    outcome: Outcome
    ruling: Prose


class ComplaintWithdrawalForm(Form, frozen=True):
    """Which one is withdrawn."""

    complaint: Hex16


@post("/tenders/{tender:str}/complaints", **operation("complaint.file", ComplaintForm))
def file(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, ComplaintForm)
    return desk.write(request, body, [Lock(tender)], lambda unit, caller: act_file(unit, caller, tender, form))


@get("/tenders/{tender:str}/complaints", **operation("complaint.list"))
def list_complaints(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    def view(connection: Connection, caller: Caller | None) -> dict[str, Any]:
        return {
            "items": complaint_views.seen(connection, known(caller), tender),
            "windows": complaint_views.windows(connection, known(caller), tender, desk.work.now()),
        }

    return desk.read(request, view)


@post("/tenders/{tender:str}/complaint-decisions", **operation("complaint.decide", ComplaintDecisionForm))
def decide(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, ComplaintDecisionForm)
    return desk.write(request, body, [Lock(tender)], lambda unit, caller: act_decide(unit, caller, tender, form))


@post("/tenders/{tender:str}/complaint-rulings", **operation("complaint.rule", ComplaintRulingForm))
def rule(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, ComplaintRulingForm)
    return desk.write(request, body, [Lock(tender)], lambda unit, caller: act_rule(unit, caller, tender, form))


@post("/tenders/{tender:str}/complaint-withdrawals", **operation("complaint.withdraw", ComplaintWithdrawalForm))
def withdraw(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, ComplaintWithdrawalForm)
    return desk.write(request, body, [Lock(tender)], lambda unit, caller: act_withdraw(unit, caller, tender, form))


def act_file(unit: Unit, caller: Caller, tender: str, form: ComplaintForm) -> dict[str, Any]:
    """File it; gives what the complainant keeps."""
    said = {"facts": form.facts, "basis": form.basis, "request": form.request}
    return complaints.file(unit, caller, tender, form.objection, **said)


def act_decide(unit: Unit, caller: Caller, tender: str, form: ComplaintDecisionForm) -> dict[str, str]:
    """Decide on it."""
    found = complaints.decide(
        unit, caller, tender, form.complaint, taken_up=form.taken_up, suspends=form.suspends, reason=form.reason
    )
    return leaf_of(found)


def act_rule(unit: Unit, caller: Caller, tender: str, form: ComplaintRulingForm) -> dict[str, str]:
    """Rule on it."""
    return leaf_of(complaints.rule(unit, caller, tender, form.complaint, outcome=form.outcome, ruling=form.ruling))


def act_withdraw(unit: Unit, caller: Caller, tender: str, form: ComplaintWithdrawalForm) -> dict[str, str]:
    """Withdraw it."""
    return leaf_of(complaints.withdraw(unit, caller, tender, form.complaint))


HANDLERS = [file, list_complaints, decide, rule, withdraw]
