"""Complaints in a browser: a bidder makes and withdraws them on its page of objections, supervisors rule on them."""

from __future__ import annotations

from typing import Literal

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody

from api.desk import AnyRequest, Desk
from api.handlers.complaints import (
    ComplaintDecisionForm,
    ComplaintForm,
    ComplaintRulingForm,
    ComplaintWithdrawalForm,
    act_decide,
    act_file,
    act_rule,
    act_withdraw,
)
from api.pages import page, sent
from api.pages.objections import objector_view
from api.pages.page import Again
from api.pages.supervisor import lot_view
from notary.forms import Form, Hex16, Prose
from notary.work import Lock


class DecisionChoice(Form, frozen=True):
    """The decision as the page puts it: one choice of three."""

    complaint: Hex16
    decision: Literal["taken_up", "suspended", "not_taken_up"]
    reason: Prose


@post("/bidder/lots/{tender:str}/complaints", **page.operation("complaint.file"))
def file(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = sent.read(body)
    return page.submit(
        desk,
        request,
        form,
        [Lock(tender)],
        lambda unit, caller: act_file(unit, caller, tender, form.filled(ComplaintForm)),
        lambda _answer: f"/bidder/lots/{tender}/objections?done=complained",
        Again("bidder/objections", objector_view(desk, tender)),
    )


@post("/bidder/lots/{tender:str}/complaints/withdrawal", **page.operation("complaint.withdraw"))
def withdraw(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = sent.read(body)
    return page.submit(
        desk,
        request,
        form,
        [Lock(tender)],
        lambda unit, caller: act_withdraw(unit, caller, tender, form.filled(ComplaintWithdrawalForm)),
        lambda _answer: f"/bidder/lots/{tender}/objections?done=withdrawn",
        Again("bidder/objections", objector_view(desk, tender)),
    )


@post("/supervisor/lots/{tender:str}/complaint-decision", **page.operation("complaint.decide"))
def decide(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = sent.read(body)
    return page.submit(
        desk,
        request,
        form,
        [Lock(tender)],
        lambda unit, caller: act_decide(unit, caller, tender, _chosen(form.filled(DecisionChoice))),
        lambda _answer: f"/supervisor/lots/{tender}?done=decided",
        Again("supervisor/lot", lot_view(desk, tender)),
    )


@post("/supervisor/lots/{tender:str}/complaint-ruling", **page.operation("complaint.rule"))
def rule(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = sent.read(body)
    return page.submit(
        desk,
        request,
        form,
        [Lock(tender)],
        lambda unit, caller: act_rule(unit, caller, tender, form.filled(ComplaintRulingForm)),
        lambda _answer: f"/supervisor/lots/{tender}?done=ruled",
        Again("supervisor/lot", lot_view(desk, tender)),
    )


def _chosen(form: DecisionChoice) -> ComplaintDecisionForm:
    return ComplaintDecisionForm(
        complaint=form.complaint,
        taken_up=form.decision != "not_taken_up",
        suspends=form.decision == "suspended",
        reason=form.reason,
    )


HANDLERS = [file, decide, rule, withdraw]
