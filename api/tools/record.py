"""What the public record says of a tender, as far as this side works with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.tools.client import Client
from notary import entries
from notary.errors import Held, Malformed
from notary.forms import Form, Hex32, convert

NOTICES = frozenset({"tender_published", "tender_amended"})


class _Head(Form, frozen=True):
    kind: str
    lot: str
    tender: str
    time: str


class _Shown(Form, frozen=True):
    head: _Head
    head_salt: Hex32
    body: dict[str, Any]
    body_salt: Hex32
    index: int | None = None


@dataclass(frozen=True)
class Disclosed:
    """A disclosed entry whose commitment was computed here. index: its place in the log, None before it has one."""

    index: int | None
    head: dict[str, str]
    body: dict[str, Any]
    commitment: bytes

    @property
    def kind(self) -> str:
        """The kind of entry."""
        return self.head["kind"]


def read(value: dict[str, Any]) -> Disclosed:
    """An entry as the server shows it. Raises Malformed."""
    shown = convert(value, _Shown)
    head_salt, body_salt = bytes.fromhex(shown.head_salt), bytes.fromhex(shown.body_salt)
    commitment = entries.commitment(value["head"], head_salt, value["body"], body_salt)
    return Disclosed(shown.index, value["head"], value["body"], commitment)


def of_tender(client: Client, tender: str) -> list[Disclosed]:
    """All disclosed entries of a tender, in order. Raises Malformed for one of another tender."""
    found = [read(value) for value in client.items(f"/tenders/{tender}/record")]
    for entry in found:
        if entry.head["tender"] not in {tender, ""}:
            raise Malformed("entry_wrong", "记录属于另一项目。", "The entry is of another tender.", field="tender")
    return found


def opening(record: list[Disclosed]) -> Disclosed:
    """The tender's opening. Raises Held (not_opened)."""
    found = next((entry for entry in record if entry.kind == "lot_opened"), None)
    if found is None:
        raise Held("not_opened", "开标尚未进入公开记录，请稍后再试。", "The opening is not in the record yet.")
    return found


def latest_notice(record: list[Disclosed]) -> Disclosed:
    """The tender's latest notice: the publication or the last amendment. Raises Held (not_published)."""
    notices = [entry for entry in record if entry.kind in NOTICES]
    if not notices:
        raise Held("not_published", "公告尚未进入公开记录，请稍后再试。", "The notice is not in the record yet.")
    return notices[-1]
