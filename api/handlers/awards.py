"""From the opened bids to the award."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from msgspec import Meta

from api.desk import AnyRequest, Desk
from api.handlers.tenders import EmptyForm, leaf_of
from api.operations import operation
from bidding.acts import approval, judging
from bidding.statements import Signed
from notary import forms
from notary.forms import Form, Hex16, OrganisationCode, Prose
from notary.work import Lock, Unit
from trading.acts import declaring, evaluation
from trading.acts.committee import Member
from trading.caller import Caller


class CommitteeForm(Form, frozen=True):
    """The committee, whole. chair: which of the members leads it."""

    members: Annotated[list[Member], Meta(min_length=1, max_length=31)]
    chair: Hex16 | None = None


class DeclarationForm(Form, frozen=True):
    """A member's declaration before scoring. reason: of a recusal, for the agency."""

    recused: bool
    reason: Annotated[str, Meta(max_length=2000)] = ""


class ScoreForm(Form, frozen=True):
    """An expert's signed scores."""

    score: Signed


class EvaluationForm(Form, frozen=True):
    """draw: the tied bidders in drawn order, where something was drawn."""

    draw: list[OrganisationCode] | None = None


class AwardForm(Form, frozen=True):
    """The candidate to be awarded. reason: needed where it is not ranked first (条例55)."""

    winner: OrganisationCode
    reason: Prose | None = None


@post("/tenders/{tender:str}/committee", **operation("committee.set", CommitteeForm))
def set_committee(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]
) -> Response[bytes]:
    form = forms.read(body, CommitteeForm)

    return desk.write(
        request,
        body,
        [Lock(tender)],
        lambda unit, caller: leaf_of(judging.set_committee(unit, caller, tender, form.members, chair=form.chair)),
    )


@post("/tenders/{tender:str}/declarations", **operation("committee.declare", DeclarationForm))
def declare(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, DeclarationForm)

    def act(unit: Unit, caller: Caller) -> dict[str, Any]:
        declaring.declare(unit, caller, tender, recused=form.recused, reason=form.reason)
        return {}

    return desk.write(request, body, [Lock(tender)], act)


@post("/tenders/{tender:str}/scores", **operation("score.sign", ScoreForm))
def score(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, ScoreForm)
    return desk.write(
        request,
        body,
        [Lock(tender)],
        lambda unit, caller: leaf_of(judging.score(unit, caller, tender, forms.plain(form.score))),
    )


@post("/tenders/{tender:str}/evaluation", **operation("evaluation.make", EvaluationForm))
def evaluate(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, EvaluationForm)
    return desk.write(
        request, body, [Lock(tender)], lambda unit, caller: judging.evaluate(unit, caller, tender, form.draw)
    )


@post("/tenders/{tender:str}/candidates", **operation("candidates.publish", EmptyForm))
def publish_candidates(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]
) -> Response[bytes]:
    forms.read(body, EmptyForm)
    return desk.write(
        request, body, [Lock(tender)], lambda unit, caller: evaluation.publish_candidates(unit, caller, tender)
    )


@post("/tenders/{tender:str}/award", **operation("award.propose", AwardForm))
def propose_award(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]
) -> Response[bytes]:
    form = forms.read(body, AwardForm)
    return desk.write(
        request,
        body,
        [Lock(tender)],
        lambda unit, caller: approval.propose_award(unit, caller, tender, form.winner, form.reason),
    )


HANDLERS = [set_committee, declare, score, evaluate, publish_candidates, propose_award]
