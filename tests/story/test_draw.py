"""Experts drawn by agency, supervisor and operator: a whole tender, over HTTP, on SQLite and on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.tools import draws, expert
from api.tools.client import ServerRefused
from tests.serving import site
from tests.stage import Stage
from tests.story.checking import check_dossier

pytestmark = pytest.mark.story

BRIDGES, COSTS = "桥梁工程", "工程造价"


def test_a_drawn_committee_with_a_recusal_and_a_withheld_value_verifies(tmp_path: Path, database_url: str) -> None:
    with site(tmp_path / "home", database_url) as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish()
        for number, price in enumerate(("3680000.00", "3650000.00", "3700000.00")):
            stage.bid(stage.bidder(number), price)
        pool = {one[0]: one for one in [*stage.admit(9, BRIDGES), *stage.admit(5, COSTS)]}
        stage.open()

        stage.call_draw((BRIDGES, 3), (COSTS, 1))
        parties = stage.drawers()
        stage.settle()
        for client, own, anchors in parties.values():
            draws.commit(client, own, anchors, stage.tender)
        agency, supervisor, operator = parties
        stage.settle()
        for party in (agency, operator):
            draws.reveal(*parties[party], stage.tender)
        stage.clerk.post(f"/tenders/{stage.tender}/draw-withheld", {"of": supervisor})
        stage.settle()
        draws.reveal(*parties[operator], stage.tender)

        drawn = stage.drawn()
        assert len(set(drawn)) == 4
        assert set(drawn) <= pool.keys()
        stage.seat_drawn()
        away = pool[drawn[0]]
        away[1].post(f"/tenders/{stage.tender}/declarations", {"recused": True, "reason": "亲属在投标人处任职"})
        stage.clerk.post(f"/tenders/{stage.tender}/draw-replacements", {"person": drawn[0], "reason": "recused"})
        member, key = stage._pool[drawn[1]]
        with pytest.raises(ServerRefused, match="not_the_drawn"):
            expert.sign(member, key, stage.tender, expert.blank(member, stage.tender))
        after = stage.drawn()
        assert after[1:] == drawn[1:]
        assert after[0] not in drawn
        stage.evaluate(members=stage.seat_drawn())
        stage.award(stage.bidder(1).code)
        report = check_dossier(stage, tmp_path)
        (outcome,) = [one for one in report.outcomes if one.name[1] == "draw"]
        assert (outcome.result, outcome.en) == ("passed", "4 seats drawn again alike, 1 replaced")
