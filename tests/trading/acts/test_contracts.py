"""The contract after the award: it repeats the award, and the law's bounds hold at them, inside and outside."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from notary.errors import Conflict, Malformed, RuleBroken, Unknown
from notary.forms import convert
from tests.trading.acts.office import EVALUATED, PLAN, PLAN_2, TENDER, Office, load, recorded, refused
from tests.trading.examples import CONSTRUCTION, PROCUREMENT, beijing
from trading import contracts
from trading.acts import contracts as acts
from trading.acts import evaluation, proposals
from trading.contracts import Change, End, Step, Terms
from trading.views import contract as views

PRICE = "3600000.00"
AWARDED = beijing("2026-11-30 10:00")
SIGNED = beijing("2026-12-20 16:00")
ENDED = {"on": "2026-12-20", "detail": "验收合格", "documents": [PLAN]}
TERMS: dict[str, Any] = {"price": PRICE, "signed_on": "2026-12-18", "ends_on": "2027-12-31", "documents": [PLAN]}


@pytest.fixture
def awarded(small_office: Office) -> Office:
    """The lot after its award at 3,600,000 yuan."""
    return award(small_office)


def award(office: Office) -> Office:
    """Up to the award."""
    office.publish()
    office.judge()
    with office.at(EVALUATED) as unit:
        evaluation.publish_candidates(unit, office.clerk, TENDER)
    winner = office.codes()["A"]
    with office.at(AWARDED + timedelta(days=3)) as unit:
        proposal = evaluation.propose_award(unit, office.clerk, TENDER, winner)
        taken = proposals.take(unit, office.chief, TENDER, proposal.proposal, proposal.content_sha256)
        evaluation.award(unit, office.chief, taken)
    return office


def register(office: Office, moment: datetime = SIGNED, **changed: Any) -> None:
    with office.at(moment) as unit:
        acts.register(unit, office.clerk, TENDER, convert(TERMS | changed, Terms))


def change(office: Office, price: str, **changed: Any) -> None:
    told = {"price": price, "ends_on": "2028-06-30", "reason": "设计变更", "documents": [PLAN_2]} | changed
    with office.at(SIGNED) as unit:
        acts.change(unit, office.clerk, TENDER, convert(told, Change))


def perform(office: Office, amount: str | None = None, **changed: Any) -> None:
    what = "milestone" if amount is None else "payment"
    told = {"what": what, "on": "2026-12-20", "detail": "按合同", "amount": amount} | changed
    with office.at(SIGNED) as unit:
        acts.perform(unit, office.clerk, TENDER, convert(told, Step))


def shown(office: Office) -> dict[str, Any]:
    with office.reading() as connection:
        return views.show(connection, TENDER)


def test_a_contract_from_its_signature_to_its_acceptance(office: Office) -> None:
    awarded = award(office)
    assert shown(awarded) == {"contract": None, "entries": []}
    register(awarded)
    change(awarded, "3700000.00")
    perform(awarded)
    perform(awarded, "1000000.00")
    perform(awarded, "2700000.00")
    with awarded.at(SIGNED) as unit:
        acts.end(unit, awarded.clerk, TENDER, convert(ENDED | {"result": "completed"}, End))
        assert load(unit.connection).stage == "completed"
    found = shown(awarded)
    contract = found["contract"]
    assert (contract["price"], contract["first_price"], contract["paid"]) == ("3700000.00", PRICE, "3700000.00")
    assert (contract["signed_on"], contract["ends_on"]) == ("2026-12-18", "2028-06-30")
    assert contract["winner"] == {"code": awarded.codes()["A"], "name": "测试单位10"}
    assert contract["signed_late"] is contract["published_late"] is None
    kinds = [one["kind"] for one in found["entries"]]
    assert kinds == ["contract_completed", *["contract_performed"] * 3, "contract_changed", "contract_registered"]
    first, second = found["entries"][-1], found["entries"][-2]
    assert second["previous"] == first["leaf"]
    assert first["agency"] == awarded.clerk.organisation
    with awarded.reading() as connection:
        assert len(recorded(connection, "contract_performed")) == 3


@pytest.mark.parametrize(
    ("changed", "error", "reason", "field"),
    [
        ({"price": "3600000.01"}, RuleBroken, "rule_broken", "price"),
        ({"price": "3599999.99"}, RuleBroken, "rule_broken", "price"),
        ({"signed_on": "2026-12-02"}, Malformed, "day_wrong", "signed_on"),  # a day before the award
        ({"signed_on": "2026-12-21"}, Malformed, "day_wrong", "signed_on"),  # tomorrow
        ({"signed_on": "2026-02-30"}, Malformed, "day_wrong", "signed_on"),
        ({"ends_on": "2026-12-17"}, Malformed, "day_wrong", "ends_on"),
        ({"documents": [PLAN | {"sha256": "33" * 32}]}, Unknown, "document_unknown", "documents[0].sha256"),
        ({"documents": [PLAN, PLAN]}, Malformed, "file_name_twice", "documents[1].name"),
    ],
)
def test_terms_that_cannot_be(
    awarded: Office, changed: dict[str, Any], error: type[Exception], reason: str, field: str
) -> None:
    with pytest.raises(error) as caught:
        register(awarded, **changed)
    assert (caught.value.reason, caught.value.field) == (reason, field)  # type: ignore[attr-defined]  # a refusal
    with awarded.reading() as connection:
        assert load(connection).stage == "awarded"
        assert recorded(connection, "contract_registered") == []


@pytest.mark.parametrize("day", ["2026-12-03", "2026-12-20"])
def test_the_first_and_the_last_day_on_which_it_can_be_signed(awarded: Office, day: str) -> None:
    register(awarded, signed_on=day)
    assert shown(awarded)["contract"]["signed_on"] == day


@pytest.mark.parametrize(("day", "late"), [("2026-12-31", False), ("2027-01-04", False), ("2027-01-05", True)])
def test_signed_within_thirty_days_of_the_award_or_late(awarded: Office, day: str, late: bool) -> None:
    """The award is of 3 December: the thirtieth day is 2 January, in the holiday, so the first working day counts."""
    register(awarded, beijing("2027-01-06 10:00"), signed_on=day)
    found = shown(awarded)["contract"]["signed_late"]
    assert found == ({"last": "2027-01-04", "cites": "招标投标法 46"} if late else None)


def test_nothing_is_paid_above_the_price_and_no_price_falls_below_what_is_paid(awarded: Office) -> None:
    register(awarded)
    perform(awarded, PRICE)
    with refused(Conflict, "paid_more"):
        perform(awarded, "0.01")
    with refused(Conflict, "paid_more"):
        change(awarded, "3599999.99")
    change(awarded, PRICE)
    assert shown(awarded)["contract"]["paid"] == PRICE


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"what": "payment"}, "amount_wrong"),
        ({"what": "milestone", "amount": "1.00"}, "amount_wrong"),
        ({"on": "2026-12-17"}, "day_wrong"),
        ({"on": "2026-12-21"}, "day_wrong"),
        ({"detail": "两\n行"}, "not_a_line"),
        ({"amount": "1", "what": "payment"}, "field_wrong"),
    ],
)
def test_steps_that_cannot_be(awarded: Office, changed: dict[str, Any], reason: str) -> None:
    register(awarded)
    with refused(Malformed, reason):
        perform(awarded, **{"amount": None} | changed)


def test_steps_have_an_end() -> None:
    many = contracts.Contract(1, 1, AWARDED.date(), AWARDED.date(), "", steps=contracts.MAX_STEPS)
    step = Step(what="milestone", on="2026-12-01", detail="按合同")
    with refused(Conflict, "steps_many"):
        contracts.check_step(many, step, SIGNED)


def test_there_is_no_contract_before_the_award_and_no_act_after_its_end(awarded: Office) -> None:
    with refused(Conflict, "act_not_in_stage"):
        perform(awarded)
    register(awarded)
    with refused(Conflict, "act_not_in_stage"):
        register(awarded)
    with awarded.at(SIGNED) as unit:
        acts.end(unit, awarded.clerk, TENDER, convert(ENDED | {"result": "terminated"}, End))
    assert shown(awarded)["entries"][0]["kind"] == "contract_terminated"
    with refused(Conflict, "act_not_in_stage"):
        perform(awarded)
    with awarded.at(SIGNED) as unit, refused(Conflict, "act_not_in_stage"):
        acts.end(unit, awarded.clerk, TENDER, convert(ENDED | {"result": "completed"}, End))


@pytest.mark.parametrize(
    ("price", "allowed"), [("109.99", True), ("110.00", True), ("110.01", False), ("90.00", True), ("0.00", False)]
)
def test_a_procurement_adds_at_most_a_tenth(price: str, allowed: bool) -> None:
    """政府采购法 49; of construction contracts no such bound is stated."""
    contract = contracts.Contract(100_00, 105_00, AWARDED.date(), AWARDED.date(), "")
    asked = convert({"price": price, "ends_on": "2027-12-31", "reason": "追加", "documents": [PLAN]}, Change)
    if allowed:
        contracts.check_change(PROCUREMENT, contract, asked)
        return
    with pytest.raises((RuleBroken, Malformed)) as caught:
        contracts.check_change(PROCUREMENT, contract, asked)
    assert caught.value.field == "price"
    if price != "0.00":
        contracts.check_change(CONSTRUCTION, contract, asked)


def test_another_agency_sees_no_such_lot(awarded: Office) -> None:
    with awarded.at(SIGNED) as unit, pytest.raises(Unknown):
        acts.register(unit, awarded.other, TENDER, convert(TERMS, Terms))
