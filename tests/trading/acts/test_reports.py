"""The evaluation report: marks of each member, rejections, arithmetic, ranking, dissent; names for officials only."""

from __future__ import annotations

import json
from typing import Any

import pytest

from notary.errors import Unknown
from templates import facts as shapes
from tests.trading.acts.office import EVALUATED, ORIGIN, TENDER, Office, refused, scored
from tests.trading.acts.test_evaluation import PUBLICITY_ENDS, award, publish_candidates
from tests.trading.acts.test_papers import check_shape
from trading.acts import evaluation, reports
from trading.caller import Caller

DISSENT = "价格分公式不合理。"
REASON = "未附证书。"


def facts(office: Office, caller: Caller | None) -> dict[str, Any]:
    with office.reading() as connection:
        data = reports.report_facts(connection, caller, TENDER, origin=ORIGIN, demonstration=True)
    found: dict[str, Any] = json.loads(data)
    return found


@pytest.fixture
def evaluated(small_office: Office) -> Office:
    """C is rejected by three of five; one member gives B far less, and dissents."""
    office = small_office
    office.publish(draft=scored())
    opened, bids = office.open()
    codes = office.codes()
    with refused(Unknown, "report_unknown"):
        facts(office, office.clerk)
    for number, expert in enumerate(office.seat()):
        given = {codes[name]: {"technical": text} for name, text in (("A", "60.00"), ("B", "50.00"), ("C", "40.00"))}
        more: dict[str, Any] = {}
        if number < 3:
            more["rejections"] = [{"bidder": codes["C"], "clause": "51-6", "reason": REASON}]
        if number == 4:
            given[codes["B"]] = {"technical": "20.00"}
            more["dissent"] = DISSENT
        office.score(expert, opened, given, more)
    with office.at(EVALUATED) as unit:
        evaluation.evaluate(unit, office.clerk, TENDER, offers=bids)
    return office


def test_a_report_says_who_gave_what_and_what_came_of_it(evaluated: Office) -> None:
    report = facts(evaluated, evaluated.clerk)
    check_shape(report, shapes.EvaluationReport)
    assert {one["name"] for one in report["members"]} == {"某人"}
    assert [one["dissent"] for one in report["members"] if one["dissent"]] == [DISSENT]
    assert [one["result"]["zh"] for one in report["reviewed"]] == ["通过", "通过", "否决"]
    assert report["reviewed"][2]["written"] == [REASON]
    assert report["reviewed"][2]["reason"]["zh"].endswith("：3 / 5")
    (marks,) = report["marks"]
    assert [row[0] for row in marks["table"]["rows"]] == ["投标人A", "投标人B", "投标人C"]
    assert sorted(marks["table"]["rows"][1][1:]) == ["20.00", "50.00", "50.00", "50.00", "50.00"]
    assert [one[1:] for one in report["outliers"]] == [["投标人B", "技术", "20.00", "50.00"]]
    assert [(row["bidder"], row["rank"]) for row in report["scores"]["rows"]] == [("投标人A", 1), ("投标人B", 2)]
    assert report["arithmetic"][1]["lines"][-1] == "总分 = 44.00 + 29.19 = 73.19"
    assert [one["bidder"] for one in report["candidates"]] == ["投标人A", "投标人B"]
    assert report["conclusion"][0]["zh"].startswith("1 名成员写明了不同意见")


def test_names_of_members_are_for_officials_alone_and_nothing_later_changes_a_report(evaluated: Office) -> None:
    official = facts(evaluated, evaluated.supervisor)
    assert official == facts(evaluated, evaluated.clerk)
    public = facts(evaluated, None)
    for caller in (evaluated.other, evaluated.bidders["A"], evaluated.experts[0]):
        assert facts(evaluated, caller) == public
    assert {one["name"] for one in public["members"]} == {f"评委 {number}" for number in range(1, 6)}
    assert "某人" not in json.dumps(public, ensure_ascii=False)
    publish_candidates(evaluated)
    award(evaluated, PUBLICITY_ENDS, evaluated.codes()["A"])
    assert facts(evaluated, None) == public
