"""Key sets against the trustees' keys, their signatures and the notices that name them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, select

from bidding import keysets
from bidding.acts import keys
from bidding.rows import key_set_signatures, key_sets, opening_keys
from notary import record, signing
from notary.anchors import Anchors
from notary.errors import Refusal
from notary.findings import Finding, absent, differing, differs, stray, unsound
from notary.fsck.entries import is_sound, stream
from notary.rows import AnyRow, entries
from trading.fsck.story import NOTICES
from trading.rows import tenders


def check_key_sets(connection: Connection, known: Anchors) -> Iterator[Finding]:
    """Every key set has its hash as id, is sound, and of keys that were offered and proved for it."""
    identities = keys.identities(connection)
    query = select(key_sets, tenders.c.stage, tenders.c.lot, tenders.c.published_at).join(
        tenders, tenders.c.tender == key_sets.c.tender
    )
    for row in stream(connection, query):
        where = f"key_sets key_set={row.key_set}"
        try:
            value = keys.load_record(connection, row.tender, row.kind)
            if value is None:
                raise KeyError(row.key_set)
            found = keysets.parse(value["key_set"])
            if row.stage not in {"draft", "proposed", "cancelled"}:
                keysets.verify(value, identities=identities, demonstration=known.demonstration)
        except (Refusal, KeyError) as fault:
            yield unsound("I3", where, str(fault))
            continue
        expected = {"key_set": found.id, "tender": found.tender, "kind": found.kind, "lot": found.lot}
        yield from differing("I3", where, expected, row._asdict())
        if (found.origin, found.demonstration) != (known.origin, known.demonstration):
            yield differs("I3", f"{where} content")
        if row.published_at is not None and row.composed_at > row.published_at:
            yield unsound("I3", f"{where} composed_at", "after_publication")
        yield from _check_opening_keys(connection, row, found)


def check_named(connection: Connection) -> Iterator[Finding]:
    """The key sets that notices name, and those that were logged as signed, are there."""
    there = set(connection.scalars(select(key_sets.c.key_set)))
    query = select(entries).where(entries.c.kind.in_((*NOTICES, "key_set_signed"))).order_by(entries.c.serial)
    for row in stream(connection, query):
        if is_sound(row):
            for id_ in _named(record.of_row(row).body):
                if id_ not in there:
                    yield absent("I3", f"key_sets key_set={id_} (entries serial={row.serial})")


def check_signatures(connection: Connection) -> Iterator[Finding]:
    """Every signature is of a trustee of the key set, over the whole of it."""
    query = (
        select(key_set_signatures, key_sets.c.content)
        .join(key_sets, key_sets.c.key_set == key_set_signatures.c.key_set)
        .order_by(key_set_signatures.c.key_set)
    )
    for row in stream(connection, query):
        where = f"key_set_signatures key_set={row.key_set} trustee={row.trustee}"
        try:
            value = json.loads(row.content)
            keysets.check_signature(value, keysets.parse(value).trustee(row.trustee), row.signature)
        except (Refusal, ValueError) as fault:
            yield unsound("I3", where, str(fault))


def _named(body: Mapping[str, Any]) -> list[str]:
    if "key_set" in body:
        return [signing.object_id(body["key_set"])]
    return list(body["key_sets"].values())


def _check_opening_keys(connection: Connection, row: AnyRow, found: keysets.KeySet) -> Iterator[Finding]:
    named = {one.trustee: one.opening_key.hex() for one in found.trustees}
    offered = connection.execute(
        select(opening_keys).where(opening_keys.c.tender == row.tender, opening_keys.c.kind == row.kind)
    )
    for one in offered:
        where = f"opening_keys opening_key={one.opening_key}"
        if named.pop(one.trustee, None) != one.opening_key:
            yield stray("I3", where)
        elif one.proved_at is None or not one.offered_at <= one.proved_at <= row.composed_at:
            yield unsound("I3", where, "not_proved_in_time")
    for trustee in named:
        yield absent("I3", f"opening_keys tender={row.tender} kind={row.kind} trustee={trustee}")
