"""Objections: taken until the moment the law names, answered once, and nothing goes on before the answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from notary import canonical, clock
from notary.errors import Conflict, Forbidden, Held, Malformed, TooLate, TooMuch, Unknown
from notary.work import Unit
from tests.trading.acts.office import DEADLINE, OPENED, TENDER, Office, content, load, recorded, refused
from tests.trading.examples import CONSTRUCTION, NOON, PROCUREMENT, beijing
from trading import agenda, calendar
from trading import objections as terms
from trading.acts import evaluation, objections, tenders
from trading.caller import Caller
from trading.fsck.objections import check_objections
from trading.objections import Against, Moments
from trading.remedy_rows import objections as rows
from trading.views import objections as views

CUTOFF = beijing("2026-11-15 00:00")
CANDIDATES_AT = beijing("2026-11-27 10:00")
PUBLICITY_ENDS = beijing("2026-12-01 00:00")
ANSWERED = beijing("2026-11-30 09:00")
INSTANT = timedelta(microseconds=1)
SAID = {"facts": "清单第 12 项漏项", "basis": "招标文件第三章", "request": "更正清单"}
Act = Callable[[Unit], Any]


def file(office: Office, moment: datetime, against: Against = "documents", by: Caller | None = None) -> dict[str, Any]:
    with office.at(moment) as unit:
        return objections.file(unit, by or office.bidders["A"], TENDER, against=against, **SAID)


def answer(office: Office, moment: datetime, filed: dict[str, Any], by: Caller | None = None) -> Any:
    with office.at(moment) as unit:
        about = filed["objection"]
        return objections.answer(unit, by or office.clerk, TENDER, about, outcome="dismissed", text="不成立")


def publicity(office: Office) -> None:
    """Up to the candidates' publication."""
    office.publish()
    office.judge()
    with office.at(CANDIDATES_AT) as unit:
        evaluation.publish_candidates(unit, office.clerk, TENDER)


def test_objections_to_the_documents_are_taken_until_ten_days_before_the_deadline(office: Office) -> None:
    office.publish()
    file(office, CUTOFF - INSTANT)
    with pytest.raises(TooLate) as refusal:
        file(office, CUTOFF)
    assert (refusal.value.reason, refusal.value.cites) == ("objection_late", "招标投标法实施条例 22")
    assert refusal.value.facts["until"] == clock.text(CUTOFF)


def test_a_later_deadline_gives_more_time(small_office: Office) -> None:
    small_office.publish()
    small_office.amend(NOON + timedelta(days=1), {"scope": "改线"}, deadline=DEADLINE + timedelta(days=3))
    file(small_office, CUTOFF + timedelta(days=3) - INSTANT)
    with refused(TooLate, "objection_late"):
        file(small_office, CUTOFF + timedelta(days=3))


def test_the_record_has_neither_the_objector_nor_what_was_said(office: Office) -> None:
    office.publish()
    filed = file(office, NOON + timedelta(days=1))
    with office.reading() as connection:
        (body,) = recorded(connection, "objection_filed")
        shown = canonical.dumps([body, views.seen(connection, office.clerk, TENDER)]).decode()
        assert office.bidders["A"].organisation not in shown
        assert "测试单位10" not in shown
    assert body == {
        "against": "documents",
        "answer_by": clock.text(beijing("2026-11-10 00:00")),
        "commitment": terms.commitment(filed["content"], bytes.fromhex(filed["salt"])),
        "disclosed": True,
        "objection": filed["objection"],
        "suspends": True,
    }
    assert not {"facts", "basis", "request"} & body.keys()


def test_nothing_goes_on_before_the_answer(office: Office) -> None:
    """The deadline comes and passes: bids are late, but the lot is not closed, and the closing follows the answer."""
    office.publish()
    filed = file(office, CUTOFF - INSTANT)
    with office.reading() as connection:
        assert agenda.due(connection, DEADLINE) == []
    with refused(Held, "objection_unanswered"), office.at(DEADLINE) as unit:
        tenders.close(unit, load(unit.connection))
    answer(office, DEADLINE + timedelta(hours=1), filed)
    with office.reading() as connection:
        assert agenda.due(connection, DEADLINE + timedelta(hours=1)) == [(TENDER, "close")]
    with office.at(DEADLINE + timedelta(hours=1)) as unit:
        tenders.close(unit, load(unit.connection))


def test_the_answer_to_the_documents_is_public_and_stands_once(office: Office) -> None:
    office.publish()
    filed = file(office, NOON + timedelta(days=1))
    with refused(Unknown, "tender_unknown"):
        answer(office, NOON + timedelta(days=2), filed, office.other)
    with refused(Unknown, "objection_unknown"):
        answer(office, NOON + timedelta(days=2), {"objection": "00" * 16})
    entry = answer(office, NOON + timedelta(days=2), filed)
    assert (entry.body["answer"], entry.body["outcome"]) == ("不成立", "dismissed")
    with refused(Conflict, "answered_already"):
        answer(office, NOON + timedelta(days=2), filed)


def test_objections_to_the_opening_are_made_on_the_spot(small_office: Office) -> None:
    small_office.publish()
    small_office.open()
    filed = file(small_office, OPENED + timedelta(minutes=30) - INSTANT, "opening")
    assert (filed["suspends"], filed["answer_by"]) == (False, clock.text(OPENED + timedelta(minutes=60) - INSTANT))
    with refused(TooLate, "objection_late"):
        file(small_office, OPENED + timedelta(minutes=30), "opening")
    assert answer(small_office, OPENED + timedelta(minutes=35), filed).body["answer"] == "不成立"


def test_no_award_before_the_answer(office: Office) -> None:
    publicity(office)
    filed = file(office, PUBLICITY_ENDS - INSTANT, "result")
    with refused(TooLate, "objection_late"):
        file(office, PUBLICITY_ENDS, "result")
    winner = office.codes()["A"]
    with refused(Held, "objection_unanswered"), office.at(PUBLICITY_ENDS) as unit:
        evaluation.propose_award(unit, office.clerk, TENDER, winner)
    entry = answer(office, PUBLICITY_ENDS, filed)
    assert entry.body["answer"] is None
    with office.at(PUBLICITY_ENDS) as unit:
        evaluation.propose_award(unit, office.clerk, TENDER, winner)


def test_each_objection_has_its_time(small_office: Office) -> None:
    small_office.publish()
    for against in ("opening", "result"):
        with refused(Conflict, "nothing_to_object"):
            file(small_office, NOON, against)
    with refused(Forbidden, "own_tender"):
        file(small_office, NOON, by=small_office.clerk)
    small_office.open()
    with refused(Conflict, "nothing_to_object"):
        file(small_office, OPENED, "documents")


def test_who_reads_what(small_office: Office) -> None:
    publicity(small_office)
    filed = file(small_office, CANDIDATES_AT, "result")
    one, two = small_office.bidders["A"], small_office.bidders["B"]
    with small_office.reading() as connection:
        for reader in (one, small_office.clerk, small_office.supervisor):
            (shown,) = views.seen(connection, reader, TENDER)
            assert (shown["objection"], shown["by"]["code"]) == (filed["objection"], one.organisation)
        assert views.seen(connection, two, TENDER) == views.seen(connection, small_office.other, TENDER) == []
        assert [own["objection"] for own in views.own(connection, one)] == [filed["objection"]]
        (window,) = views.windows(connection, TENDER, PUBLICITY_ENDS)
        assert (window["against"], window["until"], window["over"]) == ("result", clock.text(PUBLICITY_ENDS), True)


@pytest.mark.parametrize("field", ["facts", "basis", "request"])
@pytest.mark.parametrize("text", ["", "  ", "字" * 20_001])
def test_every_field_is_filled_in(small_office: Office, field: str, text: str) -> None:
    small_office.publish()
    with small_office.at(NOON) as unit, pytest.raises(Malformed) as refusal:
        objections.file(unit, small_office.bidders["A"], TENDER, against="documents", **SAID | {field: text})
    assert refusal.value.field == field


def test_an_organisation_objects_so_often_and_no_more(small_office: Office) -> None:
    small_office.publish()
    for _ in range(objections.MAX_OBJECTIONS):
        file(small_office, NOON)
    with refused(TooMuch, "objections_many"):
        file(small_office, NOON)
    file(small_office, NOON, by=small_office.bidders["B"])


def test_fsck_finds_what_was_changed(small_office: Office) -> None:
    small_office.publish()
    answer(small_office, NOON, file(small_office, NOON))
    with small_office.reading() as connection:
        assert list(check_objections(connection)) == []
        said = connection.scalars(select(rows.c.content)).one()
    for old, new, reason in (("漏项", "没有", "hash_wrong"), (small_office.codes()["A"], "9" * 18, "another_objector")):
        with small_office.engine.connect() as connection, connection.begin() as turned:
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS objections_no_update")
            connection.execute(update(rows).values(content=said.replace(old, new)))
            assert any(reason in finding.en for finding in check_objections(connection))
            turned.rollback()


def test_a_challenge_counts_from_the_end_of_the_notice() -> None:
    """政府采购法 52: seven working days from the end of the notice, for the documents and for the result."""
    at = beijing("2026-11-02 10:00")  # a Monday
    moments = Moments(DEADLINE, DEADLINE, at, None, None, at)
    for against, until in (("documents", "2026-11-19 00:00"), ("result", "2026-11-13 00:00")):
        found = terms.window(PROCUREMENT, calendar.china(), against, moments)  # type: ignore[arg-type]  # of a tuple
        assert found is not None
        assert (found.until, found.cites) == (beijing(until), "政府采购法 52")
    assert not terms.suspends(PROCUREMENT, "result")
    assert terms.suspends(CONSTRUCTION, "result")
    assert content()["procedure"] == CONSTRUCTION.name
