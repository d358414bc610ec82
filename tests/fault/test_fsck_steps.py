"""No false alarm: fsck finds nothing at any step of a tender, while the server serves, and each dossier verifies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from api import upkeep
from api.tools import agency, expert, trustee
from notary import clock
from tests.serving import site
from tests.stage import Stage
from tests.story.checking import check_dossier
from trading.rows import proposals

pytestmark = pytest.mark.fault

PRICES = ("3680000.00", "3650000.00", "3700000.00")


@pytest.fixture
def stage(tmp_path: Path, sqlite_url: str) -> Iterator[Stage]:
    with site(tmp_path / "home", sqlite_url) as running:
        yield Stage(running, tmp_path / "parties")


def check(stage: Stage) -> None:
    assert upkeep.fsck(stage.site.desk.settings) == []


def prove(stage: Stage) -> None:
    """From the closing on there is a dossier too."""
    check(stage)
    check_dossier(stage, stage.folder)


def bids(stage: Stage, count: int = 3) -> None:
    stage.publish()
    stage.settle()
    for number, price in enumerate(PRICES[:count]):
        stage.bid(stage.bidder(number), price)


def test_up_to_the_deadline(stage: Stage) -> None:
    check(stage)
    stage.draft()
    check(stage)
    proposed = stage.clerk.post(f"/tenders/{stage.tender}/publication", {})
    check(stage)
    stage.approve(proposed)
    check(stage)
    stage.settle()
    change = {"reason": "更正", "affects_bids": False, "changes": {"ceiling": "3970000.00"}}
    proposed = agency.amend(stage.clerk, stage.tender, change, stage.folder)
    check(stage)
    stage.approve(proposed)
    check(stage)
    trustee.rehearse(stage.trustees["T1"], stage.tender, "bid")
    stage.bid(stage.bidder(0), PRICES[0])
    check(stage)
    stage.bid(stage.bidder(0), PRICES[1], replace=True)
    stage.withdraw(stage.bidder(0))
    check(stage)


def test_from_the_closing_to_the_award(stage: Stage) -> None:
    bids(stage)
    stage.close()
    prove(stage)
    stage.release("T1")
    prove(stage)
    stage.release("T2")
    prove(stage)
    stage.until(lambda: stage.stage() == "opened")
    prove(stage)
    for client, own in stage.experts():
        expert.sign(client, own, stage.tender, expert.blank(client, stage.tender))
    prove(stage)
    ranking = stage.clerk.post(f"/tenders/{stage.tender}/evaluation", {"draw": None})
    prove(stage)
    body = stage.clerk.post(f"/tenders/{stage.tender}/candidates", {})
    prove(stage)
    stage.pass_until(clock.parse(body["objections_until"]))
    wanted = {"winner": ranking["ranked"][0]["bidder"], "reason": None}
    proposed = stage.clerk.post(f"/tenders/{stage.tender}/award", wanted)
    prove(stage)
    stage.approve(proposed)
    prove(stage)


def test_too_few_bids(stage: Stage) -> None:
    bids(stage, 2)
    stage.close()
    assert stage.stage() == "failed"
    prove(stage)


def test_held_lifted_and_cancelled(stage: Stage) -> None:
    bids(stage)
    stage.supervisor.post(f"/tenders/{stage.tender}/holds", {"reason": "投诉"})
    check(stage)
    stage.pass_until(stage.deadline())
    check(stage)
    stage.supervisor.post(f"/tenders/{stage.tender}/lifts", {"reason": "驳回"})
    stage.until(lambda: stage.stage() == "closed")
    prove(stage)
    why = {"reason": "plan_changed", "detail": "计划变更"}
    stage.approve(stage.clerk.post(f"/tenders/{stage.tender}/failure", why))
    assert stage.stage() in {"failed", "cancelled"}
    prove(stage)


def test_a_lot_cancelled_before_its_first_bid_and_that_two_persons_did_it(stage: Stage) -> None:
    stage.publish()
    why = {"reason": "plan_changed", "detail": "计划变更"}
    stage.approve(stage.clerk.post(f"/tenders/{stage.tender}/failure", why))
    assert stage.stage() == "cancelled"
    check(stage)
    with stage.site.desk.work.unit() as unit:
        unit.connection.execute(delete(proposals).where(proposals.c.act == "failure"))
    assert [finding.invariant for finding in upkeep.fsck(stage.site.desk.settings)] == ["I12"]
