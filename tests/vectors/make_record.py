"""Make the vectors of log, receipts and dossiers again: ``python -m tests.vectors.make_record``.

Made by the tests' own builder, which knows only docs/spec; checked by the server's code and by the verifier. All keys
and salts come from one seed; the sections of envelopes have the library's salts, so dossiers differ from run to run.
"""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.notary import announced, drawn, invited, zips
from tests.notary.auction_builder import AUCTION_FAULTS, AUCTION_GOOD, AUCTION_UNSURE, AuctionStory
from tests.notary.dossier_builder import Story
from tests.notary.test_verify import FAULTS, UNSURE
from tests.notary.world import World, public, sha, subtree

FOLDER = Path(__file__).parent
BIDDERS = 3
GOOD = (
    "second_key_endorsed",
    "expert_second_key_endorsed",
    "objections_answered",
    "complaint_ruled",
    "complaint_withdrawn",
    "complaint_not_taken_up",
    "complaint_suspension_over",
    "confirmation_signed",
    "awarded_at_once",
    "contract_terminated",
    "results_told",
    "explanation_given",
    "explanation_over",
    *drawn.GOOD,
    *invited.GOOD,
    *announced.GOOD,
)
#: Name, fault, until, number of the receipt, keys given, exit code.
HELD: list[tuple[str, str, str, int, list[int], int]] = [
    ("standing", "", "end", 2, [0], 0),
    ("replaced", "", "end", 0, [0], 0),
    ("replaced-undisclosed", "", "close", 0, [0], 3),
    ("dropped", "left_out", "end", 1, [0], 1),
    ("endorsed", "second_key_endorsed", "end", 1, [0], 0),
    ("endorsed-stranger", "second_key_endorsed", "end", 1, [], 0),
    ("unendorsed", "second_key_unendorsed", "end", 1, [0], 1),
    ("unendorsed-stranger", "second_key_unendorsed", "end", 1, [], 3),
    ("after-loss-both-given", "second_key_after_loss", "end", 1, [0, 1], 0),
    ("withdrawn-by-operator", "withdrawn_by_operator", "end", 1, [0], 1),
    ("refused-though-invited", "invited_refused_wrongly", "end", 0, [0], 1),
]
Receipt = dict[str, Any]


def main() -> None:
    """Write every vector."""
    _write("log/log.json", log())
    for name, vector in receipts().items():
        _write(f"receipt/{name}.json", vector)
    world = World(20)
    (FOLDER / "dossier").mkdir(exist_ok=True)
    (FOLDER / "dossier/good-award.zip").write_bytes(Story(world, bidders=BIDDERS).dossier())
    _write("dossier/good-award.anchors.json", {"anchors": world.anchors(), "check": None})
    for fault, unsure in UNSURE.items():
        world = World(21)
        (FOLDER / f"dossier/unsure-{fault}.zip").write_bytes(Story(world, fault=fault).dossier())
        _write(f"dossier/unsure-{fault}.anchors.json", {"anchors": world.anchors(), "check": unsure})
    for fault in GOOD:
        world = World(21)
        (FOLDER / f"dossier/good-{fault}.zip").write_bytes(Story(world, bidders=BIDDERS, fault=fault).dossier())
        _write(f"dossier/good-{fault}.anchors.json", {"anchors": world.anchors(), "check": None})
    auctions()
    held()
    for place in zips.PLACES:
        world = World(20)
        (FOLDER / f"dossier/bad-zip_{place}.zip").write_bytes(zips.odd(Story(world, bidders=BIDDERS).members(), place))
        check: int | None = 11 if place == "behind_stream" else None  # an envelope, read only by that check
        _write(f"dossier/bad-zip_{place}.anchors.json", {"anchors": world.anchors(), "check": check})
    for number, faults in FAULTS.items():
        for fault in faults:
            world = World(21)
            (FOLDER / f"dossier/bad-{fault}.zip").write_bytes(Story(world, bidders=BIDDERS, fault=fault).dossier())
            _write(f"dossier/bad-{fault}.anchors.json", {"anchors": world.anchors(), "check": number})


def auctions() -> None:
    """Whole records of auctions: clean ones, each lie, and what the record does not show."""
    told: list[tuple[str, str, int | None]] = [("good", name, None) for name in AUCTION_GOOD]
    told += [("unsure", name, check) for name, check in AUCTION_UNSURE.items()]
    told += [("bad", name, check) for check, names in AUCTION_FAULTS.items() for name in names]
    for kind, name, check in told:
        world = World(25)
        (FOLDER / f"dossier/{kind}-{name}.zip").write_bytes(AuctionStory(world, name).dossier())
        _write(f"dossier/{kind}-{name}.anchors.json", {"anchors": world.anchors(), "check": check})


def held() -> None:
    """Receipts held against a dossier, with the keys of the bidder that are given, and the exit code."""
    for name, fault, until, number, given, code in HELD:
        world = World(24)
        story = Story(world, fault=fault, until=until)
        if name == "dropped":
            leaf = story.receipts[number]["acceptance"]["object"]["leaf"]
            world.entries = [e for e in world.entries if world.leaves[e["index"]].hex() != leaf]
        receipt = story.receipt(number)
        owner = receipt["acceptance"]["object"]["bidder"]
        bodies = [e["body"] for e in world.entries if e["head"]["kind"] == "key_registered"]
        keys = [body["public_key"] for body in bodies if body["owner"] == owner]
        (FOLDER / f"receipt/held-{name}.zip").write_bytes(story.dossier())
        vector = {"anchors": world.anchors(), "bidder_keys": [keys[n] for n in given], "receipt": receipt, "exit": code}
        _write(f"receipt/held-{name}.json", vector)


def log() -> dict[str, Any]:
    """Entries with their commitments and leaf hashes, roots of the first trees, a checkpoint with cosignatures."""
    world = World(22)
    Story(world, bidders=1, until="publish")
    frame = world.frame()
    entries = [
        {
            **entry,
            "commitment": world.leaves[entry["index"]].hex(),
            "leaf_hash": sha(b"\0", world.leaves[entry["index"]]).hex(),
        }
        for entry in frame["entries"]
    ]
    return {
        "anchors": world.anchors(),
        "entries": entries,
        "leaves": [leaf.hex() for leaf in world.leaves],
        "roots": [subtree(world.leaves[:size]).hex() for size in range(len(world.leaves) + 1)],
        "checkpoint": frame["checkpoints"][-1],
    }


def receipts() -> dict[str, dict[str, Any]]:
    """Good receipts, and one bad one for each thing that can be wrong with one."""
    world = World(23)
    story = Story(world, bidders=2, until="bid")
    receipt = story.receipt(0)
    frame = {
        "anchors": world.anchors(),
        "bidder_key": public(story.keys[receipt["acceptance"]["object"]["bidder"]]),
    }
    bad: dict[str, Callable[[Receipt], None]] = {
        "signature": lambda r: r["acceptance"].update(signature=base64.b64encode(bytes(64)).decode()),
        "time": lambda r: r["acceptance"]["object"].update(accepted_at="2026-01-01T00:00:00.000000Z"),
        "other-origin": lambda r: r["acceptance"]["object"].update(origin="other.example/demonstration"),
        "salt": lambda r: r["entry"].update(body_salt="00" * 32),
        "statement": lambda r: r["entry"]["body"]["statement"]["object"].update(nonce="00" * 16),
        "head": lambda r: r["entry"]["head"].update(lot="2"),
        "proof-index": lambda r: r.update(proof=r["proof"].replace("index ", "index 1", 1)),
        "proof-root": lambda r: r.update(proof=r["proof"].replace("\n\n", "\n\nx", 1)),
        "member-more": lambda r: r.update(more=1),
        "member-missing": lambda r: r.pop("entry"),
    }
    found = {"good": frame | {"receipt": receipt}, "good-unproved": frame | {"receipt": receipt | {"proof": None}}}
    for name, spoil in bad.items():
        spoiled = copy.deepcopy(receipt)
        spoil(spoiled)
        found[f"bad-{name}"] = frame | {"receipt": spoiled}
    return found


def _write(name: str, value: dict[str, Any]) -> None:
    path = FOLDER / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
