"""Papers: which there are, facts in the shapes that templates take, always the same, issued once by their author."""

from __future__ import annotations

import json
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

import pytest
from sqlalchemy import Connection

from notary.errors import Conflict, Unknown
from templates import facts as shapes
from templates import render
from tests.trading.acts.office import DEADLINE, OPENED, ORIGIN, TENDER, Office, load, recorded, refused
from tests.trading.acts.test_evaluation import PUBLICITY_ENDS, award, publish_candidates
from tests.trading.examples import NOON, beijing
from trading import procedures
from trading.acts import papers
from trading.facts import notice
from trading.views import tenders as tender_views

SHAPES: dict[str, Any] = {
    "tender_notice": shapes.TenderNotice,
    "opening_record": shapes.OpeningRecord,
    "candidates_notice": shapes.CandidatesNotice,
    "award_letter": shapes.AwardLetter,
}
NAMES = ["tender_notice_0", "tender_notice_1", "opening_record", "candidates_notice", "award_letter"]


@pytest.fixture
def awarded(small_office: Office) -> Office:
    """A tender with every paper: published, amended with a moved deadline, opened, evaluated, awarded."""
    small_office.publish()
    small_office.amend(beijing("2026-11-08 10:00"), {"scope": "改为 3 公里。"})
    small_office.judge()
    publish_candidates(small_office)
    award(small_office, PUBLICITY_ENDS, small_office.codes()["A"])
    return small_office


def facts(connection: Connection, name: str, **more: Any) -> dict[str, Any]:
    _, data = papers.paper_facts(connection, TENDER, name, origin=ORIGIN, demonstration=True, **more)
    found: dict[str, Any] = json.loads(data)
    return found


def test_each_act_calls_for_its_paper(awarded: Office) -> None:
    with awarded.reading() as connection:
        found = papers.expected(connection, TENDER)
    assert [paper.name for paper in found] == NAMES
    assert {paper.author for paper in found} == {awarded.clerk.organisation}


def test_facts_are_of_the_shape_that_their_template_takes(awarded: Office) -> None:
    with awarded.reading() as connection:
        for name in NAMES:
            template, data = papers.paper_facts(connection, TENDER, name, origin=ORIGIN, demonstration=True)
            check_shape(json.loads(data), SHAPES[template])


def check_shape(value: Any, shape: Any) -> None:
    """The value has the members of a typed dictionary, all and no others, down to the leaves."""
    if is_typeddict(shape):
        assert set(value) == set(get_type_hints(shape)), shape
        for name, inner in get_type_hints(shape).items():
            check_shape(value[name], inner)
    elif get_origin(shape) is list:
        for one in value:
            check_shape(one, get_args(shape)[0])
    elif get_args(shape):
        fitting = [one for one in get_args(shape) if fits(value, one)]
        assert len(fitting) == 1, (value, shape)
        check_shape(value, fitting[0])
    else:
        assert type(value) is shape, (value, shape)


def fits(value: Any, shape: Any) -> bool:
    """Which member of a union is meant."""
    if is_typeddict(shape):
        return isinstance(value, dict) and set(value) == set(get_type_hints(shape))
    return isinstance(value, get_origin(shape) or shape)


@pytest.mark.filterwarnings("ignore:unclosed file .*sRGB2014:ResourceWarning")  # WeasyPrint 70 leaves it open
def test_every_paper_renders(awarded: Office) -> None:
    with awarded.reading() as connection:
        found = [papers.paper_facts(connection, TENDER, name, origin=ORIGIN, demonstration=True) for name in NAMES]
    assert [data[:5] for data in render.pdfs(found)] == [b"%PDF-"] * len(NAMES)


def test_the_same_record_gives_the_same_bytes(awarded: Office) -> None:
    """What is recorded later, a late key among it, changes no paper."""
    with awarded.reading() as connection:
        before = [facts(connection, name) for name in NAMES]
    with awarded.at(PUBLICITY_ENDS) as unit:
        release = {"release": {"object": {"trustee": "T3"}, "signature": ""}}
        unit.record("key_released", TENDER, "1", release, disclosed=True)
    with awarded.reading() as connection:
        assert [facts(connection, name) for name in NAMES] == before


def test_a_paper_states_its_own_moment(awarded: Office) -> None:
    """The first notice says what was published, also after it was amended."""
    with awarded.reading() as connection:
        first, second = facts(connection, "tender_notice_0"), facts(connection, "tender_notice_1")
        record = facts(connection, "opening_record")
    assert (first["issued_text"], first["title"]["zh"]) == ("2026年11月03日（星期二）12:00", "招标公告")
    assert (second["title"]["zh"], second["sections"][0]["paragraphs"]) == (
        "澄清（修改）公告",
        [{"zh": "图纸有误", "en": ""}],
    )
    assert "全长 2.86 公里。" in json.dumps(first, ensure_ascii=False)
    assert "改为 3 公里。" in json.dumps(second, ensure_ascii=False)
    assert record["issued_at"] == "2026-11-24T01:40:00.000000Z"


def test_the_opening_record_has_every_bid(awarded: Office) -> None:
    known = {
        "trustees": {"T1": {"name": "公证处", "identity": "ab" * 32}},
        "refused": [{"bidder": awarded.codes()["C"], "moment": "2026-11-24T01:30:00.840000Z", "reason": "late"}],
    }
    with awarded.reading() as connection:
        record = facts(connection, "opening_record", opening=known)
    assert [bid["bidder"] for bid in record["bids"]] == ["投标人A", "投标人B", "投标人C"]
    assert record["bids"][0]["values"][0] == {"yuan": "3600000.00", "upper": "人民币叁佰陆拾万元整"}
    assert [one["trustee"] for one in record["trustees"]] == ["公证处", "T2", "T3"]
    assert [(one["bidder"], one["moment"]) for one in record["not_opened"]] == [("测试单位12", "2026-11-24 09:30:00")]


def test_the_award_letter_names_price_and_time_for_the_contract(awarded: Office) -> None:
    with awarded.reading() as connection:
        letter = facts(connection, "award_letter")
    assert letter["price"] == {"yuan": "3600000.00", "upper": "人民币叁佰陆拾万元整"}
    assert letter["winner_code"] == awarded.codes()["A"]
    assert letter["fields"][-1]["value"] == "2026年12月31日（星期四）"


@pytest.mark.parametrize("procedure", procedures.catalogue(), ids=lambda one: one.name)
def test_every_item_of_a_notice_can_be_written(procedure: Any) -> None:
    keys = [item.key for item in procedure.notices["tender"].items] + list(procedure.amendable.fields)
    assert [key for key in keys if not notice.covered(key)] == []


def test_the_author_issues_a_paper_once(office: Office) -> None:
    entry = office.publish()
    with office.at(NOON) as unit:
        with refused(Unknown, "paper_unknown"):
            papers.issue(unit, office.other, TENDER, "tender_notice_0", sha256="ab" * 32, size=9)
        with refused(Unknown, "paper_unknown"):
            papers.issue(unit, office.clerk, TENDER, "opening_record", sha256="ab" * 32, size=9)
        papers.issue(unit, office.clerk, TENDER, "tender_notice_0", sha256="ab" * 32, size=9)
        with refused(Conflict, "issued_already"):
            papers.issue(unit, office.clerk, TENDER, "tender_notice_0", sha256="cd" * 32, size=9)
        (body,) = recorded(unit.connection, "document_issued")
        shown = tender_views.papers(unit.connection, TENDER)
        file = tender_views.paper(unit.connection, TENDER, "tender_notice_0")
    assert body == {
        "author": office.clerk.organisation,
        "entry": entry.commitment().hex(),
        "media_type": "application/pdf",
        "name": "tender_notice_0",
        "sha256": "ab" * 32,
        "size": 9,
        "disclosed": True,
    }
    assert [(one["name"], one["sha256"], one["unsigned"]) for one in shown] == [("tender_notice_0", "ab" * 32, False)]
    assert file == {"sha256": "ab" * 32, "size": 9}


def test_there_is_no_opening_record_before_the_opening(small_office: Office) -> None:
    small_office.publish()
    for name in ("opening_record", "candidates_notice", "award_letter", "tender_notice_1", "../etc"):
        with small_office.reading() as connection, refused(Unknown, "paper_unknown"):
            facts(connection, name)
    with small_office.reading() as connection:
        assert load(connection).deadline == DEADLINE < OPENED
