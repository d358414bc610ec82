"""Opening part 0 of an envelope, by a quorum's keys or a recovery file (docs/spec/envelope.md, Opening). Pure.

Whatever fails makes this bid unopenable with the reason named, and never stops another bid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cryptography.cobblestone import Cobblestone256Decryptor
from cryptography.exceptions import InvalidTag

from bidding import wraps
from bidding.envelope import BOX, MAX_FORM, BidForm, Front, commitment, padme
from bidding.keysets import KeySet, Quorum
from notary import canonical, forms
from notary.errors import Malformed, Refusal

_FORM_AT = BOX + 4


@dataclass(frozen=True)
class Opened:
    """What the form section held: the form's values, the evaluation box (80 bytes), and the key that opened it."""

    values: dict[str, Any]
    box: bytes
    form_key: bytes


def with_quorum(front: Front, key_set: KeySet, bidder: str, quorum: Quorum) -> Opened:
    """Open with the private keys of one whole quorum.

    Raises Malformed: header_wraps, base_wrong, wrap_closed and all of with_form_key.
    """
    check_base(front, key_set, bidder)
    sealed = front.header.wraps[quorum.number]
    form_key = wraps.unwrap(sealed, quorum.private_keys, front.header.base.context(), quorum.number)
    return with_form_key(front, key_set, bidder, form_key)


def with_form_key(front: Front, key_set: KeySet, bidder: str, form_key: bytes) -> Opened:
    """Open with the form key itself, as a recovery file has it: another bid's key is refused.

    Raises Malformed: header_wraps, base_wrong, wrap_differs, form_closed, form_layout.
    """
    check_base(front, key_set, bidder)
    context = front.header.base.context()
    # One file key, one envelope: else bidder and one trustee could choose after the fact whether the bid opens.
    for quorum, derived in enumerate(wraps.derive_all(form_key, key_set, context)):
        if derived != front.header.wraps[quorum]:
            raise _refuse(
                "wrap_differs",
                "密钥封装不是由表单密钥推导而来，整份投标作废。",
                "A wrap is not the one derived from the form key: the envelope is void for every quorum.",
                f"wraps[{quorum}]",
            )
    return _open_form(front, form_key, context)


def check_base(front: Front, key_set: KeySet, bidder: str) -> None:
    """Check that the envelope is of this key set and bidder. Raises Malformed (header_wraps, base_wrong)."""
    base = front.header.base
    if len(front.header.wraps) != len(key_set.quorums):
        zh, en = "密钥封装个数与密钥组不符。", "There is not one wrap for each quorum of the key set."
        raise _refuse("header_wraps", zh, en, "wraps")
    for field, expected in {
        "key_set": key_set.id,
        "tender": key_set.tender,
        "lot": key_set.lot,
        "kind": key_set.kind,
        "bidder": bidder,
    }.items():
        if getattr(base, field) != expected:
            zh, en = "信封不属于本密钥组或本投标人。", "The envelope is not of this key set, lot or bidder."
            raise _refuse("base_wrong", zh, en, f"base.{field}")


def _open_form(front: Front, form_key: bytes, context: bytes) -> Opened:
    decryptor = Cobblestone256Decryptor(form_key, context)
    if commitment(front.form_section) != front.header.form.commitment:
        zh, en = "开标一览表的密钥承诺与头部不符。", "The form section's key commitment is not the header's."
        raise _refuse("form_closed", zh, en, "form.commitment")
    try:
        plain = decryptor.update(front.form_section) + decryptor.finalize()
    except InvalidTag as error:
        zh, en = "开标一览表无法解密。", "The form section does not decrypt."
        raise _refuse("form_closed", zh, en, "form") from error
    size = int.from_bytes(plain[BOX:_FORM_AT], "big")
    end = _FORM_AT + size
    if size > MAX_FORM or len(plain) != padme(end) or any(plain[end:]):
        raise _layout("form", None)
    try:
        value = canonical.loads_canonical(plain[_FORM_AT:end], max_bytes=MAX_FORM)
        values: dict[str, Any] = {**forms.convert(value, BidForm).values}
    except Refusal as error:
        raise _layout(error.field, error.reason) from error
    return Opened(values, plain[:BOX], form_key)


def _layout(field: str | None, because: str | None) -> Malformed:
    zh, en = "开标一览表的内容不符合格式。", "The form section's content is not of its form."
    return _refuse("form_layout", zh, en, field, because=because)


def _refuse(reason: str, zh: str, en: str, field: str | None, **facts: Any) -> Malformed:
    return Malformed(reason, zh, en, field=field, **facts)
