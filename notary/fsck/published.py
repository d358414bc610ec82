"""What the public sees of the log, against the database: checkpoints, tiles, bundles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from sqlalchemy import Connection, select

from notary import anchors, notes, tiles
from notary.anchors import Anchors
from notary.errors import Malformed, Unknown
from notary.findings import Finding, absent, differs, unsound
from notary.fsck.entries import stream
from notary.fsck.growth import Growth
from notary.rows import AnyRow, checkpoints, entries, numbered
from notary.store import Store


def published_note(store: Store) -> bytes | None:
    """The checkpoint that the public sees, to be read before the database's snapshot: then it is not ahead of it."""
    try:
        return store.read(tiles.CHECKPOINT_PATH)
    except Unknown:
        return None


def check_published(connection: Connection, store: Store, known: Anchors, note: bytes | None) -> Iterator[Finding]:
    """Every checkpoint is signed, cosigned, and over the tree that the database gives; so are all files of the log."""
    growth = Growth()
    yield from _check_checkpoints(connection, known, growth)
    size = 0
    if note is not None:
        try:
            size = notes.parse_checkpoint(notes.parse_note(note).text).size
        except Malformed as fault:
            yield unsound("I4", tiles.CHECKPOINT_PATH, fault.reason)
    yield from _check_newest(connection, note, size)
    yield from _check_files(store, growth, size)


def _check_newest(connection: Connection, note: bytes | None, size: int) -> Iterator[Finding]:
    """The public sees the newest checkpoint, or the one before it: a crash may stand between row and file."""
    newest = connection.execute(select(checkpoints).order_by(checkpoints.c.size.desc()).limit(2)).all()
    if len(newest) == 2 and size < newest[1].size:
        yield unsound("I4", tiles.CHECKPOINT_PATH, "not_the_newest")
    if note is not None:
        kept = connection.scalar(select(checkpoints.c.note).where(checkpoints.c.size == size))
        if kept is None or kept.encode() != note:
            yield differs("I4", tiles.CHECKPOINT_PATH)


def _check_checkpoints(connection: Connection, known: Anchors, growth: Growth) -> Iterator[Finding]:
    """Grows the tree by all leaves, and looks at each checkpoint when its size is reached."""
    query = (
        select(entries.c.commitment).join(numbered, numbered.c.serial == entries.c.serial).order_by(numbered.c.index)
    )
    with closing(stream(connection, select(checkpoints).order_by(checkpoints.c.size))) as kept:
        checkpoint = next(kept, None)
        for (commitment,) in stream(connection, query):
            growth.add(bytes.fromhex(commitment))
            while checkpoint is not None and checkpoint.size <= growth.size:
                yield from _check_checkpoint(checkpoint, known, growth)
                checkpoint = next(kept, None)
        if checkpoint is not None:
            yield unsound("I4", f"checkpoints size={checkpoint.size}", "beyond_the_log")


def _check_checkpoint(row: AnyRow, known: Anchors, growth: Growth) -> Iterator[Finding]:
    where = f"checkpoints size={row.size}"
    try:
        opened = anchors.open_checkpoint(known, row.note.encode())
    except Malformed as fault:
        yield unsound("I4", where, fault.reason)
        return
    if (opened.checkpoint.size, opened.checkpoint.root) != (growth.size, growth.root()):
        yield differs("I4", where)


def _check_files(store: Store, growth: Growth, size: int) -> Iterator[Finding]:
    """Files of leaves that were numbered after the snapshot are not looked at."""
    wanted = set(tiles.paths(size))
    for path in store.keys("tile/"):
        wanted.discard(path)
        try:
            expected = growth.file(tiles.parse_path(path))
        except Malformed as fault:
            yield unsound("I4", path, fault.reason)
            continue
        if expected is not None and store.read(path) != expected:
            yield differs("I4", path)
    for path in sorted(wanted):
        yield absent("I4", path)
