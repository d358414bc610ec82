"""A dossier of a real server with anything changed does not pass; an operator who lies with its own keys is found."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import Connection, select

from api.tools import bidder, uploads
from api.tools import keys as signing_keys
from api.tools.client import ServerRefused
from bidding.acts import closing, opening, submission
from bidding.rows import statements
from notary import canonical, chance, receipts, signing, verify
from notary.errors import Conflict
from notary.rows import AnyRow
from tests.notary import tampering
from tests.notary.verifying import dossier_report, failed, refused
from tests.serving import Site, site
from tests.stage import Stage, vault
from tests.story import keys
from tests.story.checking import anchors_of, check_dossier

pytestmark = pytest.mark.story

SHARES = 4
PRICES = ("3680000.00", "3650000.00", "3700000.00")
SCORED = {
    "method": "comprehensive",
    "criteria": {
        "price_marks": "60.00",
        "parts": [{"name": "technical", "zh": "技术", "en": "Technical", "marks": "40.00"}],
        "adjustments": [],
        "ties": ["price"],
        "candidates": 3,
    },
}


@dataclass(frozen=True)
class Record:
    """What a server left of one tender that went to its award."""

    dossier: bytes
    anchors: verify.Anchors
    log: Path


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """Scored by experts; with bids that were replaced, withdrawn, spoiled, late."""
    folder = tmp_path_factory.mktemp("record")
    with site(folder / "home", f"sqlite:///{folder / 'sunbid.sqlite'}") as running:
        stage = Stage(running, folder / "parties")
        stage.publish(evaluation=SCORED)
        stage.settle()
        for number, price in enumerate(PRICES):
            stage.bid(stage.bidder(number), price)
        stage.bid(stage.bidder(1), "3640000.00", replace=True)
        stage.bid(stage.bidder(3), "3600000.00")
        stage.withdraw(stage.bidder(3))
        spoiled = keys.seal_with_a_bad_wrap(stage, stage.bidder(4), 2)
        bidder.submit(stage.bidder(4), spoiled, lambda _done, _whole: None)
        path = stage.seal(stage.bidder(5), "3500000.00")
        uploads.upload(stage.bidder(5).client, uploads.read_bid(path), lambda _done, _whole: None)
        stage.pass_until(stage.deadline() + timedelta(seconds=1))
        late = bidder.submit(stage.bidder(5), path, lambda _done, _whole: None)
        assert late["acceptance"]["object"]["type"] == receipts.REFUSAL
        stage.open("T1", "T3")
        ranking = stage.evaluate(marked)
        stage.award(ranking["ranked"][0]["bidder"])
        check_dossier(stage, folder)
        return Record(stage.dossier(), anchors_of(stage), running.desk.settings.home / "log")


def marked(blank: dict[str, Any]) -> dict[str, Any]:
    """Every bid gets its marks."""
    return {**blank, "scores": {code: {"technical": "31.50"} for code in blank["scores"]}}


def passing(folder: Path, record: Record, copies: Iterator[tuple[str, bytes]]) -> list[str]:
    """Names of the copies that the verifier did not refuse."""
    return [name for name, copy in copies if not refused(dossier_report(folder, copy, record.anchors))]


@pytest.mark.parametrize("share", range(SHARES))
def test_every_field(share: int, record: Record, tmp_path: Path) -> None:
    assert passing(tmp_path, record, tampering.frame_edits(record.dossier, 1, share=(share, SHARES))) == []


#: Five hundred bits where lies would pay, and some of what is easy.
BITS = {
    "leaves": 100,
    "checkpoints": 100,
    "entries": 100,
    "scores": 100,
    "envelopes": 100,
    "consistency": 20,
    "documents": 20,
}


@pytest.mark.parametrize(("part", "count"), BITS.items())
def test_random_bits(part: str, count: int, record: Record, tmp_path: Path) -> None:
    """The first check that fails is the one for what was changed; or the file is no dossier any more.

    Beside it, what is held against the anchors may be no longer there to be found: that is check 1.
    """
    unreadable = 0
    for name, copy in tampering.part_flips(record.dossier, part, 2, count):
        report = dossier_report(tmp_path, copy, record.anchors)
        assert refused(report), name
        if report is None:
            unreadable += 1
        else:
            assert min(failed(report) - {1}) == tampering.CHECKED_BY[part], name
    # Bits of JSON that is none any more show no check at work.
    assert unreadable < count * 2 / 3


def test_random_bits_of_the_log(record: Record, tmp_path: Path) -> None:
    """The server's own folder, as a mirror would have it; a bit of a note may be one that makes it no note."""
    rng = random.Random(3)
    log = tmp_path / "log"
    shutil.copytree(record.log, log)
    assert verify.verify_log(verify.Folder(log), record.anchors, None).exit_code() == 0
    tiles, found = sorted(path for path in log.rglob("*") if path.is_file() and path.name != "checkpoint"), set()
    for path in [*rng.choices(tiles, k=200), *[log / "checkpoint"] * 50]:
        sound = path.read_bytes()
        data = bytearray(sound)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(data)
        try:
            report = verify.verify_log(verify.Folder(log), record.anchors, None)
        except verify.Unreadable:
            assert path.name == "checkpoint"
        else:
            assert refused(report)
            assert (2 if path.name == "checkpoint" else 3) in failed(report), path
            found.add(path.name)
        path.write_bytes(sound)
    assert "checkpoint" in found


def test_files(record: Record, tmp_path: Path) -> None:
    assert passing(tmp_path, record, tampering.file_edits(record.dossier)) == []


def test_a_dossier_made_with_other_keys(record: Record, tmp_path: Path, sqlite_url: str) -> None:
    """The same tender, origin and names, remade whole with a log, trustees and bidders of one's own."""
    with site(tmp_path / "home", sqlite_url) as running:
        stage = played(running, tmp_path)
        check_dossier(stage, tmp_path)
        report = dossier_report(tmp_path, stage.dossier(), record.anchors)
        assert report is not None
        assert failed(report) >= {1, 2, 6}


# An operator who lies: it has the log key, and writes what it likes.

Standing = Callable[[Connection, str], Sequence[AnyRow]]


def played(running: Site, folder: Path) -> Stage:
    """Three bids, opened by whatever the operator's code is at the moment."""
    stage = Stage(running, folder / "parties")
    stage.publish()
    stage.settle()
    for number, price in enumerate(PRICES):
        stage.bid(stage.bidder(number), price)
    stage.open()
    return stage


@contextmanager
def standing(lie: Callable[[Connection, Sequence[AnyRow]], Sequence[AnyRow]]) -> Iterator[None]:
    """Closing and opening take for the bids that stand what `lie` makes of them."""
    honest = closing.standing_bids

    def told(connection: Connection, tender: str) -> Sequence[AnyRow]:
        return lie(connection, honest(connection, tender))

    with patch.object(closing, "standing_bids", told), patch.object(opening, "standing_bids", told):
        yield


def report_on(stage: Stage, folder: Path, hidden: Sequence[str] = ()) -> verify.Report:
    """The report on the dossier, from which the operator leaves out the entries of these receipts."""
    members = tampering.unpacked(stage.dossier())
    frame = json.loads(members["dossier.json"])
    frame["entries"] = [entry for entry in frame["entries"] if entry["body"].get("receipt") not in hidden]
    copy = tampering.packed(members | {"dossier.json": canonical.dumps(frame)})
    report = dossier_report(folder, copy, anchors_of(stage))
    assert report is not None
    return report


def report_on_receipt(stage: Stage, folder: Path, number: int, receipt: dict[str, Any]) -> verify.Report:
    """A bidder holds its receipt against the dossier that `report_on` has left in the folder."""
    stage.settle()
    own = stage.bidder(number)
    proved, _ = bidder.proved_receipt(own, bidder.number_of(receipt))
    key = own.vault.public_key("statement")
    return verify.verify_receipt(canonical.dumps(proved), anchors_of(stage), folder / "dossier.zip", [key])


def number_of(receipt: dict[str, Any]) -> str:
    found: str = receipt["acceptance"]["object"]["receipt"]
    return found


def published(running: Site, folder: Path) -> tuple[Stage, list[dict[str, Any]]]:
    """A tender with four bids and their receipts."""
    stage = Stage(running, folder / "parties")
    stage.publish()
    stage.settle()
    prices = [*PRICES, "3600000.00"]
    return stage, [stage.bid(stage.bidder(number), price) for number, price in enumerate(prices)]


def test_a_bid_left_out_of_the_closing_list(tmp_path: Path, sqlite_url: str) -> None:
    with site(tmp_path / "home", sqlite_url) as running:
        stage, kept = published(running, tmp_path)
        victim = stage.bidder(3).code
        with standing(lambda _, rows: [row for row in rows if row.bidder != victim]):
            assert victim not in [bid["bidder"] for bid in stage.open()]
        assert failed(report_on(stage, tmp_path)) >= {9}
        # With its acceptance left out of the dossier too, the bidder's own receipt is the evidence.
        assert failed(report_on(stage, tmp_path, [number_of(kept[3])])) == set()
        assert failed(report_on_receipt(stage, tmp_path, 3, kept[3])) == {5}
        assert failed(report_on_receipt(stage, tmp_path, 0, kept[0])) == set()


def test_an_old_statement_brought_back(tmp_path: Path, sqlite_url: str) -> None:
    """The bidder has lowered its price; the operator opens the old bid."""
    with site(tmp_path / "home", sqlite_url) as running:
        stage, _ = published(running, tmp_path)
        victim = stage.bidder(3).code
        later = stage.bid(stage.bidder(3), "3500000.00", replace=True)

        def older(connection: Connection, rows: Sequence[AnyRow]) -> Sequence[AnyRow]:
            first = connection.execute(
                select(statements).where(statements.c.bidder == victim, statements.c.replaces == submission.NONE)
            ).one()
            return [first if row.bidder == victim else row for row in rows]

        with standing(older), patch.object(closing, "_ended", lambda _connection, _tender: []):
            assert "3600000.00" in [bid["values"]["price"] for bid in stage.open()]
        assert failed(report_on(stage, tmp_path)) >= {9}
        assert failed(report_on(stage, tmp_path, [number_of(later)])) == set()
        assert failed(report_on_receipt(stage, tmp_path, 3, later)) == {5}


def test_a_key_registered_in_a_bidders_name(tmp_path: Path, sqlite_url: str) -> None:
    """Whoever may register keys withdraws a bid with one; nothing in the record is wrong, but nobody endorsed it."""
    with site(tmp_path / "home", sqlite_url) as running:
        stage, kept = published(running, tmp_path)
        victim = stage.bidder(3)
        _, token = running.person(victim.code, "bidder")
        client, own = running.client(token), vault()
        own.add_signing_key("statement", chance.token())
        with pytest.raises(ServerRefused, match="endorsement_missing"):
            signing_keys.register(client, own, victim.anchors, "statement")
        proof = signing_keys.proof(own, victim.anchors, victim.code, "statement")
        stage.administrator.post("/keys/replacements", {"proof": proof, "reason": "密钥丢失"})
        with pytest.raises(Conflict, match="key_unknown"):
            stage.withdraw(victim)
        own.know(victim.vault.public_key("statement").hex())
        stage.withdraw(bidder.bidder(client, own, victim.anchors))
        assert victim.code not in [bid["bidder"] for bid in stage.open()]
        report = report_on(stage, tmp_path)
        assert (report.exit_code(), report.outcomes[6].result) == (3, "not_checked")
        assert own.public_key("statement").hex() in report.outcomes[6].en
        evidence = report_on_receipt(stage, tmp_path, 3, kept[3])
        assert failed(evidence) == {5}
        assert evidence.outcomes[4].en.startswith("a key that is not the bidder's ended the bid")


def test_a_withdrawal_invented(tmp_path: Path, sqlite_url: str) -> None:
    """The operator has no key of the bidder's: the statement that would end its bid does not verify."""
    with site(tmp_path / "home", sqlite_url) as running:
        stage, kept = published(running, tmp_path)
        victim = stage.bidder(3)
        withdrawal = {
            "type": "sunbid/withdrawal/1",
            "tender": stage.tender,
            "lot": "1",
            "bidder": victim.code,
            "replaces": signing.object_id(kept[3]["entry"]["body"]["statement"]["object"]),
            "nonce": chance.token(16).hex(),
        }
        body = {"receipt": chance.token(16).hex(), "statement": signing.sign(withdrawal, running.desk.receipt_key)}
        with running.desk.work.unit() as unit:
            unit.record("bid_withdrawn", stage.tender, "1", body, disclosed=False)
        with standing(lambda _, rows: [row for row in rows if row.bidder != victim.code]):
            stage.open()
        assert failed(report_on(stage, tmp_path)) >= {7}
        assert failed(report_on_receipt(stage, tmp_path, 3, kept[3])) == {5}
