"""Experts drawn by agency, supervisor and operator: a whole tender, over HTTP, on SQLite and on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.tools import draws, expert
from api.tools.client import Client
from api.tools.vault import Vault
from tests.serving import site
from tests.stage import AGENCY, Stage
from tests.story.checking import check_dossier

pytestmark = pytest.mark.story

BRIDGES, COSTS = "桥梁工程", "工程造价"


def seat(stage: Stage, persons: list[str], buyer: str) -> None:
    members = [{"person": person, "role": "expert"} for person in persons]
    members.append({"person": buyer, "role": "buyer"})
    stage.clerk.post(f"/tenders/{stage.tender}/committee", {"members": members})


def sign_all(stage: Stage, members: list[tuple[Client, Vault]]) -> None:
    for client, own in members:
        expert.sign(client, own, stage.tender, expert.blank(client, stage.tender))


def test_a_drawn_committee_with_a_recusal_and_a_withheld_value_verifies(tmp_path: Path, database_url: str) -> None:
    with site(tmp_path / "home", database_url) as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish()
        for number, price in enumerate(("3680000.00", "3650000.00", "3700000.00")):
            stage.bid(stage.bidder(number), price)
        pool = {one[0]: one for one in [*stage.admit(9, BRIDGES), *stage.admit(5, COSTS)]}
        buyer = stage.expert(AGENCY)
        stage.open()

        stage.call_draw((BRIDGES, 3), (COSTS, 1))
        parties = stage.drawers()
        for client, own, anchors in parties.values():
            stage.settle()
            draws.commit(client, own, anchors, stage.tender)
        agency, supervisor, operator = parties
        for party in (agency, operator):
            stage.settle()
            draws.reveal(*parties[party], stage.tender)
        stage.clerk.post(f"/tenders/{stage.tender}/draw-withheld", {"of": supervisor})
        stage.settle()
        draws.reveal(*parties[operator], stage.tender)

        drawn = [one["person"] for one in stage.clerk.items(f"/tenders/{stage.tender}/draws/seated")]
        assert len(set(drawn)) == 4 and set(drawn) <= pool.keys()
        seat(stage, drawn, buyer[0])
        away = pool[drawn[0]]
        away[1].post(f"/tenders/{stage.tender}/declarations", {"recused": True, "reason": "亲属在投标人处任职"})
        stage.clerk.post(
            f"/tenders/{stage.tender}/draw-replacements", {"person": drawn[0], "reason": "recused"}
        )
        after = [one["person"] for one in stage.clerk.items(f"/tenders/{stage.tender}/draws/seated")]
        assert after[1:] == drawn[1:] and after[0] not in drawn
        seat(stage, after, buyer[0])
        members = [pool[person][1:] for person in after] + [buyer[1:]]
        for client, _ in members:
            client.post(f"/tenders/{stage.tender}/declarations", {"recused": False})
        sign_all(stage, members)
        stage.clerk.post(f"/tenders/{stage.tender}/evaluation", {"draw": None})
        stage.award(stage.bidder(1).code)
        report = check_dossier(stage, tmp_path)
        (outcome,) = [one for one in report.outcomes if one.name[1] == "draw"]
        assert (outcome.result, outcome.en) == ("passed", "4 seats drawn again alike, 1 replaced")
