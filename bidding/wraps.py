"""The boxes of an envelope, all derived from the key inside (docs/spec/envelope.md, Keys, boxes and coins). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bidding import hpke
from bidding.keysets import KeySet
from notary.errors import Malformed

KEY = 32


def derive_all(form_key: bytes, key_set: KeySet, context: bytes) -> tuple[bytes, ...]:
    """The form key wrapped for each quorum of the policy, in its order."""
    return tuple(_derive(form_key, key_set.opening_keys(q), context, q) for q in range(len(key_set.quorums)))


def unwrap(sealed: bytes, private_keys: Sequence[bytes], context: bytes, quorum: int) -> bytes:
    """The form key in the wrap of a quorum, with the private keys of its trustees in order.

    Raises Malformed (wrap_closed).
    """
    try:
        for position, private_key in enumerate(private_keys):
            sealed = hpke.open_box(private_key, _wrap_info(context, quorum, position), sealed)
    except Malformed as error:
        raise _closed(quorum) from error
    if len(sealed) != KEY:
        raise _closed(quorum)
    return sealed


def derive_box(documents_key: bytes, evaluation_key: bytes, context: bytes) -> bytes:
    """The evaluation box: the documents key sealed to the lot's evaluation key."""
    info = _evaluation_info(context)
    return hpke.seal(coins(documents_key, info), evaluation_key, info, documents_key)


def open_box(box: bytes, private_key: bytes, context: bytes) -> bytes:
    """The documents key in the evaluation box. Raises Malformed (box_closed)."""
    return hpke.open_box(private_key, _evaluation_info(context), box)


def coins(key: bytes, info: bytes) -> bytes:
    """The ephemeral private key of the box that has `info` and, at last, `key` inside."""
    return hpke.expand(key, b"sunbid/coins/1\n" + info)


def _derive(form_key: bytes, opening_keys: Sequence[bytes], context: bytes, quorum: int) -> bytes:
    sealed = form_key
    for position in reversed(range(len(opening_keys))):
        info = _wrap_info(context, quorum, position)
        sealed = hpke.seal(coins(form_key, info), opening_keys[position], info, sealed)
    return sealed


def _wrap_info(context: bytes, quorum: int, position: int) -> bytes:
    return b"sunbid/wrap/1\n" + context + b"form" + quorum.to_bytes(2, "big") + position.to_bytes(2, "big")


def _evaluation_info(context: bytes) -> bytes:
    return b"sunbid/evaluation/1\n" + context


def _closed(quorum: int) -> Malformed:
    return Malformed(
        "wrap_closed",
        "该投标的密钥封装无法打开。",
        "The wrap of the form key does not open with the quorum's keys.",
        field=f"wraps[{quorum}]",
        quorum=quorum,
    )
