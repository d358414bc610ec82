"""The stand-alone verifier on whole records: clean ones pass, each way to cheat is found by the check for it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from notary import verify
from tests.notary import announced, drawn, invited, tampering
from tests.notary.dossier_builder import Story, packed
from tests.notary.sealed import UNOPENABLE
from tests.notary.verifying import anchors_of, dossier_report, failed, refused, results, run
from tests.notary.world import World

VERIFIER = Path(__file__).parents[2] / "notary" / "verify.py"


def clean(report: verify.Report | None) -> bool:
    return report is not None and report.exit_code() == 0


@pytest.mark.parametrize("publicity", [True, False])
@pytest.mark.parametrize("method", ["comprehensive", "lowest_evaluated_price"])
def test_a_clean_record_passes(method: str, publicity: bool, tmp_path: Path) -> None:
    world = World(1)
    report = dossier_report(tmp_path, Story(world, method=method, publicity=publicity).dossier(), anchors_of(world))
    assert set(results(report).values()) == {"passed"}


ENDS = ["close", "release", "open", "score", "evaluate", "publish_candidates", "award", "award", "failure"]
MORE: list[dict[str, Callable[[Story], object]]] = [
    {},
    {"publish": Story.amend},
    {"amend": Story.amend},
    {"open": Story.confirm_all},
]


@pytest.mark.parametrize("seed", range(100))
def test_no_false_alarm(seed: int, tmp_path: Path) -> None:
    """Any number of bids, spoiled ones, amendments, confirmations, at any stage; some lots fail for want of bids."""
    rng, world = random.Random(seed), World(seed)
    spoiled = rng.choice(["", "", "invalid", *UNOPENABLE])
    method = rng.choice(["comprehensive", "lowest_evaluated_price"])
    until, after = rng.choice(ENDS), rng.choice(MORE)
    bidders = rng.randrange(1, 3) if until == "failure" else rng.randrange(3, 12)
    publicity = until == "publish_candidates" or rng.random() < 0.7
    story = Story(world, bidders=bidders, spoiled=spoiled, until=until, method=method, publicity=publicity, after=after)
    assert story.failed == (until == "failure")
    report = dossier_report(tmp_path, story.dossier(), anchors_of(world))
    assert clean(report), [o for o in report.outcomes if o.result != "passed"] if report else None


@pytest.mark.parametrize(
    ("until", "last"), [("close", 10), ("release", 12), ("open", 13), ("score", 14), ("evaluate", 15), ("award", 17)]
)
def test_stages_not_reached_are_not_applicable(until: str, last: int, tmp_path: Path) -> None:
    world = World(2)
    found = results(dossier_report(tmp_path, Story(world, until=until).dossier(), anchors_of(world)))
    assert found[17] == "passed"
    assert {found[n] for n in range(last + 1, 17)} <= {"not_applicable"}


def test_a_failed_lot(tmp_path: Path) -> None:
    world = World(3)
    found = results(dossier_report(tmp_path, Story(world, bidders=2, until="failure").dossier(), anchors_of(world)))
    assert [n for n, result in found.items() if result == "not_applicable"] == [7, 11, 12, 13, 14, 15, 16]
    assert "failed" not in found.values()


FAULTS: dict[int, list[str]] = {
    5: [
        "unchained_notice",
        "held_behind_failure",
        "objection_unanswered",
        "objection_suppressed",
        "objection_twice",
        "objection_out_of_stage",
        "complaint_of_no_objection",
        "complaint_twice",
        "complaint_undecided",
        "complaint_not_taken_up_suspends",
        "complaint_not_taken_up_ruled",
        "complaint_ruled_twice",
        "complaint_suspends",
        "confirmation_early",
        "confirmation_late",
        "candidates_skipped",
        "candidates_uncalled_for",
        "publicity_dropped",
    ],
    6: ["key_set_unsigned", "foreign_identity", "one_identity_twice", "evaluation_key_released"],
    7: [
        "unregistered",
        "foreign_key",
        "unchained_statement",
        "withdrawal_invented",
        "endorsement_forged",
        "endorsement_of_another",
    ],
    8: ["late_acceptance", "accepted_after_closing", "deadline_moved", "early_closing", "cosigned_late"],
    9: ["old_statement_back", "left_out", "shuffled_list", "wrong_count", "wrong_list_root"],
    10: ["not_destroyed", "destroyed_for_nothing"],
    12: [
        "early_release",
        "wrong_key",
        "unknown_checkpoint",
        "release_unsigned",
        "hold_ignored",
        "quorum_missing",
        "other_quorum",
    ],
    13: [
        "price_altered",
        "called_unopenable",
        "opening_left_out",
        "confirmation_twice",
        "confirmation_of_other_opening",
        "confirmation_of_other_lot",
        "confirmation_forged",
        "confirmation_of_stranger",
        "confirmation_of_withdrawn_bid",
        "confirmation_of_invalid_bid",
    ],
    14: [
        "score_of_other_opening",
        "score_forged",
        "expert_invented",
        "chair_stranger",
        "chair_unannounced",
        "committee_unnamed",
        "committee_renamed",
        "expert_second_key_forged",
    ],
    15: [
        "score_left_out",
        "ranking_swapped",
        "expert_left_out",
        "committee_too_small",
        "explanation_not_asked",
        "explanation_early",
        "explanation_too_short",
        "explanation_of_stranger",
        "explanation_of_other_opening",
        "explanation_asked_twice",
        "explanation_given_twice",
        "explanation_late",
    ],
    16: [
        "other_candidates",
        "early_award",
        "award_to_stranger",
        "award_to_stranger_at_once",
        "award_price",
        "blank_reason",
        "published_in_the_past",
        "no_publicity",
        "contract_before_award",
        "contract_tomorrow",
        "contract_price",
        "contract_with_another",
        "contract_of_another_agency",
        "contract_of_another_award",
        "contract_forked",
        "contract_overpaid",
        "contract_payment_of_nothing",
        "contract_after_its_end",
    ],
    17: [
        "document_of_nothing",
        "result_to_stranger",
        "result_to_winner",
        "result_twice",
        "result_of_another_award",
        "result_by_another",
    ],
    19: drawn.BAD,
    20: invited.BAD,
    21: announced.BAD,
}


#: What only the owner of a key can tell: no pass, and no failure.
UNSURE = {
    "second_key_unendorsed": 7,
    "second_key_after_loss": 7,
    "withdrawn_by_operator": 7,
    "confirmation_unendorsed": 13,
    "expert_second_key_unendorsed": 14,
}


@pytest.mark.parametrize(("fault", "check"), UNSURE.items())
def test_a_key_that_only_its_registration_gives_to_its_owner(fault: str, check: int, tmp_path: Path) -> None:
    world = World(4)
    report = dossier_report(tmp_path, Story(world, fault=fault).dossier(), anchors_of(world))
    assert report is not None
    assert [o.number for o in report.outcomes if o.result != "passed"] == [check]
    assert results(report)[check] == "not_checked"
    assert report.exit_code() == 3
    second = next(e["body"] for e in reversed(world.entries) if e["head"]["kind"] == "key_registered")
    assert second["owner"] in report.outcomes[check - 1].en or check != 14


@pytest.mark.parametrize("fault", drawn.GOOD)
def test_a_drawn_committee(fault: str, tmp_path: Path) -> None:
    world = World(4)
    report = dossier_report(tmp_path, Story(world, fault=fault).dossier(), anchors_of(world))
    assert clean(report), [o for o in report.outcomes if o.result != "passed"] if report else None
    assert report is not None
    assert report.outcomes[-1].en == f"3 seats drawn again alike, {int(fault == 'draw_replaced')} replaced"


@pytest.mark.parametrize("fault", invited.GOOD)
def test_invited_bidders(fault: str, tmp_path: Path) -> None:
    world = World(4)
    report = dossier_report(tmp_path, Story(world, fault=fault).dossier(), anchors_of(world))
    assert clean(report), [o for o in report.outcomes if o.result != "passed"] if report else None
    assert report is not None
    assert (report.outcomes[-1].number, report.outcomes[-1].en) == (20, "8 invited, all bids are theirs")


@pytest.mark.parametrize("fault", announced.GOOD)
def test_announced_before_the_publication(fault: str, tmp_path: Path) -> None:
    world = World(4)
    report = dossier_report(tmp_path, Story(world, fault=fault).dossier(), anchors_of(world))
    assert clean(report), [o for o in report.outcomes if o.result != "passed"] if report else None
    assert report is not None
    count = 2 if fault == "prior_again" else 1
    said = f"{count} prior notices, {count} comments"
    assert (report.outcomes[-1].name[1], report.outcomes[-1].en) == ("prior notice", said)


@pytest.mark.parametrize(("until", "bidders"), [("close", 4), ("release", 4), ("failure", 2)])
def test_who_is_invited_is_not_asked_for_before_the_opening(until: str, bidders: int, tmp_path: Path) -> None:
    world = World(4)
    story = Story(world, fault="invited_all", until=until, bidders=bidders)
    assert results(dossier_report(tmp_path, story.dossier(), anchors_of(world)))[20] == "not_applicable"


def test_who_was_invited_is_not_disclosed_before_the_opening(tmp_path: Path) -> None:
    world = World(4)
    story = Story(world, fault="invited_all", until="close")
    members = story.members()
    frame = world.frame()
    shown = {"bid_accepted", "bid_withdrawn", "bid_refused", "envelope_destroyed"}
    frame["entries"] = [one for one in frame["entries"] if one["head"]["kind"] not in shown]
    frame["envelopes"] = []
    dossier = packed(members | {"dossier.json": rfc8785.dumps(frame)})
    report = dossier_report(tmp_path, dossier, anchors_of(world))
    assert report is not None
    assert failed(report) == {20}


@pytest.mark.parametrize("fault", ["second_key_endorsed", "expert_second_key_endorsed"])
def test_a_key_endorsed_by_the_first_one(fault: str, tmp_path: Path) -> None:
    world = World(4)
    assert clean(dossier_report(tmp_path, Story(world, fault=fault).dossier(), anchors_of(world)))


def test_confirmations_are_counted(tmp_path: Path) -> None:
    for story in (Story(World(4)), Story(World(4), fault="confirmation_signed")):
        report = dossier_report(tmp_path, story.dossier(), anchors_of(story.w))
        assert clean(report)
        assert report is not None
        assert report.outcomes[12].en.endswith(f"; {int(bool(story.fault))} confirmed it")


def test_the_bidder_knows_its_keys(tmp_path: Path) -> None:
    """With all of them given a lost key is no doubt any more; with only one of them the other's statement fails."""
    world = World(4)
    story = Story(world, fault="second_key_after_loss")
    (tmp_path / "d.zip").write_bytes(story.dossier())
    bodies = [e["body"] for e in world.entries if e["head"]["kind"] == "key_registered"]
    first, second = (bytes.fromhex(b["public_key"]) for b in bodies if b["owner"] == story.bidders[1])
    for given, code in (((), 3), ((first,), 1), ((first, second), 0), ((second,), 1), ((bytes(32),), 3)):
        report = verify.verify_dossier(tmp_path / "d.zip", anchors_of(world), None, given)[1]
        assert report.exit_code() == code, given
        assert failed(report) == ({7} if code == 1 else set())


def test_a_chain_of_endorsements(tmp_path: Path) -> None:
    """A key has its force from one that is in force; a key in doubt gives none, not even to a key that is older."""
    for endorsers, code in (([0, 1], 0), ([None, 1], 3), ([0, None], 3)):
        world = World(5)
        story = Story(world, until="bid")
        keys = [story.keys[story.bidders[0]]]
        story.fault = "second_key_endorsed"
        for endorser in endorsers:
            key = world.ed25519()
            by = {} if endorser is None else story.standing_of(story.bidders[0], key, "statement", keys[endorser])
            story.register_key(story.bidders[0], key, "statement", **by)
            keys.append(key)
        old = story.chain[story.bidders[0]][-1]
        story.accept(story.bidders[0], key=keys[-1])
        story.destroy(old[0], old[2], "replaced")
        story.fault = ""
        for step in (story.amend, story.bid_more, story.close, story.release, story.open):
            step()
        report = dossier_report(tmp_path, story.dossier(), anchors_of(world))
        assert report is not None
        assert report.exit_code() == code, endorsers


@pytest.mark.parametrize(("check", "fault"), [(check, fault) for check, faults in FAULTS.items() for fault in faults])
def test_each_way_to_cheat_is_found(check: int, fault: str, tmp_path: Path) -> None:
    world = World(4)
    report = dossier_report(tmp_path, Story(world, fault=fault).dossier(), anchors_of(world))
    assert report is not None
    assert refused(report)
    assert check in failed(report)
    assert not failed(report) & {1, 2, 3, 4}


def test_a_key_released_for_a_failed_lot(tmp_path: Path) -> None:
    world = World(5)
    story = Story(world, bidders=2, until="failure", fault="released_though_failed")
    report = dossier_report(tmp_path, story.dossier(), anchors_of(world))
    assert report is not None
    assert 12 in failed(report)


def test_opened_with_too_few_bids(tmp_path: Path) -> None:
    world = World(6)
    report = dossier_report(tmp_path, Story(world, bidders=2).dossier(), anchors_of(world))
    assert report is not None
    assert failed(report) == {9}


@pytest.mark.parametrize("spoiled", ["invalid", *UNOPENABLE])
def test_a_spoiled_bid_is_called_what_it_is(spoiled: str, tmp_path: Path) -> None:
    world = World(7)
    story = Story(world, spoiled=spoiled)
    outcomes = [bid["outcome"] for bid in story.bids]
    assert outcomes.count("opened") == len(outcomes) - 1
    assert clean(dossier_report(tmp_path, story.dossier(), anchors_of(world)))


def test_a_record_remade_with_other_keys_fails_against_the_anchors(tmp_path: Path) -> None:
    genuine, remade = World(8), World(9)
    report = dossier_report(tmp_path, Story(remade).dossier(), anchors_of(genuine))
    assert report is not None
    assert {1, 2, 6} <= failed(report)


@pytest.mark.parametrize("name", ["log_key", "receipt_key", "witnesses", "trustees"])
def test_each_anchor_counts(name: str, tmp_path: Path) -> None:
    world = World(8)
    anchors = world.anchors() | {name: World(9).anchors()[name]}
    report = dossier_report(tmp_path, Story(world).dossier(), verify.parse_anchors(json.dumps(anchors).encode()))
    assert report is not None
    assert failed(report)


def test_too_few_witnesses(tmp_path: Path) -> None:
    world = World(10)
    story = Story(world)
    world.foreign(1)
    world.checkpoint(witnesses=1)
    report = dossier_report(tmp_path, story.dossier(), anchors_of(world))
    assert report is not None
    assert 2 in failed(report)


def test_without_anchors_it_is_self_consistent_only(tmp_path: Path) -> None:
    world = World(11)
    report = dossier_report(tmp_path, Story(world).dossier(), None)
    assert report is not None
    assert report.exit_code() == 3
    assert results(report)[1] == "not_checked"
    assert anchors_of(world).log.key.hex() in report.outcomes[0].en


def test_since(tmp_path: Path) -> None:
    world = World(12)
    dossier = Story(world).dossier()
    old, newer = (verify.parse_note(note) for _, note in (world.notes[0], world.notes[-1]))
    assert clean(dossier_report(tmp_path, dossier, anchors_of(world), old))
    assert clean(dossier_report(tmp_path, dossier, anchors_of(world), newer))
    world.foreign(1)
    world.checkpoint()
    later = dossier_report(tmp_path, dossier, anchors_of(world), verify.parse_note(world.notes[-1][1]))
    assert results(later)[3] == "not_checked"
    forked = World(12)
    forked.leaves[0] = bytes(32)
    forked.foreign(old.size - 1)
    forked.checkpoint()
    report = dossier_report(tmp_path, dossier, anchors_of(world), verify.parse_note(forked.notes[0][1]))
    assert report is not None
    assert 3 in failed(report)


def test_an_unknown_kind_of_entry_is_not_checked(tmp_path: Path) -> None:
    world = World(13)
    story = Story(world)
    world.add("moon_observed", {"phase": "full"})
    report = dossier_report(tmp_path, story.dossier(), anchors_of(world))
    assert report is not None
    assert (results(report)[4], report.exit_code()) == ("not_checked", 3)


@pytest.mark.parametrize("method", ["comprehensive", "lowest_evaluated_price"])
def test_evaluation_vectors(method: str) -> None:
    folder = Path(__file__).parents[1] / "vectors" / "evaluation"
    vector = json.loads((folder / f"{method}.json").read_text())
    found = verify.evaluate(vector["criteria"], vector["offers"], vector["scores"], vector.get("draw"))
    assert found == vector["evaluation"]


def test_an_unknown_method_is_not_checked() -> None:
    with pytest.raises(verify.NotChecked):
        verify.evaluate({"method": "benchmark_price"}, [], [], None)


POINT_OF_LOW_ORDER = "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"
POLICIES: dict[str, Any] = {
    "quorums": [],
    "small_quorum": [["T1"], ["T1", "T2"]],
    "nested_quorums": [["T1", "T2"], ["T1", "T2", "T3"]],
    "disjoint_quorums": [["T1", "T2"], ["T3", "T4"]],
    "trustees": [["T1", "T2"], ["T1", "T5"]],
}


def key_set(quorums: list[list[str]], weak: str | None = None) -> dict[str, Any]:
    keys = [World(i).x25519().public_key().public_bytes_raw().hex() for i in range(5)]
    trustees = [{"trustee": f"T{i}", "opening_key": keys[i], "identity": f"{i:064x}"} for i in range(1, 5)]
    return {"quorums": quorums, "trustees": trustees, "evaluation_key": weak or keys[0]}


@pytest.mark.parametrize("quorums", [[["T1", "T2", "T3", "T4"]], [["T1", "T2"], ["T2", "T3", "T4"], ["T1", "T3"]]])
def test_sound_policies(quorums: list[list[str]]) -> None:
    assert verify.policy_fault(key_set(quorums)) is None


@pytest.mark.parametrize(("fault", "quorums"), POLICIES.items())
def test_unsound_policies(fault: str, quorums: list[list[str]]) -> None:
    assert verify.policy_fault(key_set(quorums)) == fault


@pytest.mark.parametrize("weak", ["00" * 32, "01" + "00" * 31, POINT_OF_LOW_ORDER, "f6" + "ff" * 30 + "7f", "ff" * 32])
def test_weak_keys(weak: str) -> None:
    assert verify.policy_fault(key_set([["T1", "T2", "T3"], ["T1", "T4"]], weak)) == "weak_key"


@pytest.mark.parametrize(("name", "other"), [("opening_key", 1), ("identity", 1), ("opening_key", None)])
def test_equal_keys(name: str, other: int | None) -> None:
    """Two equal opening keys, two equal identities, and an evaluation key that would be released with a trustee's."""
    found = key_set([["T1", "T2", "T3"], ["T1", "T4"]])
    found["trustees"][0][name] = found["evaluation_key"] if other is None else found["trustees"][other][name]
    assert verify.policy_fault(found) == "equal_keys"


def test_the_program(tmp_path: Path) -> None:
    """By itself, in isolated mode, from another folder: exit codes, both languages, the demonstration notice."""
    world = World(14)
    dossier, anchors = tmp_path / "d.zip", tmp_path / "a.json"
    dossier.write_bytes(Story(world).dossier())
    anchors.write_text(json.dumps(world.anchors()))
    command = [sys.executable, "-I", str(VERIFIER), str(dossier)]
    good = subprocess.run(
        [*command, "--anchors", str(anchors)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert good.returncode == 0, good.stderr
    lines = good.stdout.splitlines()
    assert lines[0] == lines[-1] == verify.DEMONSTRATION
    assert len(lines) == 20
    assert lines[1].startswith(" 1 通过 锚点")
    assert "全部通过 / verdict: everything passed" in lines[-2]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 3


def test_json_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = World(15)
    (tmp_path / "d.zip").write_bytes(Story(world, fault="left_out").dossier())
    (tmp_path / "a.json").write_text(json.dumps(world.anchors()))
    assert run(tmp_path / "d.zip", "--anchors", tmp_path / "a.json", "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["kind"], report["demonstration"], report["exit"]) == ("dossier", True, 1)
    bad = [check for check in report["checks"] if check["result"] == "failed"]
    assert bad[0]["number"] == 9
    assert bad[0]["index"] is not None


def test_a_record_that_is_no_demonstration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = World(16, origin="yongzhou.example")
    (tmp_path / "d.zip").write_bytes(Story(world).dossier())
    (tmp_path / "a.json").write_text(json.dumps(world.anchors()))
    assert run(tmp_path / "d.zip", "--anchors", tmp_path / "a.json") == 0
    assert "DEMONSTRATION" not in capsys.readouterr().out


def test_members_may_be_stored(tmp_path: Path) -> None:
    world = World(17)
    assert clean(dossier_report(tmp_path, tampering.packed(Story(world).members()), anchors_of(world)))
