"""The verifier on receipts, alone and held against a dossier."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest

from notary import verify
from tests.notary.dossier_builder import Story
from tests.notary.tampering import altered, at, walk
from tests.notary.verifying import anchors_of, failed, results
from tests.notary.world import LOT, TENDER, World, public, signed, text


def report_on(
    receipt: dict[str, Any], world: World, *, key: str | None = None, dossier: Path | None = None, anchored: bool = True
) -> verify.Report:
    bidder_keys = [bytes.fromhex(key)] if key else []
    anchors = anchors_of(world) if anchored else None
    return verify.verify_receipt(json.dumps(receipt).encode(), anchors, dossier, bidder_keys)


def receipt_of(world: World, story: Story, number: int = 1) -> tuple[dict[str, Any], str]:
    """A receipt with proof, and its bidder's key."""
    receipt = story.receipt(number)
    return receipt, public(story.keys[receipt["acceptance"]["object"]["bidder"]])


def test_a_receipt_by_itself() -> None:
    world = World(1)
    receipt, key = receipt_of(world, Story(world, until="bid"))
    report = report_on(receipt, world, key=key)
    assert results(report) == {1: "passed", 2: "passed", 3: "passed", 4: "passed", 5: "not_applicable"}
    assert report.exit_code() == 0


def test_what_is_missing_is_not_a_pass() -> None:
    world = World(1)
    receipt, key = receipt_of(world, Story(world, until="bid"))
    assert results(report_on(receipt, world))[3] == "not_checked"
    assert results(report_on(receipt | {"proof": None}, world, key=key))[4] == "not_checked"
    unanchored = report_on(receipt, world, key=key, anchored=False)
    assert (results(unanchored)[1], results(unanchored)[4]) == ("not_checked", "not_checked")
    for report in (report_on(receipt, world), report_on(receipt | {"proof": None}, world, key=key), unanchored):
        assert report.exit_code() == 3


@pytest.mark.parametrize("number", range(7))
def test_every_receipt_against_the_dossier(number: int, tmp_path: Path) -> None:
    """Standing, replaced, withdrawn, and the withdrawal itself."""
    world = World(2)
    story = Story(world)
    (tmp_path / "d.zip").write_bytes(story.dossier())
    report = report_on(story.receipt(number), world, dossier=tmp_path / "d.zip")
    assert set(results(report).values()) == {"passed"}


@pytest.mark.parametrize(("until", "number"), [("close", n) for n in range(7)] + [("failure", n) for n in range(5)])
def test_no_accusation_before_the_bids_are_disclosed(until: str, number: int, tmp_path: Path) -> None:
    """What was replaced or withdrawn is in no list, and why is not public yet: that is no evidence of anything."""
    world = World(2)
    story = Story(world, bidders=4 if until == "close" else 2, until=until)
    (tmp_path / "d.zip").write_bytes(story.dossier())
    receipt, key = receipt_of(world, story, number)
    standing = receipt["acceptance"]["object"]["leaf"] in [end[0] for end in story.standing]
    report = report_on(receipt, world, key=key, dossier=tmp_path / "d.zip")
    assert results(report)[5] == ("passed" if standing else "not_checked")
    assert report.exit_code() == (0 if standing else 3)


def test_a_bid_sealed_to_an_old_key_set(tmp_path: Path) -> None:
    """It was not dropped: the record says that nobody could open it any more, and that it was destroyed."""
    world = World(2)

    def changed(story: Story) -> None:
        accepted, _, envelope = story.chain[story.bidders[1]][-1]
        story.sign_keys()
        story.notice = story.notice | {"key_sets": {"bid": story.key_set_id}, "number": 2, "previous": story.seen}
        story.seen = world.add("tender_amended", story.notice)
        story.destroy(accepted, envelope, "key_set_changed")
        story.outdated.add(accepted)

    story = Story(world, after={"amend": changed})
    (tmp_path / "d.zip").write_bytes(story.dossier())
    receipt, key = receipt_of(world, story, 1)
    report = report_on(receipt, world, key=key, dossier=tmp_path / "d.zip")
    assert (results(report)[5], report.outcomes[4].en) == ("passed", "its key set is no longer in force")


BY_KEYS = [
    ("second_key_endorsed", [0], 0, "a later statement replaces it"),
    ("second_key_endorsed", [], 0, "a later statement replaces it"),
    ("second_key_unendorsed", [0], 1, "a key that is not the bidder's ended the bid: "),
    ("second_key_unendorsed", [0, 1], 0, "a later statement replaces it"),
    ("second_key_unendorsed", [], 3, "a later statement is signed with another key, "),
    ("second_key_after_loss", [], 3, "a later statement is signed with another key, "),
    ("second_key_after_loss", [0, 1], 0, "a later statement replaces it"),
    ("withdrawn_by_operator", [0], 1, "a key that is not the bidder's ended the bid: "),
    ("withdrawn_by_operator", [], 3, "a later statement is signed with another key, "),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "given", "code", "text"), BY_KEYS)
def test_a_bid_ended_by_another_key(fault: str, given: list[int], code: int, text: str, tmp_path: Path) -> None:
    """An operator who registers a key in the bidder's name gets no statement past the bidder."""
    world = World(2)
    story = Story(world, fault=fault)
    (tmp_path / "d.zip").write_bytes(story.dossier())
    bodies = [e["body"] for e in world.entries if e["head"]["kind"] == "key_registered"]
    keys = [bytes.fromhex(body["public_key"]) for body in bodies if body["owner"] == story.bidders[1]]
    receipt = json.dumps(story.receipt(1)).encode()
    report = verify.verify_receipt(receipt, anchors_of(world), tmp_path / "d.zip", [keys[n] for n in given])
    assert report.outcomes[4].en.startswith(text)
    assert report.exit_code() == code
    assert failed(report) == ({5} if code == 1 else set())


def test_a_receipt_for_another_keys_statement(tmp_path: Path) -> None:
    """The bidder is told when a receipt in its name is not for a statement of its own."""
    world = World(2)
    story = Story(world, fault="withdrawn_by_operator")
    (tmp_path / "d.zip").write_bytes(story.dossier())
    number = next(i for i, r in enumerate(story.receipts) if "sunbid/withdrawal/1" in json.dumps(r))
    report = report_on(
        story.receipt(number), world, key=public(story.keys[story.bidders[1]]), dossier=tmp_path / "d.zip"
    )
    assert 3 in failed(report)


def test_a_dropped_bid(tmp_path: Path) -> None:
    """The operator leaves a bid out of the list, and its entries out of the dossier, so that the rest agrees."""
    world = World(3)
    story = Story(world, fault="left_out")
    dropped = story.chain[story.bidders[1]][0][0]
    world.entries = [e for e in world.entries if e["index"] != world.leaves.index(bytes.fromhex(dropped))]
    (tmp_path / "d.zip").write_bytes(story.dossier())
    dossier = verify.verify_dossier(tmp_path / "d.zip", anchors_of(world), None)[1]
    assert dossier.exit_code() == 0
    number = next(i for i, r in enumerate(story.receipts) if r["acceptance"]["object"]["leaf"] == dropped)
    report = report_on(story.receipt(number), world, dossier=tmp_path / "d.zip")
    assert failed(report) == {5}


def test_a_dossier_that_fails_proves_nothing(tmp_path: Path) -> None:
    world = World(4)
    story = Story(world, fault="price_altered")
    (tmp_path / "d.zip").write_bytes(story.dossier())
    assert failed(report_on(story.receipt(1), world, dossier=tmp_path / "d.zip")) == {5}


def test_every_field_counts() -> None:
    world = World(5)
    receipt, key = receipt_of(world, Story(world, until="bid"))
    rng = random.Random(1)
    for path, value in walk(receipt):
        where = "/".join(map(str, path))
        for _ in range(1 if isinstance(value, dict) else 8):
            changed = copy.deepcopy(receipt)
            if isinstance(value, dict):
                at(changed, path)["extra"] = "x"
            else:
                at(changed, path[:-1])[path[-1]] = "x" if value is None else altered(value, rng)
            assert spoiled(changed, world, key), where
        if path:
            changed = copy.deepcopy(receipt)
            del at(changed, path[:-1])[path[-1]]
            assert spoiled(changed, world, key), f"without {where}"


def spoiled(receipt: dict[str, Any], world: World, key: str) -> bool:
    try:
        return report_on(receipt, world, key=key).exit_code() == 1
    except verify.Unreadable:
        return True


@pytest.mark.parametrize(
    "proof", ["", "\n\n", "c2sp.org/tlog-proof@v1\n\n", "c2sp.org/tlog-proof@v1\nindex 01\n\n", "x" * 500]
)
def test_bad_proofs(proof: str) -> None:
    world = World(6)
    receipt, key = receipt_of(world, Story(world, until="bid"))
    assert failed(report_on(receipt | {"proof": proof}, world, key=key)) == {4}


def test_a_foreign_receipt_key_or_origin() -> None:
    world = World(7)
    receipt, key = receipt_of(world, Story(world, until="bid"))
    assert failed(report_on(receipt, World(8), key=key)) == {1, 4}
    assert failed(report_on(receipt, World(7, origin="other.example"), key=key)) == {1, 4}


def refusal(world: World) -> dict[str, Any]:
    statement, number = world.rng.randbytes(32).hex(), world.rng.randbytes(16).hex()
    leaf = world.add("bid_refused", {"reason": "late", "receipt": number, "statement": statement})
    entry = world.entries[-1]
    said = {
        "type": "sunbid/refusal/1", "origin": world.origin, "demonstration": world.demonstration, "tender": TENDER,
        "lot": LOT, "bidder": "91430000MA4L00000A", "receipt": number, "statement": statement,
        "refused_at": text(world.now), "reason": "late", "leaf": leaf,
    }  # fmt: skip
    parts = {m: entry[m] for m in ("head", "head_salt", "body", "body_salt")}
    return {"type": "sunbid/receipt/1", "acceptance": signed(said, world.receipt_key), "entry": parts, "proof": None}


def test_a_refusal() -> None:
    world = World(9)
    receipt = refusal(world)
    report = report_on(receipt, world)
    assert results(report) == {1: "passed", 2: "passed", 3: "passed", 4: "not_checked", 5: "not_applicable"}
    receipt["acceptance"]["object"]["reason"] = "early"
    receipt["acceptance"] = signed(receipt["acceptance"]["object"], world.receipt_key)
    assert failed(report_on(receipt, world)) == {3}


@pytest.mark.parametrize(
    ("fault", "result"), [("invited_refused", "not_applicable"), ("invited_refused_wrongly", "failed")]
)
def test_a_refusal_of_the_uninvited(fault: str, result: str, tmp_path: Path) -> None:
    """With the dossier it is evidence, where the bidder had been invited by then."""
    world = World(9)
    story = Story(world, fault=fault)
    (tmp_path / "d.zip").write_bytes(story.dossier())
    report = report_on(story.receipt(0), world, dossier=tmp_path / "d.zip")
    assert results(report) == {1: "passed", 2: "passed", 3: "passed", 4: "passed", 5: result}


def test_an_acceptance_signed_for_another_leaf() -> None:
    world = World(10)
    story = Story(world, until="bid_more")
    one, other = story.receipt(0), story.receipt(1)
    assert failed(report_on(one | {"entry": other["entry"]}, world)) == {2}
    assert failed(report_on(one | {"proof": other["proof"]}, world)) == {4}
