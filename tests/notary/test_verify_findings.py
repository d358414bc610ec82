"""Each finding of the verifier by itself: one thing wrong, and the check that is for it says what.

`EDITS` change a body before it is logged, an object before it is signed, or a head; `LATER` do something more behind a
step; `FRAMES` change dossier.json or the files beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from notary import verify
from tests.notary.dossier_builder import Story
from tests.notary.tampering import canonical, packed
from tests.notary.verifying import anchors_of, dossier_report
from tests.notary.world import World, b64

ZERO = "00" * 32
Body = dict[str, Any]


def findings(folder: Path, dossier: bytes, world: World) -> dict[int, str]:
    report = dossier_report(folder, dossier, anchors_of(world))
    assert report is not None
    assert report.exit_code() == 1
    return {outcome.number: outcome.en for outcome in report.outcomes if outcome.result == "failed"}


def put(*path: str | int, value: Any) -> Callable[[Body], None]:
    """An edit that sets one member."""

    def edit(body: Any) -> None:
        for key in path[:-1]:
            body = body[key]
        body[path[-1]] = value

    return edit


def moved(kind: str, time: str) -> Callable[[Body], None]:
    """An edit of the head of that kind of entry."""
    return lambda head: head.update(time=time) if head["kind"] == kind else None


def twice_named(body: Body) -> None:
    body["members"].append(body["members"][0])


def published_before(body: Body) -> None:
    body["published_at"] = "2026-09-01T00:00:00.000000Z"


def ended_at_once(body: Body) -> None:
    body.update(objections_until=body["published_at"])


def second_wins(body: Body) -> None:
    body.update(winner=body["winner"][:-1] + "B")


def published_with_a_key(key_set: Body) -> None:
    """Whoever reads the release of T1 could open the documents, too."""
    key_set["evaluation_key"] = key_set["trustees"][0]["opening_key"]


EDITS: list[tuple[int, str, str, Callable[[Body], None]]] = [
    (1, "the log's first entry is not the anchors'", "log_opened", put("receipt_key", value=ZERO)),
    (1, "the log's first entry is not the anchors'", "log_opened", put("demonstration", value=False)),
    (4, "the body has not its form: .count", "lot_closed", put("count", value="4")),
    (4, "the body has not its form: .bids[1].outcome", "lot_opened", put("bids", 1, "outcome", value="fine")),
    (4, "the entry is of another lot", "head", put("lot", value="2")),
    (5, "its time is before that of an earlier entry", "head", moved("lot_opened", "2026-09-01T00:00:00.000000Z")),
    (5, "its time is before that of an earlier entry", "head", moved("bid_accepted", "2026-09-01T00:00:00.000000Z")),
    (5, "the notices do not chain", "tender_amended", put("number", value=2)),
    (6, "it names a key set not signed before", "tender_published", put("key_sets", value={"bid": ZERO})),
    (6, "it names a key set not signed before", "tender_amended", put("key_sets", value={"bid": ZERO})),
    (6, "the key set has another form schema", "sunbid/key-set/1", put("form_schema", value=ZERO)),
    (6, "the key set is of another kind", "sunbid/key-set/1", put("kind", value="price")),
    (6, "the key set is of another lot, origin or mode", "sunbid/key-set/1", put("tender", value="other")),
    (6, "the key set is of another lot, origin or mode", "sunbid/key-set/1", put("demonstration", value=False)),
    (6, "the suite is not 1", "sunbid/key-set/1", put("suite", value=2)),
    (6, "the policy is not sound: nested_quorums", "sunbid/key-set/1", put("quorums", 0, value=["T1", "T2", "T3"])),
    (6, "the policy is not sound: equal_keys", "sunbid/key-set/1", published_with_a_key),
    (6, "signatures are missing", "key_set_signed", put("signatures", value={})),
    (6, "the signature of T1 is wrong", "key_set_signed", put("signatures", "T1", value="AAAA")),
    (6, "the signature of the rehearsal is wrong", "trustee_rehearsed", put("rehearsal", "signature", value="AAAA")),
    (7, "the statement is for another lot", "sunbid/statement/1", put("lot", value="2")),
    (7, "it saw no notice before it", "sunbid/statement/1", put("seen", value=ZERO)),
    (7, "it names a key set that was not published", "sunbid/statement/1", put("key_sets", value={"bid": ZERO})),
    (7, "envelopes and key sets differ", "sunbid/statement/1", put("envelopes", value={"price": ZERO})),
    (7, "the chain breaks", "sunbid/withdrawal/1", put("replaces", value=ZERO)),
    (8, "not the latest notice's deadline", "lot_closed", put("deadline", value="2027-01-01T00:00:00.000000Z")),
    (8, "accepted after the deadline", "lot_closed", put("deadline", value="2026-09-01T00:00:00.000000Z")),
    (8, "the closing is dated after its cosignatures", "head", moved("lot_closed", "2026-10-01T00:00:00.000000Z")),
    (10, "nothing explains why it was destroyed", "envelope_destroyed", put("reason", value="cancelled")),
    (12, "not a trustee of the key set", "sunbid/release/1", put("trustee", value="T9")),
    (12, "the release is for another lot or key set", "sunbid/release/1", put("key_set", value=ZERO)),
    (12, "released before the opening time", "tender_amended", put("opens_at", value="2027-01-01T00:00:00.000000Z")),
    (12, "opened with another key set", "opening_intended", put("key_set", value=ZERO)),
    (12, "there is no such quorum", "opening_intended", put("quorum", value=3)),
    (12, "lacking T2", "opening_intended", put("quorum", value=0)),
    (13, "bidder or envelope differ", "lot_opened", put("bids", 0, "bidder", value="other")),
    (13, "bidder or envelope differ", "lot_opened", put("bids", 0, "envelope", value=ZERO)),
    (13, "it is not the closing list", "lot_opened", put("bids", 0, "accepted", value=ZERO)),
    (14, "the score is for another lot", "sunbid/score/1", put("tender", value="other")),
    (14, "a member of the committee is named twice", "committee_set", twice_named),
    (15, "the committee is not of the size announced", "committee_set", put("members", 0, "role", value="buyer")),
    (15, "the evaluation has other members", "lot_evaluated", put("evaluation", "note", value="x")),
    (15, "recomputed otherwise: base", "lot_evaluated", put("evaluation", "base", value="1.00")),
    (15, "recomputed otherwise: rejected", "lot_evaluated", put("evaluation", "rejected", value=[{"bidder": "x"}])),
    (15, "the criteria contradict themselves", "tender_amended", put("evaluation", "price_marks", value=None)),
    (15, "the criteria have not their form: .ties", "tender_amended", put("evaluation", "ties", value="draw")),
    (16, "not published when it says", "candidates_published", published_before),
    (16, "it ends before it begins", "candidates_published", ended_at_once),
    (16, "winner or price are no candidate's", "lot_awarded", second_wins),
    (17, "the document has another size", "document_issued", put("size", value=1)),
    (17, "the act that it states is not in the dossier", "document_issued", put("entry", value=ZERO)),
]  # fmt: skip


def shown(value: object) -> str:
    """A part of a test's name: the same in every process, as an address would not be."""
    return "edit" if callable(value) else str(value)[:40]


@pytest.mark.parametrize(("check", "text", "kind", "edit"), EDITS, ids=shown)
def test_one_thing_written_wrong(
    check: int, text: str, kind: str, edit: Callable[[Body], None], tmp_path: Path
) -> None:
    world = World(21)
    world.edit = lambda found, value: edit(value) if found == kind else None
    found = findings(tmp_path, Story(remade(world, kind)).dossier(), world)
    assert found.get(check) == text


def remade(world: World, kind: str) -> World:
    """The first entry was logged before the edit stood: log it again."""
    if kind == "log_opened":
        body = world.entries[0]["body"]
        world.leaves.clear()
        world.entries.clear()
        world.add("log_opened", body, whole_log=True)
    return world


def again(kind: str) -> Callable[[Story], object]:
    def act(story: Story) -> object:
        return story.w.add(kind, next(e["body"] for e in story.w.entries if e["head"]["kind"] == kind))

    return act


def destroyed_before_accepted(story: Story) -> None:
    destroyed = next(e for e in story.w.entries if e["head"]["kind"] == "envelope_destroyed")
    accepted = story.w.leaves.index(bytes.fromhex(destroyed["body"]["accepted"]))
    for place in range(destroyed["index"], accepted, -1):
        story.w.swap(place, place - 1)


def destroyed_after_closing(story: Story) -> None:
    of = {e["head"]["kind"]: e["index"] for e in story.w.entries}
    story.w.swap(of["envelope_destroyed"], of["lot_closed"])


def logged_twice(story: Story) -> None:
    entry = story.w.entries[-1]
    story.w.entries.append(entry | {"index": len(story.w.leaves)})
    story.w.leaves.append(story.w.leaves[entry["index"]])


def released_on_old_checkpoint(story: Story) -> None:
    old = verify.parse_note(story.w.notes[0][1])
    assert old.size < len(story.w.leaves)
    story.point = {"root": b64(old.root), "size": old.size}


def released_early(story: Story) -> None:
    story.point = story.w.checkpoint()
    story.release_key("T2")


def released_twice(story: Story) -> None:
    story.release_key("T1")


LATER: list[tuple[int, str, str, Callable[[Story], object]]] = [
    (4, "a commitment stands twice", "award", logged_twice),
    (5, "more than one lot_closed", "close", again("lot_closed")),
    (5, "more than one candidates_published", "award", again("candidates_published")),
    (5, "tender_amended is out of order", "open", again("tender_amended")),
    (5, "opening_intended is out of order", "open", again("opening_intended")),
    (5, "key_released is too early", "bid_more", released_early),
    (7, "a withdrawal of a withdrawal", "bid_more", lambda s: s.withdraw("91430000MA4LWITHDR")),
    (10, "an envelope was destroyed twice", "bid_more", again("envelope_destroyed")),
    (10, "destroyed before its acceptance", "close", destroyed_before_accepted),
    (10, "destroyed only after the closing", "close", destroyed_after_closing),
    (12, "a trustee released twice", "release", released_twice),
    (12, "its checkpoint lacks the closing", "close", released_on_old_checkpoint),
]  # fmt: skip


@pytest.mark.parametrize(("check", "text", "step", "act"), LATER, ids=shown)
def test_one_act_too_many(check: int, text: str, step: str, act: Callable[[Story], object], tmp_path: Path) -> None:
    world = World(22)
    world.checkpoint()
    assert findings(tmp_path, Story(world, after={step: act}).dossier(), world).get(check) == text


def test_acts_behind_a_failure(tmp_path: Path) -> None:
    world = World(22)
    story = Story(world, bidders=2, until="failure", after={"close": again("tender_amended")})
    assert findings(tmp_path, story.dossier(), world).get(5) == "an act after the lot failed"


@pytest.mark.parametrize("kind", ["key_released", "lot_held", "score_signed"])
def test_what_cannot_be_behind_a_failure(kind: str, tmp_path: Path) -> None:
    world = World(22)
    story = Story(world, until="score")
    world.add("lot_failed", {"reason": "cancelled", "detail": "x"})
    again(kind)(story)
    assert findings(tmp_path, story.dossier(), world).get(5) == "an act after the lot failed"


def test_what_may_be_behind_a_failure(tmp_path: Path) -> None:
    """A server still refuses what comes late, issues the notice of the failure, and takes a rehearsal."""
    world = World(22)
    story = Story(world, bidders=2, until="failure")
    story.issue(world.leaves[-1].hex())
    again("trustee_rehearsed")(story)
    again("bid_refused")(story)
    report = dossier_report(tmp_path, story.dossier(), anchors_of(world))
    assert report is not None
    assert report.exit_code() == 0


def test_envelopes_before_the_opening(tmp_path: Path) -> None:
    """They would be looked at by no other check."""
    world = World(22)
    story = Story(world, until="close")
    members = story.members()
    hidden = next(iter(story.envelopes.values()))
    frame = json.loads(members["dossier.json"]) | {"envelopes": [{"id": hidden.id, "blocks": hidden.blocks}]}
    added = {"dossier.json": canonical(frame), f"envelopes/{hidden.id}": hidden.part}
    found = findings(tmp_path, packed(members | added), world)
    assert found == {17: "there are envelopes before the opening"}


def test_a_failed_lot_keeps_no_envelope(tmp_path: Path) -> None:
    world = World(22)
    story = Story(world, bidders=2, until="failure", fault="not_destroyed")
    assert findings(tmp_path, story.dossier(), world) == {10: "an envelope of the failed lot was not destroyed"}


def without(kind: str) -> Callable[[Body], None]:
    def edit(frame: Body) -> None:
        frame["entries"] = [e for e in frame["entries"] if e["head"]["kind"] != kind]

    return edit


FRAMES: list[tuple[int, str, Callable[[Body], object]]] = [
    (1, "the origin is not the anchors'", put("origin", value="x/demonstration")),
    (1, "demonstration is not the anchors'", put("demonstration", value=False)),
    (1, "there is no log_opened", without("log_opened")),
    (2, "there is no checkpoint", lambda f: f.update(checkpoints=[], consistency=[])),
    (3, "no checkpoint was read", lambda f: f.update(checkpoints=[], consistency=[])),
    (4, "no checkpoint was read", lambda f: f.update(checkpoints=[], consistency=[])),
    (3, "the number of proofs is wrong", lambda f: f["consistency"].pop()),
    (3, "checkpoints 0 and 1 are not consistent", lambda f: f["consistency"].reverse()),
    (4, "indices are repeated or out of order", lambda f: f["entries"].reverse()),
    (4, "the entry is not in the log", lambda f: f["entries"][3]["proof"].pop()),
    (5, "a stage before lot_evaluated is missing", without("lot_opened")),
    (5, "there is no lot_closed", without("lot_closed")),
    (5, "it lifts a hold that is not there", without("lot_held")),
    (11, "the envelopes are not those of the statements", lambda f: f["envelopes"].reverse()),
]  # fmt: skip


@pytest.mark.parametrize(("check", "text", "edit"), FRAMES, ids=shown)
def test_one_thing_wrong_in_the_frame(check: int, text: str, edit: Callable[[Body], object], tmp_path: Path) -> None:
    world = World(23)
    world.checkpoint()
    members = Story(world).members()
    frame = json.loads(members["dossier.json"])
    edit(frame)
    assert findings(tmp_path, packed(members | {"dossier.json": canonical(frame)}), world).get(check) == text


FAULTS = [
    (8, "closed before the deadline", "early_closing"),
    (8, "accepted after the deadline in force", "late_acceptance"),
    (8, "accepted after the closing", "accepted_after_closing"),
    (9, "a bid was left out", "left_out"),
    (9, "the count is wrong", "wrong_count"),
    (9, "the root of the closing list is wrong", "wrong_list_root"),
    (9, "the closing list is not the ends of the chains", "shuffled_list"),
    (10, "its envelope was not destroyed", "not_destroyed"),
    (12, "lacking T3", "quorum_missing"),
    (12, "not the quorum intended", "both_quorums"),
    (13, "the closing list is not the ends of the chains", "old_statement_back"),
    (13, "91430000MA4L00001A does open", "called_unopenable"),
    (14, "signed by somebody not of the committee", "expert_invented"),
    (14, "signed by somebody not of the committee", "committee_unnamed"),
    (14, "the committee was named after a score", "committee_renamed"),
    (15, "not the last score of every expert was used", "score_left_out"),
    (15, "not every member's score was used", "expert_left_out"),
    (15, "the committee is not of the size announced", "committee_too_small"),
    (5, "a stage before lot_awarded is missing", "candidates_skipped"),
    (5, "the procedure has no candidates_published", "candidates_uncalled_for"),
    (5, "the notices differ in whether candidates are published", "publicity_dropped"),
    (16, "winner or price are no candidate's", "award_to_stranger_at_once"),
    (16, "awarded within the publicity period", "early_award"),
    (16, "the candidates are not the first of the ranking", "other_candidates"),
    (16, "signed on a day that cannot be", "contract_before_award"),
    (16, "signed on a day that cannot be", "contract_tomorrow"),
    (16, "not the price of the award", "contract_price"),
    (16, "the contract is not between the winner and the agency", "contract_with_another"),
    (16, "the contract is not between the winner and the agency", "contract_of_another_agency"),
    (16, "the contract is not between the winner and the agency", "contract_of_another_award"),
    (16, "it does not follow the one before", "contract_forked"),
    (16, "more was paid than the price", "contract_overpaid"),
    (16, "an amount is amiss", "contract_payment_of_nothing"),
    (16, "an act after the contract's end", "contract_after_its_end"),
]


@pytest.mark.parametrize(("check", "text", "fault"), FAULTS)
def test_what_is_said_of_a_fault(check: int, text: str, fault: str, tmp_path: Path) -> None:
    world = World(24)
    later: dict[str, Callable[[Story], object]] = {}
    if fault == "both_quorums":
        later["release"] = lambda story: story.release_key("T2")
    story = Story(world, fault="other_quorum" if fault == "both_quorums" else fault, after=later)
    assert findings(tmp_path, story.dossier(), world).get(check) == text


def test_one_envelope_for_two_bids(tmp_path: Path) -> None:
    """The second bidder names the first one's envelope as its own."""
    world, first = World(25), []

    def copying(kind: str, value: Body) -> None:
        if kind == "sunbid/statement/1":
            first.append(value["envelopes"]["bid"])
            value["envelopes"] = {"bid": first[0]}

    world.edit = copying
    members = Story(world, bidders=3, until="open").members()
    frame = json.loads(members["dossier.json"])
    frame["envelopes"] = [e | {"id": first[0]} for e in frame["envelopes"]]
    found = findings(tmp_path, packed(members | {"dossier.json": canonical(frame)}), world)
    assert found[11] == "two bids have one envelope"


def test_an_envelope_of_another_bidder_called_opened(tmp_path: Path) -> None:
    world = World(26)

    def lie(kind: str, value: Body) -> None:
        if kind == "lot_opened":
            bid = next(b for b in value["bids"] if b["outcome"] == "unopenable")
            bid.update(outcome="opened", reason=None, values={"price": "1.00", "duration_days": 1, "quality": "x"})

    world.edit = lie
    found = findings(tmp_path, Story(world, spoiled="base_wrong", until="open").dossier(), world)
    assert found[11] == "it is another bidder's"
    assert found[13] == "91430000MA4L00002A does not open: base_wrong"


@pytest.mark.parametrize(
    ("spoiled", "change", "text"),
    [
        ("invalid", {"outcome": "opened", "reason": None}, "91430000MA4L00002A should be invalid (duration_days)"),
        ("invalid", {"reason": None}, "the reason of 91430000MA4L00002A is wrong"),
        ("form_closed", {"reason": "wrap_closed"}, "91430000MA4L00002A does not open: form_closed"),
        ("", {"reason": "x"}, "the reason of 91430000MA4L00002A is wrong"),
        ("", {"values": {"price": "1.00"}}, "the values of 91430000MA4L00002A differ"),
        ("", {"outcome": "invalid", "reason": "x"}, "91430000MA4L00002A should be opened (None)"),
    ],
)
def test_an_outcome_told_wrong(spoiled: str, change: Body, text: str, tmp_path: Path) -> None:
    world = World(27)

    def lie(kind: str, value: Body) -> None:
        if kind == "lot_opened":
            next(b for b in value["bids"] if b["bidder"] == "91430000MA4L00002A").update(change)

    world.edit = lie
    assert findings(tmp_path, Story(world, spoiled=spoiled, until="open").dossier(), world).get(13) == text


def test_second_candidate_needs_a_reason(tmp_path: Path) -> None:
    world, told = World(28), {}

    def second(kind: str, value: Body) -> None:
        if kind == "lot_evaluated":
            told["second"] = value["evaluation"]["ranked"][1]
        if kind == "lot_awarded":
            value.update(winner=told["second"]["bidder"], price=told["second"]["price"], **told.get("more", {}))

    world.edit = second
    for blank in ({}, {"reason": ""}, {"reason": " \t"}, {"reason": True}):
        told["more"] = blank
        assert findings(tmp_path, Story(world).dossier(), world) == {16: "not the first, and no reason"}
        world = World(28)
        world.edit = second
    other = World(28)
    told["more"], other.edit = {"reason": "第一名放弃"}, second
    report = dossier_report(tmp_path, Story(other).dossier(), anchors_of(other))
    assert report is not None
    assert report.exit_code() == 0


@pytest.mark.parametrize(
    ("name", "change", "check", "text"),
    [
        ("envelopes", lambda data: b"X" + data[1:], 11, "the envelope has not its form: header_layout"),
        ("envelopes", lambda data: data[:-1] + bytes([data[-1] ^ 1]), 11, "it is not what its id says"),
        ("documents", lambda data: data + b"X", 17, "the document has another hash"),
    ],
)
def test_a_file_changed(name: str, change: Callable[[bytes], bytes], check: int, text: str, tmp_path: Path) -> None:
    world = World(29)
    members = Story(world).members()
    path = next(member for member in members if member.startswith(name))
    assert findings(tmp_path, packed(members | {path: change(members[path])}), world).get(check) == text


def test_a_file_that_no_entry_names(tmp_path: Path) -> None:
    world = World(30)
    name = f"documents/{ZERO}"
    found = findings(tmp_path, packed(Story(world).members() | {name: b""}), world)
    assert found == {17: f"a file that no entry names: {name}"}


def test_log_opened_must_be_the_first_leaf(tmp_path: Path) -> None:
    world = World(31)
    world.foreign(1)
    world.swap(0, 1)
    assert findings(tmp_path, Story(world).dossier(), world) == {1: "log_opened is not leaf 0"}


def test_demonstration_and_origin_belong_together(tmp_path: Path) -> None:
    """Without anchors too a demonstration cannot be passed off as real by leaving the mark out."""
    world = World(32)
    members = Story(world).members()
    frame = json.loads(members["dossier.json"]) | {"demonstration": False}
    report = dossier_report(tmp_path, packed(members | {"dossier.json": canonical(frame)}), None)
    assert report is not None
    assert report.outcomes[0].en == "origin and demonstration differ"
