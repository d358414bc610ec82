"""What cannot be in the catalogue: each problem in words; :mod:`trading.procedures` stops the start with it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from math import comb
from typing import TYPE_CHECKING

from trading.lifecycle import FIRST, TABLE
from trading.limits import LIMITS, Limit, wanted

if TYPE_CHECKING:
    from trading.procedures import Opening, Procedure


def problems(procedure: Procedure) -> Iterable[str]:
    """What of a procedure cannot be, the field named first."""
    yield from _limit_problems(procedure)
    yield from _stage_problems(procedure.stages)
    yield from _invitation_problems(procedure)
    yield from _draw_problems(procedure)
    yield from _prior_problems(procedure)
    yield from procedure.form.problems()
    clauses = [clause.id for clause in procedure.rejection.clauses]
    if len(set(clauses)) != len(clauses):
        yield "rejection.clauses: a clause is given twice"
    yield from _sealed_problems(procedure) if procedure.auction is None else _auction_problems(procedure)
    for stage, limit in (("publicity", "publicity"), ("contracted", "contract")):
        if (stage in procedure.stages) != (limit in procedure.limits):
            yield f"limits.{limit} and the stage {stage} go together"
    for field in ("subjects", "legal_basis", "documents", "steps", "notices"):
        if not getattr(procedure, field):
            yield f"{field}: empty"


def _sealed_problems(procedure: Procedure) -> Iterable[str]:
    yield from _opening_problems(procedure.opening)
    if procedure.rejection.over_ceiling not in {clause.id for clause in procedure.rejection.clauses}:
        yield "rejection.clauses: over_ceiling is none of them"
    if procedure.rejection.low_price not in {"", *(clause.id for clause in procedure.rejection.clauses)}:
        yield "rejection.clauses: low_price is none of them"
    for field in ("envelope_kinds", "methods"):
        if not getattr(procedure, field):
            yield f"{field}: empty"


def _auction_problems(procedure: Procedure) -> Iterable[str]:
    """An auction takes the place of sealed bids: there are none to open, and nobody evaluates."""
    for field in ("envelope_kinds", "methods"):
        if getattr(procedure, field):
            yield f"{field}: an auction decides, so there are none"
    grounds = [ground.id for ground in procedure.auction.grounds] if procedure.auction else []
    if not grounds or len(set(grounds)) != len(grounds):
        yield "auction.grounds: none, or one is given twice"
    if "knock_down" not in procedure.stages.get("open", ()):
        yield "stages.open: an auction ends with knock_down"
    if ("extension" in procedure.limits) != ("amend" in procedure.stages.get("open", ())):
        yield "limits.extension and the act amend of the stage open go together"
    if ("sale_publicity" in procedure.limits) != ("object" in procedure.stages.get("sold", ())):
        yield "limits.sale_publicity and the act object of the stage sold go together"
    if ("disclosure_large" in procedure.limits) != ("disclosure_large_price" in procedure.limits):
        yield "limits.disclosure_large and limits.disclosure_large_price go together"
    if procedure.auction and (procedure.auction.reserve or procedure.auction.cap):
        yield from _opening_problems(procedure.opening)


def _limit_problems(procedure: Procedure) -> Iterable[str]:
    known = wanted(
        auction=procedure.auction is not None,
        inviting=procedure.invitation is not None,
        valued=procedure.valuation is not None,
        prior=procedure.prior is not None,
    )
    for name in (one for one in LIMITS if one in known):
        if (name in procedure.limits) == (name in procedure.absent):
            yield f"limits.{name}: must be stated, or given as absent with the reason"
    for name in sorted((procedure.limits.keys() | procedure.absent.keys()) - known):
        yield f"limits.{name}: there is no such limit"
    for name, limit in procedure.limits.items():
        if name in known and (problem := _limit_problem(limit, LIMITS[name].measure, procedure.since)):
            yield f"limits.{name} ({limit.cites}): {problem}"


def _limit_problem(limit: Limit, measure: str, since: date) -> str | None:
    timed = limit.unit in {"calendar_day", "working_day", "hour", "minute", "year"}
    return next(
        (
            problem
            for problem, wrong in {
                "negative": limit.value < 0,
                f"the unit {limit.unit} does not fit": timed != (measure == "days"),
                f"the way {limit.way} does not fit": timed == (limit.way == "of"),
                "the article is younger than the procedure": limit.since > since,
                "only what was read (V1, V2) can be confirmed": limit.confirmed and limit.mark in {"V3", "U"},
                "names no article": not any(sign.isdigit() for sign in limit.cites),
                "counts back in days only": limit.way == "before" and not limit.unit.endswith("_day"),
            }.items()
            if wrong
        ),
        None,
    )


def _stage_problems(stages: Mapping[str, tuple[str, ...]]) -> Iterable[str]:
    for stage, acts in stages.items():
        for act in acts:
            if (stage, act) not in TABLE:
                yield f"stages.{stage}: {act} is not in the stage table"
        if len(set(acts)) != len(acts):
            yield f"stages.{stage}: an act is given twice"
    reached = {FIRST} | {TABLE[stage, act] for stage, acts in stages.items() for act in acts if (stage, act) in TABLE}
    for stage in sorted(stages.keys() - reached):
        yield f"stages.{stage}: no act leads there"
    ends = {stage for stage in reached if stage not in stages and any(stage == known for known, _ in TABLE)}
    for stage in sorted(ends):
        yield f"stages.{stage}: nothing leads on"


def _invitation_problems(procedure: Procedure) -> Iterable[str]:
    invites = procedure.invitation is not None
    # Where a bound is set, or the prior notice has said who is invited, nobody comes after the publication.
    most = procedure.invitation.most if procedure.invitation else None
    later = invites and most is None and "bidders" not in (procedure.prior.kept if procedure.prior else ())
    if invites != ("min_invited" in procedure.limits) or later != ("invite" in procedure.stages.get("open", ())):
        yield "invitation, limits.min_invited and the act invite of the stage open go together"
    if most is not None and "min_invited" in procedure.limits and most < procedure.limits["min_invited"].value:
        yield "invitation.most: fewer than limits.min_invited"
    ways = () if procedure.invitation is None else procedure.invitation.ways
    if len({way.id for way in ways}) != len(ways):
        yield "invitation.ways: a way is given twice"
    if ("invited_pool" in procedure.limits) != any(way.pool for way in ways):
        yield "limits.invited_pool and a way from a pool go together"


def _draw_problems(procedure: Procedure) -> Iterable[str]:
    committee = procedure.committee
    if committee.drawn != bool(committee.drawn_cites):
        yield "committee.drawn and committee.drawn_cites go together"
    if committee.drawn and procedure.auction is not None:
        yield "committee.drawn: an auction decides, so there is no committee"


def _prior_problems(procedure: Procedure) -> Iterable[str]:
    prior = procedure.prior
    if ("announce" in procedure.stages.get(FIRST, ())) != (prior is not None):
        yield "prior and the act announce of the stage draft go together"
    if prior is None:
        return
    if "prior_notice" not in procedure.limits:
        yield "limits.prior_notice: a prior notice stands for some time"
    if not prior.items or len({item.key for item in prior.items}) != len(prior.items):
        yield "prior.items: none, or one is given twice"
    if len({ground.id for ground in prior.grounds}) != len(prior.grounds):
        yield "prior.grounds: a ground is given twice"
    if prior.required and prior.grounds:
        yield "prior.grounds: it is needed always, whatever the ground"
    if "bidders" in prior.kept and procedure.invitation is None:
        yield "prior.kept: nobody is invited"
    for name in sorted({"invited" if name == "bidders" else name for name in prior.kept}):
        if name in procedure.amendable.fields:
            yield f"amendable.fields: {name} is kept by the prior notice"


def _opening_problems(opening: Opening) -> Iterable[str]:
    for choice in opening.choices:
        if not 2 <= choice.keys <= choice.trustees or 2 * choice.keys <= choice.trustees:
            yield f"opening.choices: {choice.keys} of {choice.trustees} has disjoint or single-handed quorums"
        elif comb(choice.trustees, choice.keys) > opening.max_quorums:
            yield f"opening.choices: {choice.keys} of {choice.trustees} makes more than {opening.max_quorums} quorums"
    if not opening.choices or not 1 <= opening.max_quorums <= 12:
        yield "opening: no choice, or more than 12 quorums"
