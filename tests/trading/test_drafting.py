"""A clerk's draft: defaults keep the law, dates are counted by it, sums and moments as people type them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notary import clock
from notary.errors import Malformed
from tests.trading.examples import NOON, beijing
from trading import calendar, drafting, periods, procedures
from trading.calendar import china
from trading.procedures import Procedure

NAMES = sorted({one.name for one in procedures.catalogue() if one.auction is None})


def known(name: str) -> Procedure:
    return procedures.in_force(name, NOON)


@pytest.mark.parametrize("name", NAMES)
def test_the_first_dates_are_lawful_and_no_earlier_ones_are(name: str) -> None:
    procedure = known(name)
    first = drafting.first_dates(procedure, china(), NOON)
    deadline = clock.parse(first["deadline"])
    assert china().is_working_day(calendar.beijing_day(deadline))
    content = {**first, "procedure": name}
    for one in drafting.counted(content, procedure, china(), NOON):
        assert one.earliest is None or one.earliest <= clock.parse(first[one.field])
        assert one.days is not None
        assert one.working is not None
        assert one.working <= one.days
    least = periods.due(procedure, china(), "document_period", NOON)
    whole = china().end(NOON, 1, "calendar_day", roll=True) if least is None else least
    assert clock.parse(first["deadline"]) - whole < timedelta(days=9)


@pytest.mark.parametrize("name", NAMES)
def test_a_new_draft_lacks_only_what_a_clerk_has_to_say(name: str) -> None:
    procedure = known(name)
    content = drafting.first_content(procedure, procedure.subjects[0], "431102", NOON)
    drafting.check(content, NOON)
    lacking = {section for section, names in drafting.missing(content, procedure).items() if names}
    # Nobody but the clerk knows the floor of a sale.
    assert lacking == {"basics", "documents", "trustees"} | ({"evaluation"} if procedure.sells else set())
    assert content["committee"]["size"] % 2 == 1
    assert 3 * content["committee"]["experts"] >= 2 * content["committee"]["size"]


@pytest.mark.parametrize("name", procedures.auctioned())
def test_a_new_draft_of_an_auction_has_lawful_dates_and_nothing_of_sealed_bids(name: str) -> None:
    procedure = known(name)
    content = drafting.first_content(procedure, procedure.subjects[0], "431102", NOON)
    drafting.check(content, NOON)
    lacking = {section for section, names in drafting.missing(content, procedure).items() if names}
    assert lacking == {"basics", "auction", "documents"}
    publish_by = clock.parse(content["publish_by"])
    opens_at = clock.parse(content["deadline"])
    for limit in {"auction_notice", "disclosure"} & procedure.limits.keys():
        assert opens_at >= (periods.due(procedure, china(), limit, publish_by) or opens_at)
    assert opens_at == drafting.first_registration_end(procedure, china(), publish_by)
    later = drafting.first_opening(procedure, china(), publish_by)
    assert (later > opens_at) == ("extension" in procedure.limits)
    assert drafting.first_closing(procedure, china(), opens_at) > opens_at
    wrong = content | {"budget": "1.00"}
    with pytest.raises(Malformed) as refused:
        drafting.check(wrong | {"auction": {}}, NOON)
    assert str(refused.value.field).startswith("auction")


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"title": ""}, "title"),
        ({"budget": "4200000"}, "budget"),
        ({"region": "43"}, "region"),
        ({"publish_by": "tomorrow"}, "publish_by"),
        ({"evaluation_key": "zz"}, "evaluation_key"),
    ],
)
def test_a_wrong_member_is_named_while_others_are_missing(members: dict[str, str], field: str) -> None:
    procedure = known("construction-open")
    content = drafting.first_content(procedure, "works", "431102", NOON) | members
    with pytest.raises(Malformed) as refused:
        drafting.check(content, NOON)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("typed", "written"),
    [("4200000", "4200000.00"), ("4,200,000.5", "4200000.50"), ("0", "0.00"), ("，1，000", "1000.00"), ("007", "7.00")],
)
def test_money_as_people_type_it(typed: str, written: str) -> None:
    assert drafting.sum_text(typed, "budget") == written


@pytest.mark.parametrize("typed", ["", "四百万", "1.234", "-1", "1e6", "１２", "1.2.3", "NaN"])
def test_what_is_no_sum(typed: str) -> None:
    with pytest.raises(Malformed) as refused:
        drafting.sum_text(typed, "budget")
    assert refused.value.field == "budget"


def test_moments_are_beijings() -> None:
    assert drafting.moment_text("2026-12-14", "09:30", "deadline") == clock.text(beijing("2026-12-14 09:30"))
    with pytest.raises(Malformed):
        drafting.moment_text("2026-12-14", "25:00", "deadline")


def test_quorums_are_all_sets_of_so_many() -> None:
    assert drafting.quorums(["T3", "T1", "T2"], 2) == [["T1", "T2"], ["T1", "T3"], ["T2", "T3"]]
