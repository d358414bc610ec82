"""Draft, two persons, publication, holds, the end: on both databases, under the real rules."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from notary import clock
from notary.errors import Conflict, Forbidden, Held, Malformed, RuleBroken, TooLate, Unknown
from notary.work import Unit
from tests.trading.acts.office import (
    DEADLINE,
    KEY_SETS,
    PLAN,
    POLICY,
    TENDER,
    Office,
    content,
    load,
    recorded,
    refused,
)
from tests.trading.examples import CONSTRUCTION, NOON, PROCUREMENT, beijing
from trading import agenda
from trading.acts import documents, evaluation, proposals, questions, stages, tenders
from trading.rows import documents as document_rows
from trading.rules import PolicyFacts


def take_and_publish(unit: Unit, office: Office, proposal: proposals.Proposal) -> None:
    """The chief's approval."""
    proposals.take(unit, office.chief, TENDER, proposal.proposal, proposal.content_sha256)
    tenders.publish(unit, office.chief, TENDER, key_sets=KEY_SETS, policy=POLICY)


def test_a_draft_is_kept_as_written_with_its_defaults(small_office: Office) -> None:
    with small_office.at(NOON) as unit:
        assert tenders.draft(unit, small_office.clerk, content()) == TENDER
        row = load(unit.connection)
    assert (row.stage, row.lot, row.deadline, row.notice_leaf, row.due_at) == ("draft", "1", DEADLINE, None, None)
    assert row.content["committee"] == {"size": 5, "experts": 4, "demanding": False, "buyer_chairs": False}
    assert {key: row.content[key] for key in ("title", "budget", "policy")} == {
        key: content()[key] for key in ("title", "budget", "policy")
    }


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"budget": "4200000"}, "budget"),
        ({"budget": "0.00"}, "budget"),
        ({"ceiling": "１.00"}, "ceiling"),
        ({"deposit": "NaN"}, "deposit"),
        ({"deadline": "2026-11-24T09:30:00+08:00"}, "deadline"),
        ({"questions_until": clock.text(DEADLINE + timedelta(seconds=1))}, "questions_until"),
        ({"region": "43110"}, "region"),
        ({"tender": "../etc"}, "tender"),
        ({"title": "一\n二"}, "title"),
        ({"title": " "}, "title"),
        ({"secret": 1}, "secret"),
        ({"documents": []}, "documents"),
        ({"documents": [PLAN | {"name": "../招标.pdf"}]}, "documents[0].name"),
        ({"documents": [PLAN, PLAN]}, "documents[1].name"),
        ({"documents": [PLAN | {"sha256": "XX"}]}, "documents[0].sha256"),
        ({"evaluation": {"method": "lowest_evaluated_price", "criteria": {"ties": []}}}, "evaluation.criteria"),
        ({"policy": {"quorums": [["T 1"]]}}, "policy.quorums[0][0]"),
        ({"evaluation_key": "0"}, "evaluation_key"),
        ({"validity_days": 0}, "validity_days"),
    ],
)
def test_a_wrong_field_is_named(small_office: Office, changed: dict[str, Any], field: str) -> None:
    with pytest.raises(Malformed) as refusal, small_office.at(NOON) as unit:
        tenders.draft(unit, small_office.clerk, content(**changed))
    assert refusal.value.field == field


def test_documents_must_have_been_uploaded_by_the_agency(small_office: Office) -> None:
    with refused(Unknown, "document_unknown"), small_office.at(NOON) as unit:
        tenders.draft(unit, small_office.clerk, content(documents=[PLAN | {"size": 999}]))
    with refused(Unknown, "document_unknown"), small_office.at(NOON) as unit:
        tenders.draft(unit, small_office.other, content())


def test_a_draft_is_written_anew_but_not_its_sealed_parts(small_office: Office) -> None:
    with small_office.at(NOON) as unit:
        tenders.draft(unit, small_office.clerk, content())
        tenders.draft(unit, small_office.chief, content(title="新标题"))
        assert load(unit.connection).title == "新标题"
    for changed in ({"evaluation_key": "08" * 32}, {"policy": {"quorums": [["T1", "T2"]]}}):
        with refused(Conflict, "fixed_in_key_set"), small_office.at(NOON) as unit:
            tenders.draft(unit, small_office.clerk, content(**changed))


def test_a_code_of_another_agency_is_taken(small_office: Office) -> None:
    with small_office.at(NOON) as unit:
        tenders.draft(unit, small_office.clerk, content())
        documents.add(unit, small_office.other, **PLAN)
    with refused(Conflict, "tender_there"), small_office.at(NOON) as unit:
        tenders.draft(unit, small_office.other, content())


def test_publication_is_recorded_and_pinned(office: Office) -> None:
    entry = office.publish()
    with office.reading() as connection:
        row = load(connection)
        (body,) = recorded(connection, "tender_published")
        (shown,) = connection.scalars(select(document_rows.c.public).where(document_rows.c.sha256 == PLAN["sha256"]))
    assert (row.stage, row.deadline, row.due_at, row.published_at) == ("open", DEADLINE, DEADLINE, NOON)
    assert (row.notice_leaf, row.procedure_version) == (entry.commitment().hex(), CONSTRUCTION.version)
    assert body.pop("disclosed") is True
    assert body == entry.body
    assert {key: body[key] for key in ("deadline", "opens_at", "number", "previous", "key_sets", "minimum_bids")} == {
        "deadline": clock.text(DEADLINE),
        "opens_at": clock.text(DEADLINE),
        "number": 0,
        "previous": None,
        "key_sets": KEY_SETS,
        "minimum_bids": 3,
    }
    assert body["evaluation"]["method"] == "lowest_evaluated_price"
    assert body["notice"]["agency"] == {"code": office.clerk.organisation, "name": "测试单位1"}
    assert body["form_schema"] == CONSTRUCTION.form_schema
    assert shown is True


def test_a_second_person_must_see_and_approve(office: Office) -> None:
    with office.at(NOON) as unit:
        tenders.draft(unit, office.clerk, content())
        proposal = tenders.propose_publication(unit, office.clerk, TENDER, policy=POLICY)
    hash_ = proposal.content_sha256
    with refused(Conflict, "not_approved"), office.at(NOON) as unit:
        tenders.publish(unit, office.chief, TENDER, key_sets=KEY_SETS, policy=POLICY)
    with refused(Forbidden, "same_person"), office.at(NOON) as unit:
        proposals.take(unit, office.clerk, TENDER, proposal.proposal, hash_)
    with refused(Conflict, "content_changed"), office.at(NOON) as unit:
        proposals.take(unit, office.chief, TENDER, proposal.proposal, "00" * 32)
    with refused(Unknown, "tender_unknown"), office.at(NOON) as unit:
        proposals.take(unit, office.other, TENDER, proposal.proposal, hash_)
    with refused(Unknown, "proposal_unknown"), office.at(NOON) as unit:
        proposals.take(unit, office.chief, TENDER, "00" * 16, hash_)
    with office.at(NOON) as unit:
        proposals.take(unit, office.chief, TENDER, proposal.proposal, hash_)
    with refused(Conflict, "proposal_decided"), office.at(NOON) as unit:
        proposals.take(unit, office.chief, TENDER, proposal.proposal, hash_)


def test_only_the_latest_proposal_counts(small_office: Office) -> None:
    """The draft goes back, changes, and is proposed again: what was seen first cannot be approved any more."""
    with small_office.at(NOON) as unit:
        tenders.draft(unit, small_office.clerk, content())
        first = tenders.propose_publication(unit, small_office.clerk, TENDER, policy=POLICY)
    with small_office.at(NOON + timedelta(seconds=1)) as unit:
        tenders.draft(unit, small_office.clerk, content(title="改过的标题"))
    with refused(Conflict, "not_approved"), small_office.at(NOON + timedelta(seconds=2)) as unit:
        take_and_publish(unit, small_office, first)
    with small_office.at(NOON + timedelta(seconds=3)) as unit:
        tenders.propose_publication(unit, small_office.clerk, TENDER, policy=POLICY)
    with refused(Conflict, "proposal_superseded"), small_office.at(NOON + timedelta(seconds=4)) as unit:
        proposals.take(unit, small_office.chief, TENDER, first.proposal, first.content_sha256)


def test_the_rules_are_those_of_the_moment_of_publication(small_office: Office) -> None:
    """Proposed in time, approved a day later: by then the deadline is too early; the earliest legal one is named."""
    last_moment, too_late = beijing("2026-11-03 23:59"), beijing("2026-11-04 00:00")
    with small_office.at(last_moment) as unit:
        tenders.draft(unit, small_office.clerk, content())
        proposal = tenders.propose_publication(unit, small_office.clerk, TENDER, policy=POLICY)
    with pytest.raises(RuleBroken) as refusal, small_office.at(too_late) as unit:
        take_and_publish(unit, small_office, proposal)
    assert (refusal.value.field, refusal.value.cites) == ("deadline", "招标投标法 24")
    assert refusal.value.facts["earliest"] == clock.text(beijing("2026-11-25 00:00"))
    with small_office.reading() as connection:
        assert load(connection).stage == "proposed"
        assert recorded(connection, "tender_published") == []
    with small_office.at(last_moment) as unit:
        take_and_publish(unit, small_office, proposal)


def test_faults_show_when_publication_is_proposed(small_office: Office) -> None:
    """Deposit above two per cent, an operator that alone makes up a quorum: both are named at once."""
    with small_office.at(NOON) as unit:
        tenders.draft(unit, small_office.clerk, content(deposit="84000.01"))
    alone = PolicyFacts(POLICY.quorums, frozenset({"T1", "T2"}))
    with pytest.raises(RuleBroken) as refusal, small_office.at(NOON) as unit:
        tenders.propose_publication(unit, small_office.clerk, TENDER, policy=alone)
    assert [one["field"] for one in refusal.value.facts["broken"]] == ["deposit", "policy.quorums"]


def test_a_subject_must_be_named_where_there_are_several(small_office: Office) -> None:
    assert len(PROCUREMENT.subjects) > 1
    draft = content(procedure="procurement-open", deposit="0.00")
    with small_office.at(NOON) as unit:
        tenders.draft(unit, small_office.clerk, draft)
    with refused(Malformed, "subject_missing"), small_office.at(NOON) as unit:
        tenders.propose_publication(unit, small_office.clerk, TENDER, policy=POLICY)
    with small_office.at(NOON) as unit:
        tenders.draft(unit, small_office.clerk, draft | {"subject": "services"})
        tenders.propose_publication(unit, small_office.clerk, TENDER, policy=POLICY)


def test_a_foreign_tender_looks_absent(small_office: Office) -> None:
    small_office.publish()
    with small_office.at(NOON) as unit:
        for code in (TENDER, "XX-0000"):
            with refused(Unknown, "tender_unknown"):
                tenders.propose_publication(unit, small_office.other, code, policy=POLICY)
            with refused(Unknown, "tender_unknown"):
                evaluation.publish_candidates(unit, small_office.other, code)
            with refused(Unknown, "tender_unknown"):
                stages.load_own(unit.connection, small_office.other, code)


def test_a_hold_stops_the_clock_of_the_stages(office: Office) -> None:
    office.publish()
    with office.at(NOON) as unit:
        tenders.hold(unit, office.supervisor, TENDER, "受理投诉")
        with refused(Conflict, "held_already"):
            tenders.hold(unit, office.supervisor, TENDER, "受理投诉")
        questions.ask(unit, office.bidders["A"], TENDER, "暂停期间可以提问吗？")
    with office.at(DEADLINE) as unit:
        assert agenda.due(unit.connection, unit.now) == []
        with refused(Held, "on_hold"):
            tenders.close(unit, load(unit.connection))
    with office.at(DEADLINE) as unit:
        tenders.lift(unit, office.supervisor, TENDER, "投诉不成立")
        with refused(Conflict, "not_held"):
            tenders.lift(unit, office.supervisor, TENDER, "投诉不成立")
        assert agenda.due(unit.connection, unit.now) == [(TENDER, "close")]
        tenders.close(unit, load(unit.connection))
    with office.reading() as connection:
        by = {"by": office.supervisor.organisation, "disclosed": True}
        assert recorded(connection, "lot_held") == [by | {"reason": "受理投诉"}]
        assert recorded(connection, "hold_lifted") == [by | {"reason": "投诉不成立"}]


def test_what_time_brings_is_due_from_its_moment_on(office: Office) -> None:
    office.publish()
    with office.at(DEADLINE) as unit:
        assert agenda.due(unit.connection, DEADLINE - timedelta(microseconds=1)) == []
        assert agenda.due(unit.connection, DEADLINE) == [(TENDER, "close")]
        tenders.close(unit, load(unit.connection))
        assert agenda.due(unit.connection, DEADLINE) == []
        stages.set_due(unit, TENDER, DEADLINE)
        assert agenda.due(unit.connection, DEADLINE) == [(TENDER, "open")]
        tenders.opened(unit, load(unit.connection))
        stages.set_due(unit, TENDER, DEADLINE)
        assert agenda.due(unit.connection, DEADLINE) == []


def test_nobody_moves_a_tender_that_has_just_moved(office: Office) -> None:
    office.publish()
    with office.at(DEADLINE) as unit:
        seen = load(unit.connection)
        tenders.close(unit, seen)
        with refused(Conflict, "moved_meanwhile"):
            tenders.close(unit, seen)


@pytest.mark.parametrize("stage", ["open", "closed", "opened"])
def test_a_lot_can_end_without_an_award(small_office: Office, stage: str) -> None:
    small_office.publish()
    with small_office.at(DEADLINE) as unit:
        for step in {"open": [], "closed": [tenders.close], "opened": [tenders.close, tenders.opened]}[stage]:
            step(unit, load(unit.connection))
        tenders.fail(unit, load(unit.connection), "too_few", "投标人少于三个")
        ended = load(unit.connection)
        assert (ended.stage, ended.due_at) == ("cancelled" if stage == "open" else "failed", None)
        assert recorded(unit.connection, "lot_failed") == [
            {"reason": "too_few", "detail": "投标人少于三个", "disclosed": True}
        ]
        with refused(Conflict, "act_not_in_stage"):
            tenders.fail(unit, ended, "again", "")


def test_no_act_is_done_in_a_wrong_stage(small_office: Office) -> None:
    """Every act of the agency in every stage that does not allow it: refused, and nothing is recorded."""
    small_office.publish()
    agency = small_office.clerk
    acts: dict[str, Any] = {
        "submit": lambda unit: tenders.propose_publication(unit, agency, TENDER, policy=POLICY),
        "edit": lambda unit: tenders.draft(unit, agency, content()),
        "approve_publication": lambda unit: tenders.publish(unit, agency, TENDER, key_sets=KEY_SETS, policy=POLICY),
        "amend": lambda unit: tenders.propose_amendment(
            unit, agency, TENDER, changes={"scope": "新"}, reason="错", affects_bids=False, deadline=None
        ),
        "ask": lambda unit: questions.ask(unit, small_office.bidders["A"], TENDER, "问"),
        "close": lambda unit: tenders.close(unit, load(unit.connection)),
        "open": lambda unit: tenders.opened(unit, load(unit.connection)),
        "evaluate": lambda unit: evaluation.evaluate(unit, agency, TENDER, offers=[]),
        "publish_candidates": lambda unit: evaluation.publish_candidates(unit, agency, TENDER),
    }
    for stage in ("open", "closed", "opened", "failed"):
        for act, do in acts.items():
            if act in CONSTRUCTION.stages.get(stage, ()):
                continue
            with refused(Conflict, "act_not_in_stage"), small_office.at(NOON) as unit:
                do(unit)
        steps = {"open": "close", "closed": "opened", "opened": "fail"}
        with small_office.at(NOON) as unit:
            row = load(unit.connection)
            if stage == "opened":
                tenders.fail(unit, row, "no_bids", "")
            elif stage in steps:
                getattr(tenders, steps[stage])(unit, row)


def test_a_deadline_in_the_past_is_refused_whatever_the_periods(small_office: Office) -> None:
    small_office.publish()
    with refused(TooLate, "deadline_passed"), small_office.at(DEADLINE) as unit:
        tenders.propose_amendment(
            unit, small_office.clerk, TENDER, changes={"scope": "新"}, reason="错", affects_bids=False, deadline=None
        )
