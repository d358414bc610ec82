"""Keys: every one but an owner's first for a purpose was endorsed by an earlier one, or replaces lost ones in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import Connection, select

from notary import record, signing
from notary.entries import Entry
from notary.errors import Malformed
from notary.findings import Finding, unsound
from notary.fsck.entries import is_sound, stream
from notary.rows import entries


def check_keys(connection: Connection) -> Iterator[Finding]:
    """Each registration in the order of the record."""
    earlier: defaultdict[tuple[str, str], list[bytes]] = defaultdict(list)
    query = select(entries).where(entries.c.kind == "key_registered").order_by(entries.c.serial)
    for row in stream(connection, query):
        if is_sound(row):
            entry = record.of_row(row)
            known = earlier[entry.body["owner"], entry.body["purpose"]]
            if not _stands(entry, known):
                yield unsound("I3", f"entries serial={row.serial}", "not_endorsed")
            if "reason" in entry.body:
                known.clear()
            known.append(bytes.fromhex(entry.body["public_key"]))


def _stands(entry: Entry, earlier: list[bytes]) -> bool:
    endorsement, reason = entry.body.get("endorsement"), entry.body.get("reason")
    if endorsement is None:
        return bool(reason) == bool(earlier)
    about = {name: entry.body[name] for name in ("owner", "public_key", "purpose")}
    try:
        same = endorsement["object"].items() >= about.items()
        return same and any(signing.verifies(endorsement, key) for key in earlier)
    except (KeyError, AttributeError, Malformed):
        return False
