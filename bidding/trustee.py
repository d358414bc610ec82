"""What a trustee's tool computes: opening keys from one seed, answers to challenges. Pure.

docs/spec/envelope.md, Trustees.
"""

from __future__ import annotations

import hashlib

from bidding import hpke, wraps
from notary import canonical
from notary.errors import Malformed

POSSESSION = "sunbid/possession/1"
REHEARSAL = "sunbid/rehearsal/1"
_INSIDE = 32


def opening_key(seed: bytes, counter: int) -> bytes:
    """The private opening key number `counter` (from 0) of a master seed of 32 bytes."""
    return hpke.expand(seed, b"sunbid/opening-key/1\n" + counter.to_bytes(8, "big"))


def possession_info(*, tender: str, lot: str, kind: str, trustee: str, public_key: bytes) -> bytes:
    """The info of the box by which a trustee shows that it holds a fresh opening key."""
    about = {"kind": kind, "lot": lot, "opening_key": public_key.hex(), "tender": tender, "trustee": trustee}
    return f"{POSSESSION}\n".encode() + canonical.dumps(about)


def rehearsal_info(key_set: str, public_key: bytes) -> bytes:
    """The info of a rehearsal's box: the key set's id (hex) and the opening or evaluation key rehearsed."""
    return f"{REHEARSAL}\n".encode() + bytes.fromhex(key_set) + public_key


def challenge(inside: bytes, public_key: bytes, info: bytes) -> bytes:
    """The box with 32 random bytes inside, 80 bytes long."""
    return hpke.seal(wraps.coins(inside, info), public_key, info, inside)


def expected_answer(inside: bytes) -> str:
    """What the holder of the key answers, in hex; whoever made the challenge keeps this and forgets the inside."""
    return hashlib.sha256(b"sunbid/answer/1\n" + inside).hexdigest()


def answer(private_key: bytes, info: bytes, box: bytes) -> str:
    """The answer to a challenge. Raises Malformed (box_closed, challenge_malformed).

    `info` comes from possession_info or rehearsal_info, never from the network: so no box of a bid opens here.
    """
    inside = hpke.open_box(private_key, info, box)
    if len(inside) != _INSIDE:
        raise Malformed("challenge_malformed", "演练盒内容长度不对。", "A challenge holds 32 bytes.", field="box")
    return expected_answer(inside)


def possession(*, tender: str, lot: str, kind: str, trustee: str, public_key: bytes, answered: str) -> dict[str, str]:
    """The typed object that a trustee signs with its identity key to show that it holds an opening key."""
    return {
        "type": POSSESSION,
        "tender": tender,
        "lot": lot,
        "kind": kind,
        "trustee": trustee,
        "opening_key": public_key.hex(),
        "answer": answered,
    }


def rehearsal(*, key_set: str, trustee: str, answered: str) -> dict[str, str]:
    """The typed object that a trustee signs after a rehearsal (docs/spec/log.md)."""
    return {"type": REHEARSAL, "key_set": key_set, "trustee": trustee, "answer": answered}
