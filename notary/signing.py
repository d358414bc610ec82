"""One way to sign JSON: Ed25519 (RFC 8032) over a label and the canonical bytes.

A *signed object* is ``{"object": {...}, "signature": <base64>}``; the object always has a ``type`` such as
``sunbid/statement/1``, which separates the uses of one key. The key is known from the object or from the record,
never taken from the signature.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from notary import canonical
from notary.errors import Malformed

LABEL = b"sunbid/signed/1\n"


def b64(data: bytes) -> str:
    """Standard base64 with padding (RFC 4648 section 4)."""
    return base64.b64encode(data).decode("ascii")


def unb64(text: str, field: str | None = None) -> bytes:
    """The bytes of strict standard base64. Raises Malformed."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("not_base64", "不是有效的 base64。", "Not valid base64.", field=field) from error
    if b64(data) != text:
        raise Malformed("not_base64", "base64 不是规范形式。", "The base64 is not canonical.", field=field)
    return data


def unhex(text: str, size: int, field: str | None = None) -> bytes:
    """The bytes of lower-case hex of exactly `size` bytes. Raises Malformed."""
    if len(text) != 2 * size or any(c not in "0123456789abcdef" for c in text):
        raise Malformed(
            "not_hex", f"应为 {size} 字节的小写十六进制。", f"Expected {size} bytes of lower-case hex.", field=field
        )
    return bytes.fromhex(text)


def digest(label: str, value: Any) -> str:
    """SHA-256 over ``label`` + newline + canonical JSON, in lower-case hex: the id of a record of that type."""
    return hashlib.sha256(label.encode("ascii") + b"\n" + canonical.dumps(value)).hexdigest()


def object_id(value: dict[str, Any]) -> str:
    """The id of a typed object: digest under its own type."""
    return digest(value["type"], value)


def message(value: dict[str, Any]) -> bytes:
    """The bytes that are signed for a typed object."""
    return LABEL + canonical.dumps(value)


def sign(value: dict[str, Any], key: Ed25519PrivateKey) -> dict[str, Any]:
    """The signed object of a typed object."""
    return {"object": value, "signature": b64(key.sign(message(value)))}


def verify(signed: dict[str, Any], public_key: bytes, type_: str) -> dict[str, Any]:
    """The object inside, after its type and signature were checked. Raises Malformed (reason signature_wrong)."""
    if set(signed) != {"object", "signature"} or not isinstance(signed["object"], dict):
        raise Malformed("not_signed_object", "不是签名对象。", "Not a signed object.")
    value: dict[str, Any] = signed["object"]
    if value.get("type") != type_:
        raise Malformed("type_wrong", f"应为 {type_}。", f"Expected {type_}.", field="type")
    verify_bytes(message(value), str(signed["signature"]), public_key)
    return value


def verify_bytes(data: bytes, signature: str, public_key: bytes) -> None:
    """Check an Ed25519 signature in base64. Raises Malformed (reason signature_wrong)."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(unb64(signature, "signature"), data)
    except (InvalidSignature, ValueError) as error:
        raise Malformed(
            "signature_wrong", "签名不正确。", "The signature does not verify.", field="signature"
        ) from error


def verifies(signed: Mapping[str, Any], public_key: bytes) -> bool:
    """Whether a signed object's signature is this key's, where several keys may be meant. Its type is not looked at."""
    try:
        verify_bytes(message(signed["object"]), signed["signature"], public_key)
    except Malformed:
        return False
    return True
