"""Each procedure of the catalogue whole, from the draft to the award, on both databases; verifier and fsck pass it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from api import upkeep
from api.tools import bidder
from tests.serving import site
from tests.stage import BY_PRICE, VALUES, Stage
from tests.story.test_tampering import SCORED
from trading import procedures

VERIFIER = Path(__file__).parents[2] / "notary" / "verify.py"
#: What differs from the usual draft (tests/stage.py).
CHANGES = {
    "construction-open": {},
    "procurement-open": {"procedure": "procurement-open", "subject": "goods", "title": "测试校服采购"},
}
BENCHMARK = {
    "trim": [{"bids": 3, "highest": 1, "lowest": 0}],
    "mean_factor": "100.00",
    "ceiling_factor": "100.00",
    "ceiling_share": "0.00",
    "above": "2.00",
    "below": "0.00",
}
LATER = {"name": "upkeep", "zh": "养护费", "en": "Upkeep", "first": 1, "last": 10}
EVALUATIONS = {
    "comprehensive": SCORED,
    "comprehensive_benchmark": {
        "method": "comprehensive_benchmark",
        "criteria": SCORED["criteria"] | {"benchmark": BENCHMARK},  # type: ignore[operator]  # both are objects
    },
    "life_cycle_cost": {
        "method": "life_cycle_cost",
        "criteria": BY_PRICE | {"life_cycle": {"discount": "5.00", "costs": [LATER]}},
    },
    "lowest_evaluated_price": {"method": "lowest_evaluated_price", "criteria": BY_PRICE},
}

pytestmark = pytest.mark.story


def test_no_procedure_is_left_out() -> None:
    assert {one.name for one in procedures.catalogue()} == set(CHANGES) == set(VALUES)


@pytest.mark.parametrize(
    ("name", "method"), [(one.name, way.name) for one in procedures.catalogue() for way in one.methods]
)
def test_it_runs_whole_and_verifies(tmp_path: Path, database_url: str, name: str, method: str) -> None:
    with site(tmp_path / "home", database_url) as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish(**CHANGES[name], evaluation=EVALUATIONS[method])
        object_to(stage, "documents")
        for number, price in enumerate(["3680000.00", "3650000.00", "3610000.00"]):
            stage.bid(stage.bidder(number), price)
        stage.open()
        object_to(stage, "opening")
        opened = bidder.opening(stage.bidder(0), stage.tender)["opened"]
        bidder.confirm(stage.bidder(0), stage.tender, opened)
        winner = stage.evaluate(marked)["ranked"][0]["bidder"]
        assert winner == stage.bidder(2).code
        if stage.has_publicity():
            stage.publish_candidates()
            object_to(stage, "result")
        stage.award(winner)
        if not stage.has_publicity():
            object_to(stage, "result")
        assert stage.stage() == "awarded"
        perform(stage)
        assert stage.stage() == "completed"
        dossier, anchors = tmp_path / "dossier.zip", tmp_path / "anchors.json"
        dossier.write_bytes(stage.dossier())
        anchors.write_text(json.dumps(stage.anchors()))
        settings = running.desk.settings
    done = subprocess.run(
        [sys.executable, "-I", VERIFIER, dossier, "--anchors", anchors], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert winner in done.stdout
    assert upkeep.fsck(settings) == []


def perform(stage: Stage) -> None:
    """The contract, a supplement, a milestone, a payment, the acceptance."""
    terms = stage.contract()
    path, today = f"/tenders/{stage.tender}/contract", {"on": stage.today(), "detail": "按合同"}
    supplement = {"price": terms["price"], "ends_on": "2029-06-30", "reason": "延长履行期限"}
    stage.clerk.post(f"{path}/changes", supplement | {"documents": [stage.document("补充合同.pdf", b"%PDF-1.7 2")]})
    for step in ({"what": "milestone"}, {"what": "payment", "amount": terms["price"]}):
        stage.clerk.post(f"{path}/performance", step | today)
    stage.clerk.post(
        f"{path}/end", today | {"result": "completed", "documents": [stage.document("验收书.pdf", b"%PDF-1.7 3")]}
    )


def object_to(stage: Stage, against: str) -> None:
    """Somebody objects, and is answered."""
    path = f"/tenders/{stage.tender}"
    said = {"against": against, "facts": "事实", "basis": "依据", "request": "请求"}
    filed = stage.bidder(1).client.post(f"{path}/objections", said)
    answer = {"objection": filed["objection"], "outcome": "dismissed", "answer": "理由不成立。"}
    stage.clerk.post(f"{path}/objection-answers", answer)


def marked(blank: dict[str, Any]) -> dict[str, Any]:
    """Every bid gets its marks, where there are any to give."""
    given = {code: dict.fromkeys(criteria, "31.50") for code, criteria in blank["scores"].items()}
    return {**blank, "scores": given}
