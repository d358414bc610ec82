"""Draws of experts: the table of pseudonyms is that of the record, and each pseudonym names its person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import Connection, select

from notary import draws, record
from notary.findings import Finding, differs, stray, unsound
from notary.fsck.entries import is_sound, stream
from notary.rows import entries
from trading.drawing import CALLED
from trading.rows import draw_candidates


def check_draws(connection: Connection) -> Iterator[Finding]:
    """Each candidate of each pool has one row, and no other is there."""
    known: defaultdict[str, set[str]] = defaultdict(set)
    for row in stream(connection, select(draw_candidates)):
        known[row.draw].add(row.candidate)
        if draws.pseudonym(bytes.fromhex(row.salt), row.person) != row.candidate:
            yield unsound("I3", f"draw_candidates draw={row.draw} person={row.person}", "pseudonym_wrong")
    for row in stream(connection, select(entries).where(entries.c.kind == CALLED)):
        if not is_sound(row):
            known.pop(row.commitment, None)
            continue
        body = record.of_row(row).body
        named = {one for group in body["groups"] for one in group["candidates"]}
        named |= {one["candidate"] for one in body["excluded"]}
        if named != known.pop(row.commitment, set()):
            yield differs("I3", f"draw_candidates draw={row.commitment}")
    for draw in sorted(known):
        yield stray("I3", f"draw_candidates draw={draw}")
