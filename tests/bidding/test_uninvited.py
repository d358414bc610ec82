"""A lot to which bidders are invited, asked with requests made by hand: nobody else gets in, and each no is signed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api import upkeep
from api.tools import bidder as tool
from api.tools.bidder import Bidder
from api.tools.client import ServerRefused
from bidding.acts import submission
from bidding.acts.submission import MAX_REFUSALS
from bidding.statements import Signed
from notary import signing
from notary.errors import Conflict
from notary.rows import entries
from notary.work import Lock
from tests.bidding.hand import UNKNOWN, Town
from tests.serving import site
from tests.stage import Stage
from trading.caller import Caller


def sent(town: Town, own: Bidder, **changes: Any) -> ServerRefused:
    """A bid of somebody who has uploaded nothing, and how it was refused."""
    with pytest.raises(ServerRefused) as refused:
        town.submit(own, UNKNOWN, town.statement(own, "ab" * 32, **changes))
    return refused.value


def test_who_is_not_invited(tmp_path: Path, database_url: str) -> None:
    with site(tmp_path / "home", database_url) as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish(procedure="construction-invited", invited=stage.invited(0, 1, 2))
        town, stranger = Town(stage), stage.bidder(7)
        path = f"/tenders/{stage.tender}"
        assert stranger.client.get(f"{path}/bids/own")["invited"] is False
        assert stage.bidder(0).client.get(f"{path}/bids/own")["invited"] is True

        # Nothing is uploaded, and a signed bid is refused with a signed receipt.
        body = {"kind": "bid", "part_sizes": [100, 10]}
        town.refused((403, "not_invited", "tender"), stranger.client.post, f"{path}/uploads", body)
        refusal = sent(town, stranger)
        assert (refusal.status, refusal.reason) == (409, "not_invited")
        receipt = refusal.facts["receipt"]
        checked = tool.check(stranger, receipt)
        assert (checked.refused, receipt["acceptance"]["object"]["reason"]) == (True, "not_invited")
        number = tool.number_of(receipt)
        assert tool.proved_receipt(stranger, number)[1].proved
        # So is a withdrawal of what was never there.
        with pytest.raises(ServerRefused) as refused:
            town.withdraw(stranger, "cd" * 32)
        assert refused.value.reason == "not_invited"
        # After so many it is told, and not recorded again.
        for _ in range(MAX_REFUSALS - 2):
            sent(town, stranger)
        town.refused(
            (403, "not_invited", "statement"), town.submit, stranger, UNKNOWN, town.statement(stranger, "ab" * 32)
        )

        # Once it is invited its bid is taken as any other's.
        stage.invite(7)
        assert stranger.client.get(f"{path}/bids/own")["invited"] is True
        for own, price in ((stage.bidder(0), "3680000.00"), (stage.bidder(1), "3650000.00"), (stranger, "3600000.00")):
            stage.bid(own, price)
        with running.desk.work.reading() as connection:
            hidden = select(entries.c.disclosed).where(entries.c.kind.in_(("bidders_invited", "bid_refused")))
            assert set(connection.scalars(hidden)) == {False}
        assert {one["bidder"] for one in stage.open()} == {stage.bidder(n).code for n in (0, 1, 7)}
        record = running.client().get(f"{path}/record")["items"]
        lists = [one["body"]["bidders"] for one in record if one["head"]["kind"] == "bidders_invited"]
        assert lists == [sorted(stage.bidder(n).code for n in (0, 1, 2)), [stranger.code]]
        assert upkeep.fsck(running.desk.settings) == []


def test_too_few_of_them_bid(tmp_path: Path, sqlite_url: str) -> None:
    """There is no opening: the lot fails, and who was invited stays undisclosed."""
    with site(tmp_path / "home", sqlite_url) as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish(procedure="construction-invited", invited=stage.invited(0, 1, 2))
        for number in (0, 1):
            stage.bid(stage.bidder(number), "3680000.00")
        stage.close()
        assert stage.stage() == "failed"
        stage.settle()
        kinds = {one["head"]["kind"] for one in running.client().get(f"/tenders/{stage.tender}/record")["items"]}
        assert "lot_failed" in kinds
        assert "bidders_invited" not in kinds
        assert upkeep.fsck(running.desk.settings) == []


def test_a_bid_read_before_its_bidder_was_invited(tmp_path: Path, sqlite_url: str) -> None:
    """It has uploaded nothing: the invitation that comes in between does not make a bid of it."""
    with site(tmp_path / "home", sqlite_url) as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish(procedure="construction-invited", invited=stage.invited(0, 1, 2))
        town, own = Town(stage), stage.bidder(7)
        signed = signing.sign(town.statement(own, "ab" * 32), own.vault.signing_key("statement"))
        caller = Caller(person="ab" * 16, organisation=own.code, roles=frozenset({"bidder"}))
        with running.desk.work.reading() as connection:
            given = Signed(object=signed["object"], signature=signed["signature"])
            prepared = submission.prepare_bid(
                connection, running.desk.store, caller, stage.tender, given, {"bid": UNKNOWN}
            )
        stage.invite(7)
        with pytest.raises(Conflict, match="invited_just_now"), running.desk.work.unit(Lock(stage.tender)) as unit:
            submission.accept(unit, caller, prepared, running.desk.signer)
