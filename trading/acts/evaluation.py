"""Evaluation, candidates, award (评标、中标候选人公示、定标)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from notary import canonical, clock, disclosure
from notary.entries import Entry
from notary.errors import Conflict, Malformed, RuleBroken
from notary.rows import AnyRow
from notary.work import Unit
from trading import calendar, explanations, periods, rules
from trading import draft as drafts
from trading import evaluation as methods
from trading.acts import awards as awarding
from trading.acts import committee, stages
from trading.acts.proposals import Proposal
from trading.acts.stages import Tender
from trading.caller import Caller
from trading.rows import evaluations, keys, publicities, scores

_NEXT_CANDIDATE = "招标投标法实施条例 55；87号令 68"


def evaluate(
    unit: Unit,
    caller: Caller,
    tender: str,
    *,
    offers: Sequence[Mapping[str, Any]],
    draw: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Compute the ranking and record it (docs/spec/evaluation.md); scores and the experts' keys are disclosed with it.

    offers: `lot_opened.bids`; draw: the tied bidders in drawn order, where the criteria name a draw.
    Raises Malformed naming what is wrong with scores or draw, Conflict (scores_missing, act_not_in_stage).
    """
    row = stages.load_own(unit.connection, caller, tender)
    stages.move(unit, row, "evaluate")
    if _kept(unit.connection, tender) is not None:
        raise Conflict("evaluated_already", "评标结果已经记录。", "The evaluation is recorded already.", field="tender")
    sheets = committee.sheets(unit.connection, row)
    evaluation = methods.evaluate(_criteria(row), offers, [sheet.object for sheet in sheets], draw)
    body = {"evaluation": evaluation, "scores": [sheet.leaf for sheet in sheets]}
    entry = unit.record("lot_evaluated", row.tender, row.lot, body, disclosed=True)
    disclosure.disclose_kinds(unit, tender, ["committee_set", explanations.ASKED, explanations.GIVEN])
    _disclose_scores(unit, row, {sheet.person for sheet in sheets})
    unit.connection.execute(
        insert(evaluations).values(
            tender=tender,
            evaluation=canonical.dumps(evaluation).decode(),
            leaf=entry.commitment().hex(),
            evaluated_at=unit.now,
        )
    )
    return evaluation


def publish_candidates(unit: Unit, caller: Caller, tender: str) -> dict[str, Any]:
    """Publish the candidates; gives the entry's body. Raises RuleBroken where too few bids are valid."""
    row = stages.load_own(unit.connection, caller, tender)
    stages.move(unit, row, "publish_candidates")
    candidates = _candidates(unit.connection, row)
    until = periods.due(stages.procedure_of(row), calendar.china(), "publicity", unit.now)
    if until is None:
        raise ValueError("a procedure with the stage publicity has the limit (trading.procedures checks it)")
    body = {
        "candidates": candidates,
        "objections_until": clock.text(until),
        "published_at": clock.text(unit.now),
    }
    entry = unit.record("candidates_published", row.tender, row.lot, body, disclosed=True)
    unit.connection.execute(
        insert(publicities).values(
            tender=tender,
            candidates=canonical.dumps(candidates).decode(),
            published_at=unit.now,
            objections_until=until,
            leaf=entry.commitment().hex(),
        )
    )
    return body


def propose_award(unit: Unit, caller: Caller, tender: str, winner: str, *, reason: str | None = None) -> Proposal:
    """Ask another person to award. reason: needed where the winner is not ranked first (条例 55).

    Raises RuleBroken with `earliest` while the publicity period runs, Malformed (not_a_candidate), Conflict, Held.
    """
    row = stages.load_own(unit.connection, caller, tender)
    _winning(unit, row, winner, reason)
    return awarding.propose(unit, caller, row, winner, reason)


def award(unit: Unit, caller: Caller, proposal: Proposal) -> Entry:
    """Award as approved: the winner at the price that was opened."""
    row = stages.load_own(unit.connection, caller, proposal.tender)
    winner, reason = proposal.content["winner"], proposal.content["reason"]
    price = _winning(unit, row, winner, reason)["price"]
    return awarding.record(unit, row, winner, price, reason)


def _winning(unit: Unit, row: Tender, winner: str, reason: str | None) -> Mapping[str, Any]:
    """The winner's element of the ranking, once it may win."""
    awarding.check_first(unit, row)
    _check_publicity(unit, row)
    candidates = _candidates(unit.connection, row)
    found = next((one for one in candidates if one["bidder"] == winner), None)
    if found is None:
        raise Malformed(
            "not_a_candidate", "中标人应当是中标候选人。", "The winner must be one of the candidates.", field="winner"
        )
    if found["rank"] != 1 and not (reason and reason.strip()):
        raise RuleBroken(
            "rule_broken",
            f"应确定排名第一的中标候选人；另定的，须写明原因（{_NEXT_CANDIDATE}）。",
            f"The first candidate wins; another one needs a reason ({_NEXT_CANDIDATE}).",
            field="winner",
            cites=_NEXT_CANDIDATE,
            rule="next_candidate",
        )
    return found


def _check_publicity(unit: Unit, row: Tender) -> None:
    procedure = stages.procedure_in_force(row, unit.now)
    if procedure.limit("publicity") is None:
        return
    published_at = unit.connection.scalar(select(publicities.c.published_at).where(publicities.c.tender == row.tender))
    if published_at is None:
        raise Conflict(
            "candidates_not_published", "尚未公示中标候选人。", "The candidates are not published yet.", field="tender"
        )
    rules.check_award(procedure, calendar.china(), published_at, unit.now)


def _candidates(connection: Connection, row: Tender) -> list[dict[str, Any]]:
    """The candidates of the recorded evaluation. Raises RuleBroken where too few valid bids are left for any."""
    kept = _kept(connection, row.tender)
    if kept is None:
        raise Conflict("not_evaluated", "尚未评标。", "There is no evaluation yet.", field="tender")
    evaluation = canonical.loads(kept.evaluation.encode())
    ranked = len(evaluation["ranked"])
    periods.number(stages.procedure_of(row), "min_valid_bids", ranked, 0, "tender")
    if ranked == 0:
        raise Conflict(
            "no_valid_bid", "没有有效投标，本次招标失败。", "No bid is valid: the lot fails.", field="tender"
        )
    return methods.candidates(_criteria(row), evaluation)


def _criteria(row: Tender) -> dict[str, Any]:
    return drafts.composed_criteria(drafts.read(row.content), stages.procedure_of(row))


def _kept(connection: Connection, tender: str) -> AnyRow | None:
    return connection.execute(select(evaluations).where(evaluations.c.tender == tender)).one_or_none()


def _disclose_scores(unit: Unit, row: Tender, experts: Collection[str]) -> None:
    """Score sheets, also those that were replaced, and the keys under which they are checked."""
    signed = unit.connection.scalars(select(scores.c.leaf).where(scores.c.tender == row.tender)).all()
    registered = unit.connection.scalars(
        select(keys.c.leaf).where(keys.c.owner.in_(experts), keys.c.purpose == "score")
    ).all()
    disclosure.disclose(unit, [*signed, *registered])
