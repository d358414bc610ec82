"""Committee, scores, evaluation, candidates, award: after an opening that is written straight into the record."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from notary import clock
from notary.errors import Conflict, Forbidden, Malformed, RuleBroken, Unknown
from tests.trading.acts.office import (
    EVALUATED,
    OPENED,
    PRICES,
    TENDER,
    Office,
    content,
    load,
    recorded,
    refused,
    scored,
)
from tests.trading.examples import beijing
from trading.acts import committee, evaluation, proposals
from trading.acts.committee import Member
from trading.caller import Caller
from trading.rows import awards
from trading.views import agency as agency_views

PUBLICITY_ENDS = beijing("2026-12-01 00:00")  # candidates on Friday the 27th; + 3 days is Monday the 30th
CANDIDATES_AT = beijing("2026-11-27 10:00")


def marks(office: Office, *texts: str) -> dict[str, Any]:
    """A mark of the technical part for each bidder in order."""
    return {code: {"technical": text} for code, text in zip(office.codes().values(), texts, strict=True)}


def award(office: Office, moment: datetime, winner: str, reason: str | None = None) -> Any:
    """Propose and approve an award at one moment."""
    with office.at(moment) as unit:
        proposal = evaluation.propose_award(unit, office.clerk, TENDER, winner, reason=reason)
    with office.at(moment) as unit:
        taken = proposals.take(unit, office.chief, TENDER, proposal.proposal, proposal.content_sha256)
        return evaluation.award(unit, office.chief, taken)


def publish_candidates(office: Office) -> dict[str, Any]:
    with office.at(CANDIDATES_AT) as unit:
        return evaluation.publish_candidates(unit, office.clerk, TENDER)


def test_from_the_opening_to_the_award_by_lowest_price(office: Office) -> None:
    office.publish()
    office.judge()
    body = publish_candidates(office)
    assert body["objections_until"] == clock.text(PUBLICITY_ENDS)
    assert [one["bidder"] for one in body["candidates"]] == list(office.codes().values())
    winner = office.codes()["A"]
    entry = award(office, PUBLICITY_ENDS, winner)
    assert entry.body == {"price": PRICES["A"], "winner": winner}
    with office.reading() as connection:
        assert load(connection).stage == "awarded"
        assert connection.execute(select(awards.c.winner, awards.c.price_fen)).one() == (winner, 360_000_000)
        assert recorded(connection, "candidates_published") == [body | {"disclosed": True}]
    with refused(Conflict, "awarded_already"):
        award(office, PUBLICITY_ENDS, winner)


def test_the_publicity_period_must_be_over(small_office: Office) -> None:
    small_office.publish()
    small_office.judge()
    publish_candidates(small_office)
    with pytest.raises(RuleBroken) as refusal:
        award(small_office, PUBLICITY_ENDS - timedelta(microseconds=1), small_office.codes()["A"])
    assert refusal.value.cites == "招标投标法实施条例 54"
    assert refusal.value.facts["earliest"] == clock.text(PUBLICITY_ENDS)


def test_another_candidate_than_the_first_needs_a_reason(small_office: Office) -> None:
    small_office.publish()
    small_office.judge()
    publish_candidates(small_office)
    second = small_office.codes()["B"]
    for reason in (None, "  "):
        with pytest.raises(RuleBroken) as refusal:
            award(small_office, PUBLICITY_ENDS, second, reason)
        assert refusal.value.facts == {"rule": "next_candidate"}
    entry = award(small_office, PUBLICITY_ENDS, second, "第一名放弃中标")
    assert entry.body == {"price": PRICES["B"], "winner": second, "reason": "第一名放弃中标"}


def test_only_a_candidate_wins_and_two_persons_award(small_office: Office) -> None:
    small_office.publish()
    small_office.judge()
    publish_candidates(small_office)
    with refused(Malformed, "not_a_candidate"):
        award(small_office, PUBLICITY_ENDS, small_office.other.organisation)
    with small_office.at(PUBLICITY_ENDS) as unit:
        proposal = evaluation.propose_award(unit, small_office.clerk, TENDER, small_office.codes()["A"])
    with refused(Forbidden, "same_person"), small_office.at(PUBLICITY_ENDS) as unit:
        proposals.take(unit, small_office.clerk, TENDER, proposal.proposal, proposal.content_sha256)


def test_the_ranking_is_recorded_with_the_scores_it_rests_on(small_office: Office) -> None:
    """Committee, sheets and the experts' keys stay closed until the evaluation, and are all disclosed with it."""
    small_office.publish(draft=scored())
    opened, bids = small_office.open()
    signed = [
        small_office.score(expert, opened, marks(small_office, "50.00", "70.00", "60.00")).commitment().hex()
        for expert in sorted(small_office.seat(), key=lambda expert: expert.person)
    ]
    with small_office.reading() as connection:
        assert {one["disclosed"] for one in recorded(connection, "score_signed")} == {False}
        assert {one["disclosed"] for one in recorded(connection, "committee_set")} == {False}
    with small_office.at(EVALUATED) as unit:
        found = evaluation.evaluate(unit, small_office.clerk, TENDER, offers=bids)
    assert [one["bidder"] for one in found["ranked"]] == [small_office.codes()[name] for name in ("B", "C", "A")]
    with small_office.reading() as connection:
        (body,) = recorded(connection, "lot_evaluated")
        assert (body["evaluation"], body["scores"]) == (found, signed)
        assert {one["disclosed"] for one in recorded(connection, "score_signed")} == {True}
        assert {one["disclosed"] for one in recorded(connection, "key_registered", tender="")} == {True}
        experts = [{"person": one.person, "role": "expert"} for one in small_office.experts]
        everyone = [*experts, {"person": small_office.buyer.person, "role": "buyer"}]
        named = sorted(everyone, key=lambda one: one["person"])
        (body,) = recorded(connection, "committee_set")
        assert [{key: one[key] for key in ("person", "role")} for one in body["members"]] == named
        assert body["disclosed"]


def test_each_committee_is_recorded(small_office: Office) -> None:
    small_office.publish()
    small_office.open()
    first = small_office.seat()
    with small_office.at(OPENED) as unit:
        named = members(small_office, small_office.experts, [small_office.buyer])
        entry = committee.set_committee(unit, small_office.clerk, TENDER, named)
        assert len(recorded(unit.connection, "committee_set")) == 2
    assert {one["person"] for one in entry.body["members"]} == {one.person for one in first}


def test_a_sheet_may_be_replaced_until_the_evaluation(office: Office) -> None:
    """The one that was replaced is disclosed too, but does not count."""
    office.publish(draft=scored())
    opened, bids = office.open()
    first, *others = office.seat()
    old = office.score(first, opened, marks(office, "0.00", "0.00", "0.00"))
    for expert in others:
        office.score(expert, opened, marks(office, "50.00", "40.00", "30.00"))
    new = office.score(first, opened, marks(office, "50.00", "40.00", "30.00"), moment=EVALUATED)
    with office.at(EVALUATED) as unit:
        found = evaluation.evaluate(unit, office.clerk, TENDER, offers=bids)
        (body,) = recorded(unit.connection, "lot_evaluated")
        assert {one["disclosed"] for one in recorded(unit.connection, "score_signed")} == {True}
    assert found["ranked"][0]["points"]["technical"] == "50.00"
    assert new.commitment().hex() in body["scores"]
    assert old.commitment().hex() not in body["scores"]
    with refused(Conflict, "act_not_in_stage"):
        office.score(first, opened, marks(office, "50.00", "40.00", "30.00"))


def test_every_member_must_have_signed(small_office: Office) -> None:
    small_office.publish()
    opened, bids = small_office.open()
    with refused(Conflict, "scores_missing"), small_office.at(EVALUATED) as unit:
        evaluation.evaluate(unit, small_office.clerk, TENDER, offers=bids)
    *signing, last = small_office.seat()
    for expert in signing:
        small_office.score(expert, opened, {})
    with pytest.raises(Conflict) as refusal, small_office.at(EVALUATED) as unit:
        evaluation.evaluate(unit, small_office.clerk, TENDER, offers=bids)
    assert refusal.value.facts == {"missing": [last.person]}


def test_an_evaluation_stands_once_recorded(small_office: Office) -> None:
    small_office.publish()
    small_office.judge()
    with refused(Conflict, "evaluated_already"), small_office.at(EVALUATED) as unit:
        evaluation.evaluate(unit, small_office.clerk, TENDER, offers=[])


def test_no_valid_bid_no_candidates(small_office: Office) -> None:
    small_office.publish()
    opened, bids = small_office.open({"A": "3980000.01", "B": "4000000.00", "C": "5000000.00"})
    for expert in small_office.seat():
        small_office.score(expert, opened, {})
    with small_office.at(EVALUATED) as unit:
        assert evaluation.evaluate(unit, small_office.clerk, TENDER, offers=bids)["ranked"] == []
    with refused(Conflict, "no_valid_bid"):
        publish_candidates(small_office)


@pytest.mark.parametrize(
    ("changed", "error", "reason"),
    [
        ({"scores": {}}, Malformed, "scores_missing"),
        ({"lot": "2"}, Malformed, "score_wrong"),
        ({"tender": "YZ-OTHER"}, Malformed, "score_wrong"),
        ({"opened": "00" * 32}, Malformed, "score_wrong"),
        ({"expert": "00" * 16}, Malformed, "score_wrong"),
        ({"type": "sunbid/score/2"}, Malformed, "type_wrong"),
        ({"extra": 1}, Malformed, "field_wrong"),
        ({"dissent": " "}, Malformed, "text_wrong"),
        ({"dissent": None}, Malformed, "field_wrong"),
        ({"rejections": [{"bidder": "X", "clause": "51-1", "reason": "无"}]}, Malformed, "clause_unknown"),
    ],
)
def test_a_wrong_sheet_is_refused(
    small_office: Office, changed: dict[str, Any], error: type[Malformed], reason: str
) -> None:
    small_office.publish(draft=scored())
    opened, _ = small_office.open()
    expert, *_ = small_office.seat()
    with refused(error, reason):
        small_office.score(expert, opened, marks(small_office, "1.00", "2.00", "3.00"), changed)


@pytest.mark.parametrize(
    ("mark", "reason"), [("70.01", "score_too_high"), ("-1.00", "not_marks"), ("1e1", "not_marks"), ("1", "not_marks")]
)
def test_marks_keep_their_bounds(small_office: Office, mark: str, reason: str) -> None:
    small_office.publish(draft=scored())
    opened, _ = small_office.open()
    expert, *_ = small_office.seat()
    with refused(Malformed, reason):
        small_office.score(expert, opened, marks(small_office, "1.00", "2.00", mark))


def test_only_members_score_under_their_own_key(small_office: Office) -> None:
    small_office.publish()
    opened, _ = small_office.open()
    first, second, *_ = small_office.seat()
    stranger = small_office.bidders["A"]
    small_office.keys[stranger.person] = small_office.keys[first.person]
    with refused(Forbidden, "not_a_member"):
        small_office.score(stranger, opened, {})
    small_office.keys[first.person] = small_office.keys[second.person]
    with refused(Malformed, "signature_wrong"):
        small_office.score(first, opened, {})


def test_a_member_that_belongs_to_a_bidder_does_not_score(small_office: Office) -> None:
    small_office.publish()
    opened, _ = small_office.open()
    expert, *_ = small_office.seat()
    signed = small_office.sheet(expert, opened, {})
    with pytest.raises(Forbidden) as refusal, small_office.at(EVALUATED) as unit:
        committee.score(unit, expert, TENDER, signed, opened=opened, bidders=[expert.organisation])
    assert (refusal.value.reason, refusal.value.cites) == ("interested", "招标投标法 37；招标投标法实施条例 46")


def members(office: Office, experts: list[Caller], buyers: list[Caller]) -> list[Member]:
    return [Member(person=one.person, role="expert") for one in experts] + [
        Member(person=one.person, role="buyer") for one in buyers
    ]


def test_the_committee_is_the_announced_one(small_office: Office) -> None:
    small_office.publish()
    small_office.open()
    good, buyers = small_office.experts, [small_office.buyer]
    wrong = {
        "committee_not_announced": members(small_office, good[:3], buyers),
        "member_twice": members(small_office, [*good[:3], good[0]], buyers),
        "member_wrong": members(small_office, [*good[:3], small_office.buyer], [good[3]]),
    }
    for reason, named in wrong.items():
        with refused(Malformed, reason), small_office.at(OPENED) as unit:
            committee.set_committee(unit, small_office.clerk, TENDER, named)
    for person in (small_office.clerk, small_office.bidders["A"]):
        with refused(Malformed, "member_wrong"), small_office.at(OPENED) as unit:
            committee.set_committee(
                unit, small_office.clerk, TENDER, members(small_office, [*good[:3], person], buyers)
            )


@pytest.mark.parametrize("buyer_chairs", [True, False])
def test_who_leads_the_committee_is_as_announced(small_office: Office, *, buyer_chairs: bool) -> None:
    """A member: the buyer's where the notice says so, else an expert; nobody, until the members have chosen."""
    announced = {"size": 5, "experts": 4, "buyer_chairs": buyer_chairs}
    small_office.publish(draft=content(committee=announced))
    small_office.open()
    small_office.seat()
    expert, buyer = small_office.experts[1].person, small_office.buyer.person
    named = members(small_office, small_office.experts, [small_office.buyer])
    right, wrong = (buyer, expert) if buyer_chairs else (expert, buyer)
    for chair in (wrong, small_office.clerk.person):
        with refused(Malformed, "chair_wrong"), small_office.at(OPENED) as unit:
            committee.set_committee(unit, small_office.clerk, TENDER, named, chair=chair)
    with small_office.at(OPENED) as unit:
        committee.set_committee(unit, small_office.clerk, TENDER, named, chair=right)
    with small_office.reading() as connection:
        assert recorded(connection, "committee_set")[-1]["chair"] == right
        assert [one["person"] for one in agency_views.seats(connection, TENDER) if one["chair"]] == [right]


def test_the_committee_is_named_after_the_closing_and_before_the_first_score(small_office: Office) -> None:
    small_office.publish()
    named = members(small_office, small_office.experts, [small_office.buyer])
    with refused(Conflict, "not_closed"), small_office.at(OPENED) as unit:
        committee.set_committee(unit, small_office.clerk, TENDER, named)
    opened, _ = small_office.open()
    with refused(Unknown, "tender_unknown"), small_office.at(OPENED) as unit:
        committee.set_committee(unit, small_office.other, TENDER, named)
    first, *_ = small_office.seat()
    small_office.score(first, opened, {})
    with refused(Conflict, "scored_already"), small_office.at(OPENED) as unit:
        committee.set_committee(unit, small_office.clerk, TENDER, named)
