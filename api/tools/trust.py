"""Which keys a party believes: anchors given on purpose, or those it has seen first and keeps to ever after."""

from __future__ import annotations

from typing import Any

from api.tools.client import Client
from api.tools.vault import Vault
from notary import anchors
from notary.anchors import Anchors
from notary.errors import Conflict, Forbidden


def trusted(client: Client, vault: Vault, given: dict[str, Any] | None = None) -> Anchors:
    """The anchors to work with.

    given: anchors from outside; they replace what the vault has. Without them the server's are taken, as far as they
    agree with those that the vault keeps: no key may change, trustees may be added.
    Raises Forbidden (demonstration_unexpected), Conflict (anchors_changed), Malformed.
    """
    value = seen(client, given)
    kept = vault.content.anchors
    if given is None and kept is not None:
        _check_same(kept, value)
    if value != kept:
        vault.change(anchors=value)
    return anchors.parse(value)


def seen(client: Client, given: dict[str, Any] | None = None) -> dict[str, Any]:
    """Anchors of sound form, given or the server's; of a demonstration only for a client that was told.

    Raises Forbidden (demonstration_unexpected), Malformed.
    """
    value: dict[str, Any] = given or client.get("/anchors")
    if anchors.parse(value).demonstration and not client.demonstration:
        raise Forbidden(
            "demonstration_unexpected",
            "这是演示系统，在其中所做的一切都无效力；确要演示请加 --demonstration。",
            "This server is a demonstration, nothing done in it counts; add --demonstration if that is what you want.",
        )
    return value


def fingerprint(public_key: bytes) -> str:
    """A key in groups of four hex digits, for comparing by eye with what is on paper."""
    digits = public_key.hex()
    return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))


def _check_same(kept: dict[str, Any], found: dict[str, Any]) -> None:
    for member in sorted(kept.keys() - {"trustees"}):
        if found[member] != kept[member]:
            raise _changed(member)
    for trustee, identity in kept["trustees"].items():
        if found["trustees"].get(trustee) != identity:
            raise _changed(f"trustees.{trustee}")


def _changed(member: str) -> Conflict:
    return Conflict(
        "anchors_changed",
        f"服务器公布的密钥（{member}）与本机记录的不一致。请经其他渠道核对后用 --anchors 指定锚点文件。",
        f"A key that the server shows ({member}) is not the one kept here. "
        "Compare by another way, then name the file of anchors with --anchors.",
        field=member,
    )
