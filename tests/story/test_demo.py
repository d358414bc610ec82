"""``sunbid demo --once --json``, as a user runs it: what it says, what it leaves, and that its proof is not empty."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from api.demo import story

SUNBID = [sys.executable, "-m", "api.cli"]
VERIFIER = Path(__file__).parents[2] / "notary" / "verify.py"

pytestmark = pytest.mark.story


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def verify(file: str | Path, anchors: str | Path, *more: str) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-I", VERIFIER, file, "--anchors", anchors, "--json", *more)


def play(folder: Path) -> dict[str, Any]:
    """Play it into a folder; the object on the last line of stdout, and as `seen` what was shown."""
    done = run(*SUNBID, "demo", "--once", "--json", "--directory", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found | {"seen": done.stderr}


#: The demonstration with another verifier: the real one, but that it finds fault with one receipt of nine.
SPOILED = """
import sys
from pathlib import Path
from api.cli import main
from api.demo.chapters import proof
verifier, folder = sys.argv[1:]
proof.verifier = lambda: Path(verifier)
main(["demo", "--once", "--json", "--directory", folder])
"""
FINDING_FAULT = """
import subprocess, sys
done = subprocess.run([sys.executable, "-I", {verifier!r}, *sys.argv[1:]])
sys.exit(1 if sys.argv[1].endswith({receipt!r}) else done.returncode)
"""


def play_with_a_failure(folder: Path, name: str) -> dict[str, Any]:
    """Play it while one verification of ten does not pass: exit code 1, and the object says so."""
    verifier = folder / "verifier.py"
    verifier.write_text(FINDING_FAULT.format(verifier=str(VERIFIER), receipt=f"{story.WINNER.slug}-2.json"), "ascii")
    done = run(sys.executable, "-c", SPOILED, verifier, folder / name)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, found["verified"]) == (1, False), done.stdout + done.stderr
    assert "核验未通过" in done.stderr
    assert "核验通过" not in done.stderr
    return found


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return play(tmp_path_factory.mktemp("demo") / "first")


def test_it_is_verified_and_the_best_bid_wins(played: dict[str, Any]) -> None:
    assert played["verified"] is True
    assert played["winner"] == story.WINNER.code
    assert played["price"] == story.REPLACED_PRICE
    assert verify(played["dossier"], played["anchors"]).returncode == 0


def test_the_record_tells_the_story(played: dict[str, Any]) -> None:
    with zipfile.ZipFile(played["dossier"]) as dossier:
        entries = json.loads(dossier.read("dossier.json"))["entries"]
    kinds = [entry["head"]["kind"] for entry in entries]
    counted = {kind: kinds.count(kind) for kind in set(kinds)}
    assert counted["bid_accepted"] == 7
    assert counted["bid_withdrawn"] == counted["bid_refused"] == counted["tender_amended"] == 1
    assert counted["envelope_destroyed"] == counted["key_released"] == 2
    assert counted["trustee_rehearsed"] == 3
    assert counted["opening_confirmed"] == 2
    assert counted["document_issued"] == 5
    (opened,) = (entry["body"] for entry in entries if entry["head"]["kind"] == "lot_opened")
    outcomes = sorted((bid["outcome"], bid["reason"] or "") for bid in opened["bids"])
    assert outcomes == [("opened", "")] * 4 + [("unopenable", "wrap_differs")]


def test_the_deadline_was_moved_by_the_rule(played: dict[str, Any]) -> None:
    with zipfile.ZipFile(played["dossier"]) as dossier:
        entries = json.loads(dossier.read("dossier.json"))["entries"]
    (amended,) = (entry["body"] for entry in entries if entry["head"]["kind"] == "tender_amended")
    assert amended["deadline"] == "2026-12-22T01:30:00.000000Z"
    assert amended["deadline_rule"]["name"] == "clarification"


def test_receipts_hold_against_the_dossier(played: dict[str, Any]) -> None:
    receipts = sorted(Path(played["receipts"]).glob("*.json"))
    assert len(receipts) == 9
    for receipt in receipts:
        done = verify(receipt, played["anchors"], "--dossier", played["dossier"])
        assert done.returncode == 0, f"{receipt.name}: {done.stdout}"


def test_papers_are_signed(played: dict[str, Any]) -> None:
    papers = sorted(Path(played["documents"]).glob("papers/*.pdf"))
    assert len(papers) == 5
    for paper in papers:
        said = run("pdfsig", paper).stdout
        assert "Signature is Valid" in said
        assert "Total document signed" in said


def test_the_documents_of_valid_bids_are_opened(played: dict[str, Any]) -> None:
    found = {path.parent.name for path in Path(played["documents"]).glob("bids/*/*.pdf")}
    valid = {bid.organisation.code for bid in story.BIDS if bid.fate in {"stands", "replaces"}}
    assert found == valid


def test_the_commands_it_prints_work_as_printed(played: dict[str, Any]) -> None:
    _, _, told = played["seen"].partition("How to look at it")
    commands = re.findall(r"^  (?:[^\n]*\\\n)*[^\n]+$", told, re.MULTILINE)
    tried = [command for command in commands if "sunbid serve" not in command]
    assert len(tried) == len(commands) - 1 == 4
    for command in tried:
        done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
        assert done.returncode == 0, command + done.stdout + done.stderr


def test_one_altered_byte_is_found(played: dict[str, Any], tmp_path: Path) -> None:
    altered = tmp_path / "altered.zip"
    with zipfile.ZipFile(played["dossier"]) as old, zipfile.ZipFile(altered, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'"3798200.00"', b'"3798200.01"', 1))
    done = verify(altered, played["anchors"])
    assert done.returncode == 1
    assert [one["number"] for one in json.loads(done.stdout)["checks"] if one["result"] == "failed"] == [4]


def test_another_dossier_fails_against_these_anchors(played: dict[str, Any], tmp_path: Path) -> None:
    """The same story played again by others: its dossier is sound, and is not the one that these anchors know."""
    other = play_with_a_failure(tmp_path, "second")
    assert verify(other["dossier"], other["anchors"]).returncode == 0
    assert verify(other["dossier"], played["anchors"]).returncode == 1


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", "ascii")
    done = run(*SUNBID, "demo", "--once", "--json", "--directory", tmp_path)
    assert done.returncode == 1
    assert "不是空的" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
