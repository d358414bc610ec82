"""How a lot may end, and what must be gone by then: too few bids, no award, amendments, replaced and withdrawn bids."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api import jobs
from api.tools import bidder, record, trustee, uploads
from api.tools.client import Client, ServerRefused
from bidding import keysets, unseal
from bidding.acts import opening
from bidding.envelope import parse_front
from notary import chance, clock, signing
from notary.errors import Malformed
from tests.serving import Site, site
from tests.stage import Stage
from tests.story import keys
from tests.story.checking import check_dossier

pytestmark = pytest.mark.story

PRICES = ("3680000.00", "3650000.00", "3700000.00")


def staged(running: Site, folder: Path, prices: tuple[str, ...] = PRICES) -> Stage:
    """A published tender with bids."""
    stage = Stage(running, folder / "parties")
    stage.publish()
    running.tick()
    for number, price in enumerate(prices):
        stage.bid(stage.bidder(number), price)
    return stage


def sealed_parts(running: Site) -> set[str]:
    """The uploads of which bytes are in the store."""
    return {key.split("/")[1] for key in running.desk.store.keys("sealed/")}


def uploads_of(running: Site, condition: str) -> set[str]:
    """Uploads whose envelopes are as the condition says."""
    with running.desk.work.reading() as connection:
        query = f"SELECT upload FROM envelopes JOIN statements USING (statement) WHERE {condition}"
        return set(connection.exec_driver_sql(query).scalars())


def kinds(stage: Stage) -> list[str]:
    """The kinds of the tender's disclosed entries."""
    stage.settle()
    return [entry.kind for entry in record.of_tender(stage.site.client(), stage.tender)]


def test_too_few_bids_fail_the_lot_unopened(tmp_path: Path, database_url: str) -> None:
    with site(tmp_path / "home", database_url) as running:
        stage = staged(running, tmp_path, PRICES[:2])
        assert len(sealed_parts(running)) == 2
        stage.close()
        assert stage.stage() == "failed"
        found = kinds(stage)
        assert found.count("envelope_destroyed") == 2
        assert found[-1] == "lot_failed"
        assert "lot_opened" not in found
        stage.until(lambda: sealed_parts(running) == set())
        assert keys.refusal(stage, "T1", keys.release(stage, "T1")) == (409, "release_ended")
        assert stage.clerk.get(f"/tenders/{stage.tender}/opening")["bids"] is None
        report = check_dossier(stage, tmp_path)
        assert {o.number for o in report.outcomes if o.result == "not_applicable"} >= {11, 12, 13, 14, 15, 16}


def test_what_was_replaced_or_withdrawn_is_gone_before_the_first_key(tmp_path: Path, sqlite_url: str) -> None:
    with site(tmp_path / "home", sqlite_url, ticking=False) as running:
        stage = staged(running, tmp_path, (*PRICES, "3600000.00"))
        stage.bid(stage.bidder(1), "3640000.00", replace=True)
        stage.withdraw(stage.bidder(3))
        ended = uploads_of(running, "statement IN (SELECT replaces FROM statements)")
        assert len(ended) == 2
        assert ended < sealed_parts(running)
        stage.pass_until(stage.deadline() + timedelta(seconds=1))
        # A crash between the closing and the destruction, and a checkpoint that is out nevertheless.
        jobs.close(running.desk, stage.tender)
        running.desk.log.run()
        assert ended < sealed_parts(running)
        assert keys.refusal(stage, "T1", keys.release(stage, "T1")) == (503, "not_destroyed_yet")
        running.tick()
        assert len(sealed_parts(running)) == 3
        assert sealed_parts(running).isdisjoint(ended)
        for name in ("T1", "T2"):
            stage.release(name)
        running.tick()
        bids = stage.clerk.get(f"/tenders/{stage.tender}/opening")["bids"]
        assert [bid["values"]["price"] for bid in bids] == ["3680000.00", "3700000.00", "3640000.00"]
        running.tick()
        check_dossier(stage, tmp_path)


def test_the_tick_that_closes_destroys_before_the_checkpoint_is_out(tmp_path: Path, sqlite_url: str) -> None:
    with site(tmp_path / "home", sqlite_url, ticking=False) as running:
        stage = staged(running, tmp_path)
        stage.withdraw(stage.bidder(2))
        stage.bid(stage.bidder(3), "3600000.00")
        stage.pass_until(stage.deadline() + timedelta(seconds=1))
        running.tick()
        assert all(condition.met for condition in trustee.release_conditions(stage.trustees["T1"], stage.tender, "bid"))
        assert len(sealed_parts(running)) == 3


def test_after_an_amendment_old_bids_stand_and_new_ones_must_have_seen_it(tmp_path: Path, sqlite_url: str) -> None:
    with site(tmp_path / "home", sqlite_url) as running:
        stage = staged(running, tmp_path, PRICES[:2])
        old = record.latest_notice(record.of_tender(running.client(), stage.tender)).commitment.hex()
        proposed = stage.clerk.post(
            f"/tenders/{stage.tender}/amendments",
            {
                "reason": "补充图纸。",
                "affects_bids": True,
                "changes": {"scope": "路面改造 3.5 公里。"},
                "deadline": None,
            },
        )
        stage.approve(proposed)
        stage.settle()
        latest = record.latest_notice(record.of_tender(running.client(), stage.tender))
        assert latest.kind == "tender_amended"
        assert latest.commitment.hex() != old
        with pytest.raises(ServerRefused) as refused:
            submit_having_seen(stage, 2, old)
        assert (refused.value.reason, refused.value.field) == ("notice_not_latest", "statement.seen")
        assert refused.value.facts["latest"] == latest.commitment.hex()
        stage.bid(stage.bidder(2), PRICES[2])
        bids = stage.open()
        assert [(bid["outcome"], bid["values"]["price"]) for bid in bids] == [("opened", price) for price in PRICES]
        check_dossier(stage, tmp_path)


def submit_having_seen(stage: Stage, number: int, notice: str) -> None:
    """Hand in a bid whose statement names a notice of one's own choice."""
    own = stage.bidder(number)
    sealed = uploads.read_bid(stage.seal(own, "3000000.00"))
    upload, envelope = uploads.upload(own.client, sealed, lambda _done, _whole: None)
    statement = {
        "type": "sunbid/statement/1",
        "tender": stage.tender,
        "lot": "1",
        "bidder": own.code,
        "envelopes": {"bid": envelope},
        "key_sets": {"bid": sealed.front.header.base.key_set},
        "seen": notice,
        "replaces": None,
        "nonce": chance.token(16).hex(),
    }
    signed = signing.sign(statement, own.vault.signing_key("statement"))
    own.client.post(f"/tenders/{stage.tender}/bids", {"statement": signed, "uploads": {"bid": upload}})


def test_a_tender_without_award(tmp_path: Path, sqlite_url: str) -> None:
    """All bids turn out to be no good: the lot ends after its opening, and its record still verifies."""
    with site(tmp_path / "home", sqlite_url) as running:
        stage = staged(running, tmp_path)
        stage.open()
        stage.approve(
            stage.clerk.post(
                f"/tenders/{stage.tender}/failure", {"reason": "all_rejected", "detail": "全部投标被否决。"}
            )
        )
        assert stage.stage() == "failed"
        assert kinds(stage)[-1] == "lot_failed"
        check_dossier(stage, tmp_path)


def test_a_second_person_publishes_and_awards(tmp_path: Path, sqlite_url: str) -> None:
    with site(tmp_path / "home", sqlite_url) as running:
        stage = Stage(running, tmp_path / "parties")
        stage.draft()
        proposed = stage.clerk.post(f"/tenders/{stage.tender}/publication", {})
        stranger = running.client(running.person(stage.bidder(0).code, "agency")[1])
        assert refused_approval(stage, stage.clerk, proposed) == (403, "same_person")
        assert refused_approval(stage, stranger, proposed) == (404, "tender_unknown")
        assert refused_approval(stage, stage.second, {**proposed, "content": "00" * 32}) == (409, "content_changed")
        assert stage.stage() == "proposed"
        stage.approve(proposed)
        stage.settle()
        for number, price in enumerate(PRICES):
            stage.bid(stage.bidder(number), price)
        stage.open()
        winner = stage.evaluate()["ranked"][0]["bidder"]
        until = stage.clerk.post(f"/tenders/{stage.tender}/candidates", {})["objections_until"]
        with pytest.raises(ServerRefused) as early:
            stage.clerk.post(f"/tenders/{stage.tender}/award", {"winner": winner, "reason": None})
        assert early.value.reason == "rule_broken"
        stage.pass_until(clock.parse(until) + timedelta(seconds=1))
        award = stage.clerk.post(f"/tenders/{stage.tender}/award", {"winner": winner, "reason": None})
        assert refused_approval(stage, stage.clerk, award) == (403, "same_person")
        assert "lot_awarded" not in kinds(stage)
        stage.approve(award)
        assert kinds(stage)[-1] == "lot_awarded"
        check_dossier(stage, tmp_path)


def refused_approval(stage: Stage, client: Client, proposed: dict[str, Any]) -> tuple[int, str]:
    """Status and reason with which an approval is refused."""
    body = {"proposal": proposed["proposal"], "content": proposed["content"]}
    with pytest.raises(ServerRefused) as refused:
        client.post(f"/tenders/{stage.tender}/approvals", body)
    return refused.value.status, refused.value.reason


def test_a_recovery_file_opens_its_own_bid_and_no_other(tmp_path: Path, sqlite_url: str) -> None:
    with site(tmp_path / "home", sqlite_url) as running:
        stage = staged(running, tmp_path, PRICES[:1])
        recoveries = {}
        for number, price in enumerate(PRICES[1:], 1):
            own = stage.bidder(number)
            path, recovery = keys.seal_with_recovery(stage, own, price)
            bidder.submit(own, path, lambda _done, _whole: None)
            recoveries[own.code] = (recovery, price)
        stage.open()
        key_set = keysets.parse(stage.clerk.get(f"/tenders/{stage.tender}/key-set", kind="bid")["key_set"])
        envelopes = {one["bidder"]: one["id"] for one in stage.clerk.get(f"/tenders/{stage.tender}/envelopes")["items"]}
        for code, (recovery, price) in recoveries.items():
            part = stage.clerk.read(f"/tenders/{stage.tender}/envelopes/{envelopes[code]}/parts/0")
            front = parse_front(part)
            opened = unseal.with_form_key(front, key_set, code, bytes.fromhex(recovery["form_key"]))
            assert opened.values["price"] == price
            (other,) = (found for name, (found, _) in recoveries.items() if name != code)
            with pytest.raises(Malformed, match="wrap_differs"):
                unseal.with_form_key(front, key_set, code, bytes.fromhex(other["form_key"]))


def test_a_hold_after_the_last_key_stops_the_opening(tmp_path: Path, database_url: str) -> None:
    """Even when the tick that opens had already been told that the lot is due."""
    with site(tmp_path / "home", database_url, ticking=False) as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish()
        running.tick()
        for number, price in enumerate(PRICES):
            stage.bid(stage.bidder(number), price)
        stage.pass_until(stage.deadline() + timedelta(seconds=1))
        running.tick()
        for name in ("T1", "T2"):
            stage.release(name)
        hold(stage)
        running.tick()
        desk = running.desk
        assert opening.open_lot(desk.work, desk.store, stage.tender) is None
        assert stage.stage() == "closed"
        lift(stage)
        running.tick()
        assert stage.stage() == "opened"


def hold(stage: Stage) -> None:
    stage.supervisor.post(f"/tenders/{stage.tender}/holds", {"reason": "投诉调查。"})


def lift(stage: Stage) -> None:
    stage.supervisor.post(f"/tenders/{stage.tender}/lifts", {"reason": "投诉不成立。"})
