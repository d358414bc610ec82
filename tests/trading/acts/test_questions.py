"""Questions: in time, answered once and to all, and nobody learns who asked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notary import canonical, clock
from notary.errors import Conflict, Malformed, TooLate, Unknown
from tests.trading.acts.office import TENDER, Office, content, recorded, refused
from tests.trading.examples import NOON
from trading.acts import questions, tenders
from trading.views import tenders as tender_views

CUTOFF = clock.parse(content()["questions_until"])


def test_the_last_moment_and_the_next(small_office: Office) -> None:
    small_office.publish()
    with small_office.at(CUTOFF - timedelta(microseconds=1)) as unit:
        questions.ask(unit, small_office.bidders["A"], TENDER, "工期从何日起算？")
    with pytest.raises(TooLate) as refusal, small_office.at(CUTOFF) as unit:
        questions.ask(unit, small_office.bidders["A"], TENDER, "工期从何日起算？")
    assert (refusal.value.reason, refusal.value.cites) == ("questions_over", "招标投标法实施条例 22")
    assert refusal.value.facts == {"until": clock.text(CUTOFF)}


def test_the_answer_goes_to_all_without_the_asker(office: Office) -> None:
    office.publish()
    asker = office.bidders["A"]
    with office.at(NOON) as unit:
        question = questions.ask(unit, asker, TENDER, "工期从何日起算？")
        assert tender_views.questions(unit.connection, office.clerk, TENDER)[0]["answer"] is None
        assert tender_views.questions(unit.connection, None, TENDER) == []
        assert tender_views.questions(unit.connection, asker, TENDER) == []
    with office.at(NOON) as unit:
        entry = questions.answer(unit, office.clerk, TENDER, question, "自开工令之日起。")
    assert entry.body == {"answer": "自开工令之日起。", "question": "工期从何日起算？"}
    with office.reading() as connection:
        shown = tender_views.questions(connection, None, TENDER)
        told = canonical.dumps([shown, tender_views.questions(connection, office.clerk, TENDER), entry.disclosed()])
        assert recorded(connection, "question_answered")[0]["disclosed"] is True
    assert [one["leaf"] for one in shown] == [entry.commitment().hex()]
    assert asker.organisation.encode() not in told
    assert asker.person.encode() not in told


def test_a_question_is_answered_once_by_its_agency(small_office: Office) -> None:
    small_office.publish()
    with small_office.at(NOON) as unit:
        question = questions.ask(unit, small_office.bidders["A"], TENDER, "问")
        with refused(Unknown, "tender_unknown"):
            questions.answer(unit, small_office.other, TENDER, question, "答")
        with refused(Unknown, "question_unknown"):
            questions.answer(unit, small_office.clerk, TENDER, "00" * 16, "答")
        questions.answer(unit, small_office.clerk, TENDER, question, "答")
        with refused(Conflict, "answered_already"):
            questions.answer(unit, small_office.clerk, TENDER, question, "另答")


@pytest.mark.parametrize("text", ["", "  \n", "a\x00b", "长" * 20_001, "re\u202eversed"])
def test_a_text_that_is_none_is_refused(small_office: Office, text: str) -> None:
    small_office.publish()
    with pytest.raises(Malformed), small_office.at(NOON) as unit:
        questions.ask(unit, small_office.bidders["A"], TENDER, text)


def test_a_draft_takes_no_questions(small_office: Office) -> None:
    with small_office.at(NOON) as unit:
        tenders.draft(unit, small_office.clerk, content())
        with refused(Unknown, "tender_unknown"):
            questions.ask(unit, small_office.bidders["A"], TENDER, "问")
