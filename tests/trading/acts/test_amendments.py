"""Amendments: the deadline moved by the rule (招标投标法 23; 条例 21), at its limits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from notary import clock
from notary.errors import Conflict, Forbidden, Malformed, RuleBroken, TooLate, Unknown
from tests.trading.acts.office import DEADLINE, KEY_SETS, PLAN, PLAN_2, TENDER, Office, content, load, recorded, refused
from tests.trading.examples import BY_SCORE, beijing
from trading.acts import proposals, questions, tenders
from trading.rows import documents

LAST_MOMENT = beijing("2026-11-08 23:59")  # + 15 days: 2026-11-24 00:00, before the deadline
TOO_LATE = beijing("2026-11-09 00:00")  # + 15 days: 2026-11-25 00:00
MOVED = beijing("2026-11-25 09:30")


def test_in_time_the_deadline_stays(small_office: Office) -> None:
    notice = small_office.publish()
    entry = small_office.amend(LAST_MOMENT, {"scope": "改为 3 公里。"})
    assert (entry.body["deadline"], entry.body["deadline_rule"]) == (clock.text(DEADLINE), None)
    assert (entry.body["number"], entry.body["previous"]) == (1, notice.commitment().hex())
    assert entry.body["notice"]["scope"] == "改为 3 公里。"
    assert entry.body["changed"] == ["scope"]
    assert entry.body["key_sets"] == KEY_SETS
    with small_office.reading() as connection:
        row = load(connection)
    assert (row.number, row.notice_leaf, row.due_at) == (1, entry.commitment().hex(), DEADLINE)


def test_one_moment_later_the_rule_moves_it(office: Office) -> None:
    office.publish()
    entry = office.amend(TOO_LATE, {"scope": "改为 3 公里。"})
    assert entry.body["deadline"] == entry.body["opens_at"] == clock.text(MOVED)
    assert entry.body["deadline_rule"] == {
        "name": "clarification",
        "cites": "招标投标法 23；招标投标法实施条例 21",
        "earliest": clock.text(beijing("2026-11-25 00:00")),
        "moved_from": clock.text(DEADLINE),
    }
    assert entry.body["changed"] == ["deadline", "questions_until", "scope"]
    with office.reading() as connection:
        row = load(connection)
    assert (row.deadline, row.due_at) == (MOVED, MOVED)


def test_the_moved_deadline_is_at_the_same_hour_of_a_working_day(small_office: Office) -> None:
    """+ 15 days from Thursday the 12th is Friday the 27th, over on Saturday: moved to Monday the 30th."""
    small_office.publish()
    entry = small_office.amend(beijing("2026-11-12 10:00"), {"scope": "改"})
    assert entry.body["deadline"] == clock.text(beijing("2026-11-30 09:30"))


def test_questions_may_be_asked_as_much_longer(small_office: Office) -> None:
    """条例 22: until ten days before the deadline, wherever that is now."""
    small_office.publish()
    small_office.amend(beijing("2026-11-12 10:00"), {"scope": "改"})
    cutoff = beijing("2026-11-21 00:00")
    with small_office.at(cutoff - datetime.resolution) as unit:
        assert load(unit.connection).content["questions_until"] == clock.text(cutoff)
        questions.ask(unit, small_office.bidders["A"], TENDER, "还能问吗？")


def test_the_moment_that_counts_is_the_approval(small_office: Office) -> None:
    small_office.publish()
    with small_office.at(LAST_MOMENT) as unit:
        proposal = tenders.propose_amendment(
            unit, small_office.clerk, TENDER, changes={"scope": "改"}, reason="误", affects_bids=True, deadline=None
        )
    with small_office.at(TOO_LATE) as unit:
        taken = proposals.take(unit, small_office.chief, TENDER, proposal.proposal, proposal.content_sha256)
        assert tenders.amend(unit, small_office.chief, taken).body["deadline"] == clock.text(MOVED)


def test_what_does_not_affect_bids_moves_nothing(small_office: Office) -> None:
    small_office.publish()
    assert small_office.amend(TOO_LATE, {"scope": "错字"}, affects_bids=False).body["deadline"] == clock.text(DEADLINE)


@pytest.mark.parametrize(
    ("deadline", "affects_bids", "rule", "earliest"),
    [
        ("2026-11-24 23:59", True, "clarification", "2026-11-25 00:00"),
        ("2026-11-24 09:29", False, "deadline_moved_back", "2026-11-24 09:30"),
    ],
)
def test_a_deadline_of_ones_own_must_keep_the_rule(
    small_office: Office, deadline: str, affects_bids: bool, rule: str, earliest: str
) -> None:
    small_office.publish()
    with pytest.raises(RuleBroken) as refusal:
        small_office.amend(TOO_LATE, {"scope": "改"}, affects_bids=affects_bids, deadline=beijing(deadline))
    assert (refusal.value.facts["rule"], refusal.value.facts["earliest"]) == (rule, clock.text(beijing(earliest)))
    with small_office.reading() as connection:
        assert recorded(connection, "tender_amended") == []


def test_a_later_deadline_of_ones_own_is_kept(small_office: Office) -> None:
    small_office.publish()
    entry = small_office.amend(TOO_LATE, {}, deadline=beijing("2026-12-01 10:00"))
    assert (entry.body["deadline"], entry.body["deadline_rule"]) == (clock.text(beijing("2026-12-01 10:00")), None)


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({}, Malformed, "changes"),
        ({"scope": content()["scope"]}, Malformed, "changes.scope"),
        ({"deadline": clock.text(MOVED)}, Malformed, "changes.deadline"),
        ({"title": "另一个工程"}, RuleBroken, "title"),
        ({"policy": {"quorums": [["T1", "T2"]]}}, RuleBroken, "policy"),
        ({"nonsense": 1}, RuleBroken, "nonsense"),
        ({"ceiling": "0.00"}, Malformed, "ceiling"),
        ({"deposit": "84000.01"}, RuleBroken, "deposit"),
        ({"documents": [PLAN | {"sha256": "33" * 32}]}, Unknown, "documents[0].sha256"),
    ],
)
def test_what_may_not_change_is_refused(
    small_office: Office, changes: dict[str, Any], error: type[Exception], field: str
) -> None:
    small_office.publish()
    with pytest.raises(error) as refusal:
        small_office.amend(LAST_MOMENT, changes)
    assert vars(refusal.value)["field"] == field


def test_new_documents_become_public_and_criteria_may_change(small_office: Office) -> None:
    small_office.publish()
    evaluation = {"method": "comprehensive", "criteria": BY_SCORE}
    entry = small_office.amend(LAST_MOMENT, {"documents": [PLAN, PLAN_2], "evaluation": evaluation})
    assert entry.body["evaluation"]["method"] == "comprehensive"
    with small_office.reading() as connection:
        assert set(connection.scalars(select(documents.c.public))) == {True}


def test_amendments_chain_and_do_not_cross(office: Office) -> None:
    """Two are proposed on one notice: the one approved second was made for another text."""
    office.publish()
    with office.at(LAST_MOMENT - timedelta(seconds=1)) as unit:
        stale = tenders.propose_amendment(
            unit, office.clerk, TENDER, changes={"scope": "甲"}, reason="误", affects_bids=False, deadline=None
        )
        taken = proposals.take(unit, office.chief, TENDER, stale.proposal, stale.content_sha256)
    first = office.amend(LAST_MOMENT, {"scope": "乙"})
    second = office.amend(TOO_LATE, {"scope": "丙"})
    assert second.body["previous"] == first.commitment().hex()
    assert second.body["number"] == 2
    with refused(Conflict, "notice_changed"), office.at(TOO_LATE) as unit:
        tenders.amend(unit, office.chief, taken)


def test_whoever_proposes_an_amendment_does_not_approve_it(small_office: Office) -> None:
    small_office.publish()
    with small_office.at(LAST_MOMENT) as unit:
        proposal = tenders.propose_amendment(
            unit, small_office.clerk, TENDER, changes={"scope": "甲"}, reason="误", affects_bids=False, deadline=None
        )
    with refused(Forbidden, "same_person"), small_office.at(LAST_MOMENT) as unit:
        proposals.take(unit, small_office.clerk, TENDER, proposal.proposal, proposal.content_sha256)


def test_after_the_deadline_nothing_is_amended_though_a_hold_keeps_the_lot_open(small_office: Office) -> None:
    small_office.publish()
    with small_office.at(DEADLINE - timedelta(days=1)) as unit:
        tenders.hold(unit, small_office.supervisor, TENDER, "受理投诉")
    with refused(TooLate, "deadline_passed"):
        small_office.amend(DEADLINE, {}, deadline=MOVED + timedelta(days=30))
