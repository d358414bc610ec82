"""From draft to award through the tools, and what a stranger then verifies offline."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from api.tools import agency, bidder
from api.tools.client import ServerRefused
from notary import canonical, verify
from notary.errors import Conflict, Held, Malformed, Unknown
from tests.api.tools.town import TENDER, Town, new_vault

PRICES = ("3680000.00", "3690000.00", "3700000.00")


def quiet(_done: int, _all: int) -> None:
    """No progress wanted."""


def verified(*arguments: Path | str) -> int:
    """The exit code of the stand-alone verifier."""
    return subprocess.run([sys.executable, "-I", str(verify.__file__), *arguments], check=False).returncode


def test_a_draft_written_anew_keeps_its_evaluation_key(town: Town) -> None:
    town.draft()
    town.make_key_set()
    town.draft(title="永州市滨江路道路工程（二次拟稿）")
    assert len(town.agency_vault.content.evaluation) == 1
    (key,) = town.agency_vault.content.evaluation
    shown = town.clerk.get(f"/tenders/{TENDER}")["content"]
    assert (shown["evaluation_key"], shown["title"]) == (key, "永州市滨江路道路工程（二次拟稿）")
    assert shown["documents"][0]["name"] == "招标文件.pdf"


def test_a_tender_may_be_written_in_toml(tmp_path: Path) -> None:
    path = tmp_path / "tender.toml"
    path.write_text('title = "道路"\ndeadline = 2026-12-24T09:30:00+08:00\n[committee]\nsize = 5\n', "utf-8")
    assert agency.read_content(path) == {
        "title": "道路",
        "deadline": "2026-12-24T01:30:00.000000Z",
        "committee": {"size": 5},
    }


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("t.toml", "title = ", "toml_syntax"),
        ("t.toml", "price = 1.5", "not_json"),
        ("t.toml", "day = 2026-12-24", "not_json"),
        ("t.json", '{"price": 1.5}', "number_not_integer"),
        ("t.json", "[]", "not_an_object"),
    ],
)
def test_a_file_that_says_no_tender_is_refused(tmp_path: Path, name: str, text: str, reason: str) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    with pytest.raises(Malformed, match=reason):
        agency.read_content(path)


def test_documents_open_after_the_opening_and_for_the_holder_of_the_key_only(town: Town, tmp_path: Path) -> None:
    town.publish()
    document = tmp_path / "技术标.pdf"
    document.write_bytes(b"%PDF-1.7 " + bytes(9_000_000))
    own = town.bidder()
    bidder.submit(own, town.sealed(own, PRICES[0], document), quiet)
    for price in PRICES[1:]:
        town.submitted(price)
    folder = tmp_path / "opened"
    with pytest.raises(Held, match="not_opened"):
        agency.open_documents(town.clerk, town.agency_vault, TENDER, "bid", folder)
    town.to_deadline()
    town.release("T1", "T2")
    with pytest.raises(Unknown, match="evaluation_key_missing"):
        agency.open_documents(town.clerk, new_vault(), TENDER, "bid", folder)
    opened = agency.open_documents(town.clerk, town.agency_vault, TENDER, "bid", folder)
    assert [one["reason"] for one in opened] == [None, None, None]
    assert [one["files"] for one in opened] == [["技术标.pdf"], [], []]
    assert (folder / own.code / "技术标.pdf").read_bytes() == document.read_bytes()
    with pytest.raises(Conflict, match="folder_exists"):
        agency.open_documents(town.clerk, town.agency_vault, TENDER, "bid", folder)


def test_from_publication_to_an_award_that_a_stranger_verifies(town: Town, tmp_path: Path) -> None:
    town.publish()
    bids = [town.submitted(price) for price in PRICES]
    town.to_deadline()
    town.release("T2", "T3")
    seats = [*(town.expert() for _ in range(4)), town.expert(town.agency_code)]
    roles = ["expert"] * 4 + ["buyer"]
    members = [{"person": seat[0], "role": role} for seat, role in zip(seats, roles, strict=True)]
    town.drawn(seats[:4])
    town.clerk.post(f"/tenders/{TENDER}/committee", {"members": members})
    town.scored(seats)
    ranking = town.clerk.post(f"/tenders/{TENDER}/evaluation", {})
    assert [one["bidder"] for one in ranking["ranked"]] == [own.code for own, _ in bids]
    town.clerk.post(f"/tenders/{TENDER}/candidates", {})
    town.advance(days=8)
    proposal = town.clerk.post(f"/tenders/{TENDER}/award", {"winner": bids[0][0].code})
    town.approve(proposal)
    town.site.tick()
    dossier, anchors = tmp_path / "dossier.zip", tmp_path / "anchors.json"
    town.clerk.save(f"/tenders/{TENDER}/dossier", dossier)
    anchors.write_bytes(canonical.dumps(town.clerk.get("/anchors")))
    assert verified(dossier, "--anchors", anchors) == 0
    own, receipt = bids[0]
    number = bidder.number_of(receipt)
    kept = tmp_path / "receipt.json"
    bidder.store(bidder.proved_receipt(own, number, seconds=0)[0], kept)
    command = [
        sys.executable,
        "-I",
        str(verify.__file__),
        str(kept),
        "--anchors",
        str(anchors),
        "--dossier",
        str(dossier),
    ]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    assert json.loads(kept.read_bytes())["proof"].startswith("c2sp.org/tlog-proof@v1")


def test_one_person_cannot_publish_alone(town: Town) -> None:
    town.draft()
    town.make_key_set()
    proposal = town.clerk.post(f"/tenders/{TENDER}/publication", {})
    with pytest.raises(ServerRefused):
        town.clerk.post(
            f"/tenders/{TENDER}/approvals", {"proposal": proposal["proposal"], "content": proposal["content"]}
        )
