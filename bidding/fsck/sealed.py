"""Envelopes and their parts: each there with size and hash, each destroyed one gone, nothing else (I3, I10)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, select

from bidding.acts.uploads import part_key
from bidding.envelope import parse_front
from bidding.rows import envelopes, parts, removed_uploads, statements, uploads
from notary.errors import Refusal
from notary.findings import Finding, absent, differing, differs, stray, unsound
from notary.fsck.entries import stream
from notary.fsck.objects import check_object
from notary.rows import AnyRow, entries, outbox
from notary.store import Store

_FOLDER = "sealed/"


def check_uploads(connection: Connection, store: Store) -> Iterator[Finding]:
    """Every part of every upload: as declared, and its object whole; gone where the envelope was destroyed."""
    query = (
        select(uploads, envelopes.c.envelope, envelopes.c.destroyed_leaf, envelopes.c.kind.label("bound"))
        .join(envelopes, envelopes.c.upload == uploads.c.upload, isouter=True)
        .order_by(uploads.c.upload)
    )
    for row in stream(connection, query):
        where = f"uploads upload={row.upload}"
        there = connection.execute(select(parts).where(parts.c.upload == row.upload).order_by(parts.c.number)).all()
        sizes = json.loads(row.part_sizes)
        if row.size != sum(sizes) or json.dumps(sizes) != row.part_sizes:
            yield unsound("I3", f"{where} size", "not_the_sum_of_its_parts")
        if row.envelope is not None and [part.number for part in there] != list(range(len(sizes))):
            yield unsound("I3", where, "not_whole")
        for part in there:
            yield from _check_part(store, part, sizes, destroyed=row.destroyed_leaf is not None)


def check_envelopes(connection: Connection, store: Store) -> Iterator[Finding]:
    """Every envelope is named by its statement, of the same tender, bidder and kind, and has the id of its bytes."""
    query = (
        select(
            envelopes,
            statements.c.signed,
            statements.c.leaf,
            statements.c.accepted_at,
            statements.c.tender,
            statements.c.bidder,
            uploads.c.tender.label("upload_tender"),
            uploads.c.bidder.label("upload_bidder"),
            uploads.c.kind.label("upload_kind"),
            uploads.c.created_at,
            entries.c.body.label("destruction"),
        )
        .join(statements, statements.c.statement == envelopes.c.statement)
        .join(uploads, uploads.c.upload == envelopes.c.upload)
        .join(entries, entries.c.commitment == envelopes.c.destroyed_leaf, isouter=True)
    )
    for row in stream(connection, query):
        where = f"envelopes envelope={row.envelope}"
        named = json.loads(row.signed)["object"].get("envelopes", {})
        if named.get(row.kind) != row.envelope:
            yield differs("I3", where)
        expected = {"upload_tender": row.tender, "upload_bidder": row.bidder, "upload_kind": row.kind}
        yield from differing("I3", f"{where} upload={row.upload}", expected, row._asdict())
        if row.created_at > row.accepted_at:
            yield unsound("I3", f"uploads upload={row.upload} created_at", "after_acceptance")
        if row.destruction is None:
            yield from _check_id(connection, store, row)
        elif json.loads(row.destruction).get("accepted") != row.leaf:
            yield differs("I3", f"{where} destroyed_leaf")


def check_statements_have_envelopes(connection: Connection) -> Iterator[Finding]:
    """Every envelope that a statement names has its row."""
    for row in stream(connection, select(statements.c.statement, statements.c.signed)):
        named = json.loads(row.signed)["object"].get("envelopes", {})
        query = select(envelopes.c.kind).where(envelopes.c.statement == row.statement)
        for kind in sorted(named.keys() - set(connection.scalars(query))):
            yield absent("I3", f"envelopes statement={row.statement} kind={kind}")


def check_store(connection: Connection, store: Store) -> Iterator[Finding]:
    """Every sealed object is of an upload. What is being destroyed just now is left alone."""
    destroyed = set(connection.scalars(select(envelopes.c.upload).where(envelopes.c.destroyed_leaf.is_not(None))))
    busy = connection.execute(select(outbox.c.serial).where(outbox.c.job == "destroy")).first() is not None
    removed = set(connection.scalars(select(removed_uploads.c.upload)))
    known = set(connection.scalars(select(uploads.c.upload)))
    for key in store.keys(_FOLDER):
        upload = key.removeprefix(_FOLDER).partition("/")[0]
        if upload in removed or (upload in destroyed and not busy):
            yield Finding("I3", key, "应已销毁而仍在。", "It was destroyed in the record and is still there.")
        elif upload not in known:
            yield stray("I10", key)


def _check_part(store: Store, part: AnyRow, sizes: Sequence[int], *, destroyed: bool) -> Iterator[Finding]:
    where = f"parts upload={part.upload} number={part.number}"
    if part.number >= len(sizes) or part.size != sizes[part.number]:
        yield unsound("I3", where, "not_as_declared")
    if not destroyed:
        yield from check_object(store, part_key(part.upload, part.number), part.size, part.sha256)


def _check_id(connection: Connection, store: Store, row: AnyRow) -> Iterator[Finding]:
    query = select(parts.c.sha256).where(parts.c.upload == row.upload, parts.c.number > 0).order_by(parts.c.number)
    try:
        front = parse_front(store.read(part_key(row.upload, 0)))
        found = front.envelope_id(list(connection.scalars(query)))
    except Refusal as fault:
        yield unsound("I3", f"envelopes envelope={row.envelope}", str(fault))
        return
    if found != row.envelope:
        yield differs("I3", f"envelopes envelope={row.envelope} upload={row.upload}")
