"""Views: who sees drafts, pages without gaps, and nothing of bids."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, event

from notary import canonical
from notary.errors import Forbidden, Malformed, Unknown
from tests.trading.acts.office import DEADLINE, PLAN, TENDER, Office, content, load, refused
from tests.trading.examples import CONSTRUCTION, NOON
from trading.acts import tenders
from trading.views import tenders as tender_views


def test_a_draft_is_for_its_agency_and_its_trustees(office: Office) -> None:
    with office.at(NOON) as unit:
        tenders.draft(unit, office.clerk, content())
    with office.reading() as connection:
        assert tender_views.tender(connection, office.chief, TENDER)["stage"] == "draft"
        assert tender_views.tender(connection, None, TENDER, party=True)["stage"] == "draft"
        for caller in (None, office.other, office.bidders["A"], office.buyer):
            with refused(Unknown, "tender_unknown"):
                tender_views.tender(connection, caller, TENDER)
            assert tender_views.tenders(connection, caller) == ([], None)
        assert [one["tender"] for one in tender_views.tenders(connection, office.clerk)[0]] == [TENDER]


def test_a_published_tender_is_for_all(small_office: Office) -> None:
    entry = small_office.publish()
    with small_office.reading() as connection:
        shown = tender_views.tender(connection, None, TENDER)
        listed, following = tender_views.tenders(connection, None)
    assert shown["notice"] == entry.commitment().hex()
    assert shown["procedure_version"] == CONSTRUCTION.version
    assert shown["criteria"] == entry.body["evaluation"]
    assert shown["agency"] == {"code": small_office.clerk.organisation, "name": "测试单位1"}
    assert following is None
    assert listed[0] == {key: shown[key] for key in listed[0]}
    canonical.dumps([shown, listed])


def test_pages_have_no_gaps_and_no_query_for_each_row(office: Office) -> None:
    """Three of the seven were made at the same moment."""
    codes = [f"YZ-431102-GC-2026-{number:04d}" for number in range(7)]
    for number, code in enumerate(codes):
        office.publish(NOON + timedelta(seconds=max(0, number - 2)), content(tender=code))
    seen: list[str] = []
    statements: list[str] = []
    event.listen(office.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    with office.reading() as connection:
        cursor = None
        while True:
            page, cursor = tender_views.tenders(connection, None, cursor=cursor, limit=2)
            seen += [one["tender"] for one in page]
            if cursor is None:
                break
    assert seen == codes[::-1]
    assert len([one for one in statements if one.startswith("SELECT")]) == 4


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ({"limit": 0}, "limit_wrong"),
        ({"limit": 201}, "limit_wrong"),
        ({"cursor": ""}, "cursor_wrong"),
        ({"cursor": "1-'; DROP TABLE tenders"}, "cursor_wrong"),
        ({"cursor": "９-YZ-0001"}, "cursor_wrong"),
    ],
)
def test_a_wrong_page_is_refused(small_office: Office, page: dict[str, object], reason: str) -> None:
    with small_office.reading() as connection, refused(Malformed, reason):
        tender_views.tenders(connection, None, **page)  # type: ignore[arg-type]  # wrong on purpose


def test_public_and_agency_see_the_same_with_and_without_bids(office: Office) -> None:
    """Entries that are not disclosed change no answer, up to and after the closing."""
    office.publish()
    answers = []
    for bids in (0, 1, 10):
        with office.at(NOON) as unit:
            for _ in range(bids):
                unit.record("bid_accepted", TENDER, "1", {"receipt": "ab" * 16}, disclosed=False)
        with office.reading() as connection:
            answers.append(_all(connection, office))
    assert answers[0] == answers[1] == answers[2]
    with office.at(DEADLINE) as unit:
        tenders.close(unit, load(unit.connection))
        assert b"ab" * 16 not in _all(unit.connection, office)


def _all(connection: Connection, office: Office) -> bytes:
    return canonical.dumps(
        [
            [
                tender_views.tender(connection, caller, TENDER),
                tender_views.tenders(connection, caller)[0],
                tender_views.questions(connection, caller, TENDER),
                tender_views.papers(connection, TENDER),
            ]
            for caller in (None, office.clerk, office.supervisor)
        ]
    )


def test_documents_are_public_once_published(office: Office) -> None:
    sha256 = PLAN["sha256"]
    with office.at(NOON) as unit:
        tenders.draft(unit, office.clerk, content())
        assert tender_views.document(unit.connection, office.chief, sha256) == {"sha256": sha256, "size": 1000}
        for caller in (None, office.other):
            with refused(Unknown, "document_unknown"):
                tender_views.document(unit.connection, caller, sha256)
    office.publish(draft=content(tender="YZ-2"))
    with office.reading() as connection:
        assert tender_views.document(connection, None, sha256)["size"] == 1000


def test_people_are_told_who_they_are(small_office: Office) -> None:
    with small_office.reading() as connection:
        assert tender_views.person(connection, small_office.clerk) == {
            "person": small_office.clerk.person,
            "name": "某人",
            "organisation": small_office.clerk.organisation,
            "roles": ["agency"],
        }
        with refused(Forbidden, "sign_in"):
            tender_views.person(connection, None)
        tender_views.check_person(connection, small_office.clerk.person)
        with refused(Unknown, "person_unknown"):
            tender_views.check_person(connection, "00" * 16)
