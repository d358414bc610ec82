"""A low price rejects nobody: the bidder is asked, has its time, and only then may it be rejected on that ground."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from notary.errors import Conflict, Malformed, RuleBroken, TooLate
from tests.trading.acts.office import EVALUATED, SCORED, TENDER, Office, recorded, refused
from tests.trading.examples import PROCUREMENT
from trading.acts import evaluation, explanations
from trading.explanations import ASKED, GIVEN
from trading.objections import commitment
from trading.views import explanations as views

BELOW_COST = "51-5-cost"
TEXT = "采用自有拌合站，运距 3 公里。"
AT = SCORED - timedelta(hours=2)
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def opened(office: Office) -> tuple[Office, str, list[Any]]:
    office.publish()
    leaf, bids = office.open()
    office.seat()
    return office, leaf, bids


def ask(office: Office, leaf: str, name: str, minutes: int = 30) -> Any:
    codes = office.codes()
    with office.at(AT) as unit:
        return explanations.ask(
            unit,
            office.experts[0],
            TENDER,
            bidder=codes.get(name, name),
            minutes=minutes,
            opened=leaf,
            bidders=list(codes.values()),
        )


def rejecting(office: Office, name: str) -> dict[str, Any]:
    return {"rejections": [{"bidder": office.codes()[name], "clause": BELOW_COST, "reason": "不能说明"}]}


def test_nobody_is_rejected_for_a_low_price_before_it_could_explain(opened: tuple[Office, str, list[Any]]) -> None:
    office, leaf, bids = opened
    expert = office.experts[0]
    with pytest.raises(Conflict) as refusal:
        office.score(expert, leaf, {}, rejecting(office, "A"))
    assert (refusal.value.reason, refusal.value.facts["until"]) == ("explanation_open", None)
    entry = ask(office, leaf, "A")
    ask(office, leaf, "B")
    over = AT + timedelta(minutes=30)
    with refused(Conflict, "explanation_open"):
        office.score(expert, leaf, {}, rejecting(office, "A"), moment=over - INSTANT)
    office.score(expert, leaf, {}, rejecting(office, "A"), moment=over)
    with office.at(over - INSTANT) as unit:
        given = explanations.give(unit, office.bidders["B"], TENDER, text=TEXT)
    office.score(expert, leaf, {}, rejecting(office, "B"), moment=over - INSTANT)
    assert given["commitment"] == commitment(given["content"], bytes.fromhex(given["salt"]))
    with office.reading() as connection:
        assert [one["disclosed"] for one in recorded(connection, ASKED)] == [False, False]
        text = json.dumps([recorded(connection, GIVEN), recorded(connection, ASKED)], ensure_ascii=False)
        assert TEXT not in text
    for one in [*office.experts, office.buyer]:
        office.score(one, leaf, {})
    with office.at(EVALUATED) as unit:
        evaluation.evaluate(unit, office.clerk, TENDER, offers=bids)
        assert {one["disclosed"] for one in recorded(unit.connection, ASKED)} == {True}
        (told,) = recorded(unit.connection, GIVEN)
    assert told == {"asked": told["asked"], "commitment": given["commitment"], "disclosed": True}
    assert told["asked"] != entry.commitment().hex()


def test_a_request_gives_at_least_half_an_hour_and_an_explanation_comes_in_time(
    opened: tuple[Office, str, list[Any]],
) -> None:
    office, leaf, _ = opened
    for name, minutes, reason in (
        ("A", 29, "minutes_wrong"),
        ("A", 1441, "minutes_wrong"),
        ("X", 30, "bidder_unknown"),
    ):
        with refused(Malformed, reason):
            ask(office, leaf, name, minutes)
    ask(office, leaf, "A", 45)
    with refused(Conflict, "asked_already"):
        ask(office, leaf, "A")
    late = AT + timedelta(minutes=45)
    with refused(Conflict, "not_asked"), office.at(AT) as unit:
        explanations.give(unit, office.bidders["B"], TENDER, text=TEXT)
    with refused(TooLate, "explanation_late"), office.at(late) as unit:
        explanations.give(unit, office.bidders["A"], TENDER, text=TEXT)
    with office.at(late - INSTANT) as unit:
        explanations.give(unit, office.bidders["A"], TENDER, text=TEXT)
    with refused(Conflict, "explained_already"), office.at(late - INSTANT) as unit:
        explanations.give(unit, office.bidders["A"], TENDER, text=TEXT)
    with office.reading() as connection:
        for caller, seen in (
            (office.bidders["A"], 1),
            (office.bidders["B"], 0),
            (office.experts[1], 1),
            (office.buyer, 1),
            (office.clerk, 1),
            (office.supervisor, 1),
            (office.other, 0),
        ):
            assert [one["text"] for one in views.seen(connection, caller, TENDER)] == [TEXT] * seen


def test_the_law_of_the_procedure_says_how_long() -> None:
    with pytest.raises(RuleBroken) as refusal:
        explanations.check_minutes(PROCUREMENT, 29)
    assert (refusal.value.facts["rule"], refusal.value.cites) == ("low_price_explanation", "财库〔2026〕2号")
    explanations.check_minutes(PROCUREMENT, 30)
