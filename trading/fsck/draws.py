"""Draws of experts: their secrets give the pseudonyms that the record has, and who was drawn is who scores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import Connection, select

from notary import record
from notary.findings import Finding, absent, stray, unsound
from notary.fsck.entries import is_sound, stream
from notary.rows import entries
from trading.drawing import CALLED, FAILED, MADE, REPLACED, candidate_of
from trading.rows import committee, draw_secrets, pool_experts, scores


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


def check_seated(connection: Connection) -> Iterator[Finding]:
    """Where a committee has scored, its experts are who was drawn, if its notice asks for a draw or there is one."""
    secrets = {one.draw: bytes.fromhex(one.secret) for one in stream(connection, select(draw_secrets))}
    experts: defaultdict[str, set[str]] = defaultdict(set)
    for row in stream(connection, select(committee).where(committee.c.role == "expert")):
        experts[row.tender].add(row.person)
    found = _seated(connection)
    for tender in sorted(connection.scalars(select(scores.c.tender).distinct())):
        if tender in found:
            draw, seated = found[tender]
            secret = secrets.get(draw, b"")
            if seated != {candidate_of(secret, person) for person in experts[tender]}:
                yield unsound("I9", f"committee tender={tender}", "not_the_drawn")


def _seated(connection: Connection) -> dict[str, tuple[str, set[str]]]:
    """By lot the draw in force, and who sits by it; of a lot whose notice asks for a draw that is not there, nobody."""
    found: dict[str, tuple[str, set[str]]] = {}
    asked: set[str] = set()
    kinds = ("tender_published", CALLED, MADE, REPLACED, FAILED)
    query = select(entries).where(entries.c.kind.in_(kinds)).order_by(entries.c.serial)
    for row in stream(connection, query):
        if not is_sound(row):
            continue
        body = record.of_row(row).body
        if row.kind == "tender_published":
            asked |= {row.tender} if "drawn" in body else set()
        elif row.kind == CALLED:
            found[row.tender] = row.commitment, set()
        elif row.kind == MADE:
            found[row.tender] = body["draw"], {one for seats in body["seats"] for one in seats}
        elif row.kind == REPLACED:
            draw, seated = found.get(row.tender, (body["draw"], set()))
            found[row.tender] = draw, seated - {body["gone"]} | {body["seated"]}
        else:
            found.pop(row.tender, None)
    return dict.fromkeys(asked, ("", set[str]())) | found
