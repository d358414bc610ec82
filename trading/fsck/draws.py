"""Draws of experts: their secrets give the pseudonyms that the record has."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from notary import record
from notary.findings import Finding, absent, stray, unsound
from notary.fsck.entries import is_sound, stream
from notary.rows import entries
from trading.drawing import CALLED, candidate_of
from trading.rows import draw_secrets, pool_experts


def check_draws(connection: Connection) -> Iterator[Finding]:
    """Each pool has its secret, by which each candidate is one of the pool of experts; no other secret is there."""
    persons = [one.person for one in stream(connection, select(pool_experts.c.person))]
    secrets = {one.draw: one.secret for one in stream(connection, select(draw_secrets))}
    for row in stream(connection, select(entries).where(entries.c.kind == CALLED)):
        secret, where = secrets.pop(row.commitment, None), f"draw_secrets draw={row.commitment}"
        if secret is None:
            yield absent("I3", where)
        elif is_sound(row):
            body = record.of_row(row).body
            named = {one for group in body["groups"] for one in group["candidates"]}
            named |= {one["candidate"] for one in body["excluded"]}
            if not named <= {candidate_of(bytes.fromhex(secret), person) for person in persons}:
                yield unsound("I3", where, "pseudonym_wrong")
    for draw in sorted(secrets):
        yield stray("I3", f"draw_secrets draw={draw}")
