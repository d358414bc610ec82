"""Letters to those who have not won: each its own marks, rank and rejection, and nobody else's; once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from notary.errors import Conflict, Unknown
from templates import facts as shapes
from tests.trading.acts.office import EVALUATED, ORIGIN, PRICES, TENDER, Office, load, recorded, refused, scored
from tests.trading.acts.test_evaluation import PUBLICITY_ENDS, award, publish_candidates
from tests.trading.acts.test_papers import check_shape
from trading import procedures
from trading.acts import evaluation, result_letters
from trading.facts import result
from trading.views import agency as agency_views
from trading.views import result_letters as views

REASON = "未附项目经理注册证书。"


@pytest.fixture
def awarded(office: Office) -> Office:
    """A wins by weighted scoring, B is second, C is rejected by three of five."""
    office.publish(draft=scored())
    opened, bids = office.open()
    codes = office.codes()
    for number, expert in enumerate(office.seat()):
        given = {codes[name]: {"technical": text} for name, text in (("A", "60.00"), ("B", "51.00"), ("C", "40.00"))}
        rejections = [{"bidder": codes["C"], "clause": "51-6", "reason": REASON}] if number < 3 else []
        office.score(expert, opened, given, {"rejections": rejections})
    with office.at(EVALUATED) as unit:
        evaluation.evaluate(unit, office.clerk, TENDER, offers=bids)
    publish_candidates(office)
    return office


def facts(office: Office, name: str) -> dict[str, Any]:
    with office.reading() as connection:
        data = result_letters.letter_facts(connection, TENDER, office.codes()[name], origin=ORIGIN, demonstration=True)
    found: dict[str, Any] = json.loads(data)
    return found


def test_each_loser_is_told_its_own_result_and_nobody_elses(awarded: Office) -> None:
    with awarded.reading() as connection:
        assert result_letters.addressees(connection, load(connection)) == {}
    with refused(Unknown, "result_letter_unknown"):
        facts(awarded, "B")
    award(awarded, PUBLICITY_ENDS, awarded.codes()["A"])
    with awarded.reading() as connection:
        assert list(result_letters.addressees(connection, load(connection)).values()) == ["投标人B", "投标人C"]
    with refused(Unknown, "result_letter_unknown"):
        facts(awarded, "A")
    second, rejected = facts(awarded, "B"), facts(awarded, "C")
    for letter in (second, rejected):
        check_shape(letter, shapes.ResultLetter)
    assert second["title"]["zh"] == "中标结果通知书"
    told = {part["title"]["zh"]: part for part in second["sections"]}
    assert list(told) == ["中标人和中标价", "贵单位的投标", "贵单位的评审得分", "贵单位的排序", "异议和投诉"]
    assert told["贵单位的评审得分"]["table"]["rows"] == [
        ["技术 Technical", "70.00", "51.00"],
        ["价格 Price", "30.00", "29.19"],
        ["总分 Total", "", "80.19"],
    ]
    assert told["贵单位的排序"]["fields"][0]["value"]["zh"] == "第 2 名（共 2 名）"
    assert "已于2026年11月30日（星期一）届满" in told["异议和投诉"]["paragraphs"][0]["zh"]
    told = {part["title"]["zh"]: part for part in rejected["sections"]}
    assert list(told) == ["中标人和中标价", "贵单位的投标", "否决投标的条款和理由", "异议和投诉"]
    assert told["否决投标的条款和理由"]["paragraphs"][0]["zh"].endswith("：3 / 5")
    assert [one["value"] for one in told["否决投标的条款和理由"]["fields"]] == [REASON]
    # Of the others there is the winner's name and price alone.
    for letter, own, others in ((second, "B", "C"), (rejected, "C", "B")):
        text = json.dumps(letter, ensure_ascii=False)
        assert f"投标人{own}" in text
        assert not [one for one in (f"投标人{others}", awarded.codes()[others], PRICES[others]) if one in text]
        assert "60.00" not in text
        assert "90.00" not in text


def test_a_letter_says_why_a_later_rank_was_chosen(awarded: Office) -> None:
    award(awarded, PUBLICITY_ENDS, awarded.codes()["B"], "第一名放弃中标")
    (rank,) = [part for part in facts(awarded, "A")["sections"] if part["title"]["zh"] == "贵单位的排序"]
    assert rank["fields"][1]["value"] == "第一名放弃中标"


def test_a_letter_is_issued_once_and_read_by_its_addressee_alone(awarded: Office) -> None:
    entry = award(awarded, PUBLICITY_ENDS, awarded.codes()["A"])
    codes, before = awarded.codes(), facts(awarded, "B")
    with awarded.at(PUBLICITY_ENDS) as unit:
        for caller, to in ((awarded.other, "B"), (awarded.bidders["B"], "B"), (awarded.clerk, "A")):
            with refused(Unknown, "result_letter_unknown"):
                result_letters.issue(unit, caller, TENDER, codes[to], sha256="ab" * 32, size=9)
        result_letters.issue(unit, awarded.clerk, TENDER, codes["B"], sha256="ab" * 32, size=9)
        result_letters.issue(unit, awarded.clerk, TENDER, codes["B"], sha256="ab" * 32, size=9)
        with refused(Conflict, "issued_already"):
            result_letters.issue(unit, awarded.clerk, TENDER, codes["B"], sha256="cd" * 32, size=9)
        (body,) = recorded(unit.connection, "result_told")
    assert body == {
        "author": awarded.clerk.organisation,
        "award": entry.commitment().hex(),
        "bidder": codes["B"],
        "media_type": "application/pdf",
        "sha256": "ab" * 32,
        "size": 9,
        "disclosed": True,
    }
    assert facts(awarded, "B") == before
    with awarded.reading() as connection:
        readers = {
            "agency": (awarded.clerk, ["B", "C"]),
            "supervisor": (awarded.supervisor, ["B", "C"]),
            "addressee": (awarded.bidders["B"], ["B"]),
            "another loser": (awarded.bidders["C"], ["C"]),
            "winner": (awarded.bidders["A"], []),
            "another agency": (awarded.other, []),
        }
        for name, (caller, expected) in readers.items():
            seen = views.seen(connection, caller, TENDER)
            assert [one["bidder"] for one in seen] == [codes[one] for one in expected], name
            if "B" in expected:
                assert views.issued(connection, caller, TENDER, codes["B"]) == {"sha256": "ab" * 32, "size": 9}
            else:
                with refused(Unknown, "result_letter_unknown"):
                    views.issued(connection, caller, TENDER, codes["B"])
        with refused(Unknown, "result_letter_unknown"):
            views.issued(connection, awarded.clerk, TENDER, codes["C"])
        # Five papers and one letter are still to be signed.
        (duty,) = [one for one in agency_views.duties(connection, None, [load(connection)]) if one.kind == "sign"]
        assert duty.number == 5


@pytest.mark.parametrize("procedure", procedures.catalogue(), ids=lambda one: one.name)
def test_every_item_of_a_letter_can_be_written(procedure: Any) -> None:
    notice = procedure.notices.get(result.NOTICE)
    assert notice is None or {item.key for item in notice.items} <= result.SECTIONS.keys()
