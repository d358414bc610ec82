"""Complaints: when they are taken, what they suspend, what the record says of them, and who reads what."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from notary import canonical, clock
from notary.errors import Conflict, Held, TooLate, Unknown
from tests.trading.acts.office import DEADLINE, TENDER, Office, load, recorded, refused
from tests.trading.acts.test_objections import INSTANT, SAID, answer, file
from tests.trading.examples import CONSTRUCTION, NOON, PROCUREMENT, beijing
from trading import agenda, calendar
from trading import complaints as terms
from trading.acts import complaints, tenders
from trading.caller import Caller
from trading.fsck.objections import check_objections
from trading.objections import commitment
from trading.remedy_rows import complaints as rows
from trading.views import complaints as views

FILED = NOON + timedelta(days=1)
ANSWERED = beijing("2026-11-05 09:00")
#: Ten days from the answer (招标投标法实施条例 60): the last one is the 15th, a Sunday, and rolls to Monday.
TOO_LATE = beijing("2026-11-17 00:00")


def complain(office: Office, moment: datetime, about: dict[str, Any], by: Caller | None = None) -> dict[str, Any]:
    with office.at(moment) as unit:
        return complaints.file(unit, by or office.bidders["A"], TENDER, about["objection"], **SAID)


def decide(
    office: Office, moment: datetime, about: dict[str, Any], *, taken_up: bool = True, suspends: bool = False
) -> None:
    said = {"taken_up": taken_up, "suspends": suspends, "reason": "符合受理条件"}
    with office.at(moment) as unit:
        complaints.decide(unit, office.supervisor, TENDER, about["complaint"], **said)  # type: ignore[arg-type]


def rule(office: Office, moment: datetime, about: dict[str, Any]) -> None:
    with office.at(moment) as unit:
        complaints.rule(unit, office.supervisor, TENDER, about["complaint"], outcome="dismissed", ruling="驳回投诉。")


def answered(office: Office) -> dict[str, Any]:
    """A published lot and an objection to its documents that was answered."""
    office.publish()
    filed = file(office, FILED)
    answer(office, ANSWERED, filed)
    return filed


def test_a_complaint_is_taken_for_ten_days_from_the_answer(office: Office) -> None:
    about = answered(office)
    with pytest.raises(TooLate) as refusal:
        complain(office, TOO_LATE, about)
    assert (refusal.value.reason, refusal.value.cites) == ("complaint_late", "招标投标法实施条例 60")
    assert refusal.value.facts["until"] == clock.text(TOO_LATE)
    assert complain(office, TOO_LATE - INSTANT, about)["decide_by"] == clock.text(beijing("2026-11-20 00:00"))


def test_none_before_the_answer_or_the_end_of_its_time(office: Office) -> None:
    office.publish()
    about = file(office, FILED)
    late = clock.parse(about["answer_by"])
    with pytest.raises(Conflict) as refusal:
        complain(office, late - INSTANT, about)
    assert (refusal.value.reason, refusal.value.facts["earliest"]) == ("answer_waits", about["answer_by"])
    complain(office, late, about)


def test_procurement_counts_from_the_end_of_the_time_for_the_answer() -> None:
    """政府采购法 55: 答复期满后十五个工作日内; an early answer takes none of it away, and opens the way at once."""
    days, by, at = calendar.china(), beijing("2026-11-12 00:00"), beijing("2026-11-04 15:00")
    found = terms.window(PROCUREMENT, days, by, at)
    assert found == terms.Window(at, beijing("2026-12-04 00:00"), "政府采购法 55")
    assert terms.window(PROCUREMENT, days, by, None) == found._replace(start=by)
    assert terms.window(PROCUREMENT, days, None, None) == terms.Window(None, None, "政府采购法 55")
    # Thirty days at most in procurement, until the ruling in construction (政府采购法 57; 条例 62).
    assert terms.suspended_until(PROCUREMENT, days, at) == beijing("2026-12-05 00:00")
    assert terms.suspended_until(CONSTRUCTION, days, at) is None
    # From the complaint there, from the taking up here (政府采购法 56; 条例 61).
    assert terms.rule_by(PROCUREMENT, days, at, by) == beijing("2026-12-17 00:00")
    assert terms.rule_by(CONSTRUCTION, days, at, by) == beijing("2026-12-25 00:00")


def test_nothing_goes_on_while_it_suspends(office: Office) -> None:
    """The deadline passes meanwhile: the closing waits for the ruling, and follows it."""
    filed = complain(office, ANSWERED, answered(office))
    decide(office, ANSWERED, filed, suspends=True)
    with office.reading() as connection:
        assert agenda.due(connection, DEADLINE) == []
    with refused(Held, "complaint_suspends"), office.at(DEADLINE) as unit:
        tenders.close(unit, load(unit.connection))
    rule(office, DEADLINE + timedelta(hours=1), filed)
    with office.reading() as connection:
        assert agenda.due(connection, DEADLINE + timedelta(hours=1)) == [(TENDER, "close")]
    with office.at(DEADLINE + timedelta(hours=1)) as unit:
        tenders.close(unit, load(unit.connection))


@pytest.mark.parametrize(("taken_up", "ends"), [(True, "ruling"), (True, "withdrawal"), (False, None)])
def test_otherwise_the_lot_goes_on(small_office: Office, *, taken_up: bool, ends: str | None) -> None:
    filed = complain(small_office, ANSWERED, answered(small_office))
    decide(small_office, ANSWERED, filed, taken_up=taken_up, suspends=ends == "withdrawal")
    if ends == "withdrawal":
        with small_office.at(ANSWERED) as unit:
            complaints.withdraw(unit, small_office.bidders["A"], TENDER, filed["complaint"])
    with small_office.at(DEADLINE) as unit:
        tenders.close(unit, load(unit.connection))


def test_each_step_once_and_in_its_order(small_office: Office) -> None:
    about = answered(small_office)
    with refused(Unknown, "objection_unknown"):
        complain(small_office, ANSWERED, about, small_office.bidders["B"])
    filed = complain(small_office, ANSWERED, about)
    with refused(Conflict, "complained_already"):
        complain(small_office, ANSWERED, about)
    with refused(Conflict, "not_taken_up"):
        rule(small_office, ANSWERED, filed)
    with refused(Conflict, "suspends_nothing"):
        decide(small_office, ANSWERED, filed, taken_up=False, suspends=True)
    with refused(Unknown, "complaint_unknown"):
        decide(small_office, ANSWERED, {"complaint": "00" * 16})
    decide(small_office, ANSWERED, filed)
    with refused(Conflict, "decided_already"):
        decide(small_office, ANSWERED, filed)
    with refused(Unknown, "complaint_unknown"), small_office.at(ANSWERED) as unit:
        complaints.withdraw(unit, small_office.bidders["B"], TENDER, filed["complaint"])
    rule(small_office, ANSWERED, filed)
    for act in (rule, decide):
        with refused(Conflict, "complaint_over"):
            act(small_office, ANSWERED, filed)


def test_the_record_has_the_ruling_and_neither_the_complainant_nor_what_was_said(small_office: Office) -> None:
    filed = complain(small_office, ANSWERED, answered(small_office))
    decide(small_office, ANSWERED, filed)
    rule(small_office, ANSWERED, filed)
    with small_office.reading() as connection:
        kinds = ("complaint_filed", "complaint_decided", "complaint_ruled")
        bodies = [body for kind in kinds for body in recorded(connection, kind)]
    shown = canonical.dumps(bodies).decode()
    assert not [word for word in (*SAID.values(), small_office.codes()["A"], "符合受理条件") if word in shown]
    assert bodies[0]["commitment"] == commitment(filed["content"], bytes.fromhex(filed["salt"]))
    assert bodies[1]["rule_by"] == clock.text(beijing("2026-12-18 00:00"))
    assert bodies[2]["ruling"] == "驳回投诉。"


def test_who_reads_what(small_office: Office) -> None:
    """The agency reads what was taken up, without a name before the opening; others nothing."""
    about = answered(small_office)
    one, two, clerk = small_office.bidders["A"], small_office.bidders["B"], small_office.clerk
    with small_office.reading() as connection:
        assert views.windows(connection, one, TENDER, ANSWERED)[about["objection"]]["open"]
    filed = complain(small_office, ANSWERED, about)
    with small_office.reading() as connection:
        assert views.windows(connection, one, TENDER, ANSWERED) == {}
        assert views.seen(connection, clerk, TENDER) == []
        (duty,) = views.waiting(connection, ANSWERED)
        assert (duty["act"], duty["due"], duty["cites"]) == ("decide", filed["decide_by"], "招标投标法实施条例 61")
    decide(small_office, ANSWERED, filed)
    with small_office.reading() as connection:
        for reader in (one, small_office.supervisor):
            (shown,) = views.seen(connection, reader, TENDER)
            assert (shown["complaint"], shown["by"]["code"]) == (filed["complaint"], one.organisation)
        (shown,) = views.seen(connection, clerk, TENDER)
        assert (shown["facts"], shown["by"]) == (SAID["facts"], None)
        assert views.seen(connection, two, TENDER) == views.seen(connection, small_office.other, TENDER) == []
        (duty,) = views.waiting(connection, ANSWERED)
        assert (duty["act"], duty["due"]) == ("rule", clock.text(beijing("2026-12-18 00:00")))
    rule(small_office, ANSWERED, filed)
    with small_office.reading() as connection:
        assert views.waiting(connection, ANSWERED) == []


def test_fsck_finds_what_was_changed(small_office: Office) -> None:
    complain(small_office, ANSWERED, answered(small_office))
    with small_office.reading() as connection:
        assert list(check_objections(connection)) == []
        said = connection.scalars(select(rows.c.content)).one()
    for old, new, reason in (("漏项", "没有", "hash_wrong"), (small_office.codes()["A"], "9" * 18, "another_objector")):
        with small_office.engine.connect() as connection, connection.begin() as turned:
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS complaints_no_update")
            connection.execute(update(rows).values(content=said.replace(old, new)))
            assert any(reason in finding.en for finding in check_objections(connection))
            turned.rollback()
