"""The trustees of a lot and how far each is: key offered, key set signed, rehearsed, released."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from bidding.rows import key_set_signatures, key_sets, opening_keys, rehearsals, releases, trustees
from notary import clock
from trading.acts.stages import Tender
from trading.draft import quorums_of


def of_lot(connection: Connection, row: Tender) -> list[dict[str, Any]]:
    """Each trustee that the lot names, by code: name, operator, and whether it proved, signed, rehearsed, released.

    released: the time text, or None. One kind of envelope is enough to be told missing in `proved` and `signed`.
    """
    named = sorted({name for quorum in quorums_of(row.content) for name in quorum})
    proved = _set(
        connection,
        select(opening_keys.c.trustee).where(
            opening_keys.c.tender == row.tender, opening_keys.c.proved_at.is_not(None)
        ),
    )
    of_sets = select(key_sets.c.key_set).where(key_sets.c.tender == row.tender)
    signed = _set(connection, select(key_set_signatures.c.trustee).where(key_set_signatures.c.key_set.in_(of_sets)))
    rehearsed = _set(
        connection,
        select(rehearsals.c.trustee).where(rehearsals.c.key_set.in_(of_sets), rehearsals.c.rehearsed_at.is_not(None)),
    )
    released = {
        one.trustee: clock.text(one.released_at)
        for one in connection.execute(
            select(releases.c.trustee, releases.c.released_at).where(releases.c.tender == row.tender)
        )
    }
    known = {one.trustee: one for one in connection.execute(select(trustees).where(trustees.c.trustee.in_(named)))}
    return [
        {
            "trustee": name,
            "name": known[name].name if name in known else name,
            "operator": name in known and known[name].operator,
            "proved": name in proved,
            "signed": name in signed,
            "rehearsed": name in rehearsed,
            "released": released.get(name),
        }
        for name in named
    ]


def complete(found: list[dict[str, Any]]) -> bool:
    """Whether every trustee has signed the key set, so that the lot may be published."""
    return bool(found) and all(one["signed"] for one in found)


def _set(connection: Connection, query: Any) -> set[str]:
    return set(connection.scalars(query))
