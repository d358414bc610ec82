"""A party's side of a draw of experts: it commits to two values, and reveals them when it is its turn.

What has come to pass it reads from the record, proved under a cosigned checkpoint: whoever could make it believe that
another had withheld its value could choose between two results.
The values are hashes of signatures that never leave this machine, so that nothing has to be kept between the steps: the
vault's key gives the same ones again, and nobody without the key can compute them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from api.tools import conditions, record
from api.tools.client import Client
from api.tools.record import Disclosed
from api.tools.vault import Vault
from notary import anchors as anchor
from notary import draws, merkle, notes, signing, tiles
from notary.anchors import Anchors
from notary.errors import Conflict, Held, Malformed
from notary.notes import Checkpoint
from notary.tiles import Tree
from trading import drawing
from trading.drawing import Draw

_VALUE_TYPE = "sunbid/draw-value/1"


@dataclass(frozen=True)
class _Proved:
    """The latest draw, its pool in the checkpoint: as the server tells of it, as the record has it, and as far as the
    checkpoint proves it. What the server tells is believed of nothing, but that there is something to wait for."""

    told: dict[str, Any]
    lot: str
    party: str
    draw: Draw
    so_far: Draw
    pool_index: int
    checkpoint: Checkpoint
    tree: Tree


def commit(client: Client, vault: Vault, anchors: Anchors, tender: str) -> dict[str, Any]:
    """Commit to one's values for the latest draw, once its pool stands in a checkpoint; ``{leaf}``.

    Raises Held (not_out), Conflict (not_a_party), Malformed (checkpoint_wrong, …).
    """
    found = _proved(client, anchors, tender)
    draw, party = found.draw, found.party
    before = draw.parties[draw.parties.index(party) - 1]
    said = {
        **_about(found, tender),
        "type": drawing.COMMITMENT_TYPE,
        "own": _committed(vault, draw.leaf, party, stands_in=False),
        "stands_in": _committed(vault, draw.leaf, before, stands_in=True),
        "checkpoint": _named(found),
    }
    signed = signing.sign(said, vault.signing_key("draw"))
    answer: dict[str, Any] = client.post(f"/tenders/{tender}/draw-commitments", {"commitment": signed})
    return answer


def reveal(client: Client, vault: Vault, anchors: Anchors, tender: str) -> list[dict[str, Any]]:
    """Reveal whatever it is one's turn to reveal; the answers. Raises as commit, and Conflict (not_your_turn)."""
    found = _proved(client, anchors, tender)
    mine = [of for of, whose in found.so_far.turns().items() if whose == found.party]
    mine = [of for of in mine if found.told["turns"].get(of) == found.party]
    if not mine and found.party in found.told["turns"].values():
        raise _not_out()
    if not mine:
        raise Conflict("not_your_turn", "现在没有由本单位公布的随机值。", "There is nothing for you to reveal now.")
    answers = []
    for of in mine:
        value = _value(vault, found.draw.leaf, of).hex()
        said = {**_about(found, tender), "type": drawing.REVEAL_TYPE, "of": of, "value": value}
        signed = signing.sign(said, vault.signing_key("draw"))
        answers.append(client.post(f"/tenders/{tender}/draw-reveals", {"reveal": signed}))
    return answers


def _about(found: _Proved, tender: str) -> dict[str, str]:
    return {"tender": tender, "lot": found.lot, "draw": found.draw.leaf, "party": found.party}


def _value(vault: Vault, draw: str, of: str) -> bytes:
    """Ed25519 signs the same object alike each time; the object is of a type that nothing else asks for."""
    said = {"type": _VALUE_TYPE, "draw": draw, "of": of}
    return hashlib.sha256(signing.unb64(signing.sign(said, vault.signing_key("draw"))["signature"])).digest()


def _committed(vault: Vault, draw: str, of: str, *, stands_in: bool) -> str:
    return draws.commitment(bytes.fromhex(draw), of, stands_in=stands_in, value=_value(vault, draw, of)).hex()


def _proved(client: Client, anchors: Anchors, tender: str) -> _Proved:
    entries = [one for one in record.of_tender(client, tender) if one.kind in drawing.KINDS]
    party: str = client.get("/me")["organisation"]
    told = list(client.items(f"/tenders/{tender}/draws"))
    if not told or party not in [one["party"] for one in told[-1]["parties"]]:
        raise Conflict("not_a_party", "没有由本单位参与的抽取。", "There is no draw of which you are a party.")
    found = _read(entries)
    if not found or found[-1].leaf != told[-1]["draw"]:
        raise _not_out()
    note = client.read_static("/log/checkpoint")
    anchor.open_checkpoint(anchors, note)
    checkpoint = conditions.checkpoint_of(note)
    tree = tiles.Tree(lambda path: client.read_static(f"/log/{path}"), checkpoint.size)
    proved = [one for one in entries if one.index is not None and one.index < checkpoint.size]
    places = {one.commitment.hex(): _check_included(one, tree, checkpoint) for one in proved}
    if found[-1].leaf not in places:
        raise _not_out()
    place = places[found[-1].leaf]
    return _Proved(told[-1], entries[0].head["lot"], party, found[-1], _read(proved)[-1], place, checkpoint, tree)


def _read(entries: list[Disclosed]) -> list[Draw]:
    return drawing.read((one.commitment.hex(), one.kind, one.body) for one in entries)


def _check_included(entry: Disclosed, tree: Tree, checkpoint: Checkpoint) -> int:
    if entry.index is None:
        raise _not_out()
    proof = tuple(tree.inclusion_proof(entry.index))
    leaf = merkle.leaf_hash(entry.commitment)
    merkle.verify_inclusion(entry.index, checkpoint.size, leaf, proof, checkpoint.root)
    return entry.index


def _not_out() -> Held:
    return Held("not_out", "抽取的记录尚未进入检查点，请稍候。", "The draw is in no checkpoint yet: wait a moment.")


def _named(found: _Proved) -> dict[str, Any]:
    """The checkpoint to name: that of the first commitment, when it holds the pool and is of this log; else the newest.

    The server tells which that is before the commitment is in the record: each is looked at here, whoever tells it.
    """
    newest, first = found.checkpoint, found.told["checkpoint"]
    if first is None:
        return {"root": signing.b64(newest.root), "size": newest.size}
    size, root = first["size"], notes.parse_hash(first["root"], "checkpoint")
    if not found.pool_index < size <= newest.size:
        raise Malformed("checkpoint_wrong", "第一份承诺所写检查点不含名单。", "The checkpoint named lacks the pool.")
    if size < newest.size:
        proof = tuple(found.tree.consistency_proof(size, newest.size))
        merkle.verify_consistency(size, newest.size, proof, root, newest.root)
    return {"root": signing.b64(root), "size": size}
