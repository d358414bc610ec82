"""What parties signed, against the keys they had registered; and releases against their key sets and checkpoints."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from bidding import keysets
from bidding.rows import key_sets, releases
from notary import canonical, notes, record, signing
from notary.errors import Malformed
from notary.findings import Finding, absent, unsound
from notary.fsck.entries import is_sound, stream
from notary.rows import AnyRow, checkpoints, entries
from trading.rows import keys

#: Entry kind -> member of its body that is signed, who signs (a member of the object), and the purpose of the key.
_SIGNED = {
    "bid_accepted": ("statement", "bidder", "statement"),
    "bid_withdrawn": ("statement", "bidder", "statement"),
    "trustee_rehearsed": ("rehearsal", "trustee", "trustee"),
    "key_released": ("release", "trustee", "trustee"),
    "opening_confirmed": ("confirmation", "bidder", "statement"),
    "score_signed": ("score", "expert", "score"),
    "draw_committed": ("commitment", "party", "draw"),
    "draw_revealed": ("reveal", "party", "draw"),
}


def check_signed(connection: Connection) -> Iterator[Finding]:
    """Every signed object in the record verifies with a key that its signer had registered by then."""
    query = select(entries).where(entries.c.kind.in_(_SIGNED)).order_by(entries.c.serial)
    for row in stream(connection, query):
        if not is_sound(row):
            continue
        member, who, purpose = _SIGNED[row.kind]
        signed = record.of_row(row).body[member]
        registered = connection.scalars(
            select(keys.c.public_key).where(
                keys.c.owner == signed["object"][who], keys.c.purpose == purpose, keys.c.registered_at <= row.time
            )
        )
        if not any(signing.verifies(signed, bytes.fromhex(key)) for key in registered):
            yield unsound("I3", f"entries serial={row.serial}", "signature_wrong")


def check_releases(connection: Connection) -> Iterator[Finding]:
    """Every private key released belongs to its key set, and names a checkpoint that was published."""
    query = (
        select(releases, key_sets.c.content, entries.c.body)
        .join(key_sets, key_sets.c.key_set == releases.c.key_set)
        .join(entries, entries.c.commitment == releases.c.leaf)
    )
    for row in stream(connection, query):
        where = f"releases trustee={row.trustee} tender={row.tender}"
        try:
            key_set = keysets.parse(canonical.loads(row.content.encode()))
            keysets.check_released(key_set, row.trustee, bytes.fromhex(row.private_key))
        except (Malformed, ValueError) as fault:
            yield unsound("I6", where, str(fault))
            continue
        yield from _check_checkpoint(connection, row, where)


def _check_checkpoint(connection: Connection, row: AnyRow, where: str) -> Iterator[Finding]:
    said = canonical.loads(row.body.encode())["release"]["object"]["checkpoint"]
    note = connection.scalar(select(checkpoints.c.note).where(checkpoints.c.size == said["size"]))
    if note is None:
        yield absent("I4", f"checkpoints size={said['size']} ({where})")
        return
    root = notes.parse_checkpoint(notes.parse_note(note.encode()).text).root
    if signing.b64(root) != said["root"]:
        yield unsound("I4", where, "checkpoint_wrong")
