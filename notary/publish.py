"""The sequencer: gives pending leaves their index, and publishes tiles and cosigned checkpoints (docs/spec/log.md).

    number   one transaction: committed entries without an index get one, in the order of their serials, and a head
    publish  outside any transaction: tiles, signature, witnesses, then the checkpoint file

Numbering is the point of no return: the database fixes which commitment has which index, so everything in `publish`
can be computed again from it. A crash anywhere in `publish` leaves at most tiles that nobody's checkpoint covers yet;
the next run writes the same bytes again. There is no recovery code besides: normal work is the recovery.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, func, insert, select

from notary import merkle, notes, tiles, witness
from notary.errors import Held, Unknown
from notary.failpoints import failpoint
from notary.notes import Checkpoint, Note
from notary.proofs import LogProof
from notary.rows import AnyRow, checkpoints, entries, heads, numbered
from notary.store import Store
from notary.work import Lock, Work

BATCH = 4096

#: What stops the log until somebody has looked; any other silence of a witness passes.
_ALARMS = frozenset({"log_behind", "log_forked"})

#: Sends an add-checkpoint body to one witness and gives status, content type and body of its answer.
#: Raises Held when it cannot be reached.
Ask = Callable[[bytes], tuple[int, str, bytes]]


@dataclass(frozen=True)
class WitnessLink:
    """One witness: its key and how to ask it."""

    key: notes.VerifierKey
    ask: Ask


class Log:
    """The log of one origin: its database, its public files, its key and its witnesses."""

    def __init__(
        self,
        work: Work,
        store: Store,
        origin: str,
        key: Ed25519PrivateKey,
        witnesses: Sequence[WitnessLink] = (),
        quorum: int = 0,
    ) -> None:
        self.work = work
        self.store = store
        self.origin = origin
        self.witnesses = tuple(witnesses)
        self.quorum = quorum
        self.vkey = notes.verifier_key(origin, notes.LOG_KEY, key)
        self._key = key
        # What each witness last cosigned, as far as we know; it corrects us with a 409 where we are wrong.
        self._seen = dict.fromkeys((link.key.name for link in self.witnesses), 0)

    def run(self) -> int:
        """Number and publish everything pending. Returns the published size. Raises Held when it must not go on."""
        while self.number() == BATCH:
            pass
        return self.publish()

    def number(self) -> int:
        """Give up to BATCH pending leaves their index; how many it were."""
        published = self.published()
        with self.work.unit(Lock("log")) as unit:
            head = _head(unit.connection)
            size = head.size if head else 0
            if published and published.size > size:
                raise _behind(size, published.size)
            if head and unit.now < head.time:
                raise Held("clock_behind_log", "时钟早于日志末端。", "The clock is behind the log's last head.")
            # Every committed entry without an index, never a cursor past the last one: commits come out of order, and
            # a cursor lost rows in a trial.
            pending = unit.connection.execute(_PENDING).all()
            if pending:
                unit.connection.execute(
                    insert(numbered), [{"index": size + i, "serial": row.serial} for i, row in enumerate(pending)]
                )
                # Not before its leaves: one may have read the clock and committed since this unit did.
                time = max(unit.now, *(row.time for row in pending))
                # Compare-and-swap: `previous` is unique, so of two sequencers at one head the second fails here.
                unit.connection.execute(insert(heads).values(size=size + len(pending), previous=size, time=time))
                failpoint("number.written")
        return len(pending)

    def publish(self) -> int:
        """Publish tiles and a cosigned checkpoint up to the last head; the published size.

        Raises Held (witness_quorum) when too few witnesses answered: everything is kept, and the next run goes on.
        """
        published = self.published() or Checkpoint(self.origin, 0, merkle.EMPTY_ROOT)
        with self.work.reading() as connection:
            head = _head(connection)
            size = head.size if head else 0
            added = connection.scalars(_commitments(published.size, size)).all()
        if size <= published.size:
            return published.size
        failpoint("publish.begun")
        growth = tiles.grow(self.store.read, published.size, published.root, [bytes.fromhex(c) for c in added])
        for path, data in growth.files.items():
            self.store.put(path, [data])
            failpoint("publish.tile")
        note = self._cosigned(Checkpoint(self.origin, growth.size, growth.root))
        failpoint("publish.cosigned")
        # The cosigned note goes to the database first: the file is what the public sees, and what it shows is kept.
        with self.work.unit(Lock("log")) as unit:
            kept = _keep(unit.connection, growth.size, note.data)
        failpoint("publish.kept")
        with self.work.unit(Lock("log")):
            # Another sequencer may have gone further meanwhile: what the public sees never shrinks.
            shown = self.published()
            if shown is None or shown.size < growth.size:
                self.store.replace(tiles.CHECKPOINT_PATH, kept)
        return growth.size

    def published(self) -> Checkpoint | None:
        """The checkpoint that the public sees, its signature checked; None before the first."""
        note = self.published_note()
        return None if note is None else notes.open_checkpoint(note, self.vkey).checkpoint

    def published_note(self) -> Note | None:
        """The same with its signatures."""
        try:
            return notes.parse_note(self.store.read(tiles.CHECKPOINT_PATH))
        except Unknown:
            return None

    def tree(self, size: int) -> tiles.Tree:
        """The published tree, for proofs."""
        return tiles.Tree(self.store.read, size)

    def proof(self, index: int) -> LogProof | None:
        """The proof of a leaf in the published checkpoint; None while it does not reach that far."""
        note = self.published_note()
        if note is None:
            return None
        checkpoint = notes.parse_checkpoint(note.text)
        if index >= checkpoint.size:
            return None
        return LogProof(index, tuple(self.tree(checkpoint.size).inclusion_proof(index)), note.data)

    def _cosigned(self, checkpoint: Checkpoint) -> Note:
        note = Note(checkpoint.text, (notes.sign(checkpoint.text, self.origin, self._key),))
        found = []
        for link in self.witnesses:
            try:
                found.append(self._ask(link, checkpoint, note))
            except Held as held:
                if held.reason in _ALARMS:
                    raise
        if len(found) < self.quorum:
            raise Held(
                "witness_quorum",
                f"见证方应答不足（{len(found)}/{self.quorum}），检查点暂不发布，稍后自动重试。",
                f"Only {len(found)} of {self.quorum} witnesses answered; the checkpoint waits and is tried again.",
            )
        return notes.with_signatures(note, found)

    def _ask(self, link: WitnessLink, checkpoint: Checkpoint, note: Note) -> notes.Signature:
        tree = self.tree(checkpoint.size)
        for _ in range(2):
            old = self._seen[link.key.name]
            proof = tree.consistency_proof(old) if 0 < old < checkpoint.size else []
            status, _, body = link.ask(witness.request_body(old, proof, note.data))
            if status == 409:
                self._seen[link.key.name] = seen = witness.size_from_answer(body)
                if seen > checkpoint.size:
                    raise self._overtaken(seen)
                continue
            if status == 200:
                (cosignature,) = witness.cosignatures_from_answer(body, note.text, [link.key])
                self._seen[link.key.name] = checkpoint.size
                return cosignature.signature
            if status == 422:
                raise _forked(link.key.name)
            raise Held("witness_refused", f"见证方拒绝（{status}）。", f"The witness refused with status {status}.")
        raise Held("witness_moving", "见证方状态变化中。", "The witness moved on while it was asked.")

    def _overtaken(self, seen: int) -> Held:
        """A witness has cosigned more than this: for another sequencer, or before the database was set back."""
        with self.work.reading() as connection:
            head = _head(connection)
        size = head.size if head else 0
        if size < seen:
            return _behind(size, seen)
        return Held("overtaken", "另一进程已发布更新的检查点。", "Another sequencer has published a newer checkpoint.")


def index_of(connection: Connection, commitment: str) -> int | None:
    """The index of a leaf, or None while it is pending. Raises Unknown for a commitment that is not here."""
    row = connection.execute(
        select(numbered.c.index.label("place"))
        .join(numbered, numbered.c.serial == entries.c.serial, isouter=True)
        .where(entries.c.commitment == commitment)
    ).one_or_none()
    if row is None:
        raise Unknown("no_such_leaf", "没有这个叶子。", "There is no such leaf.", field="leaf")
    place: int | None = row.place
    return place


_PENDING = (
    select(entries.c.serial, entries.c.time)
    .join(numbered, numbered.c.serial == entries.c.serial, isouter=True)
    .where(numbered.c.serial.is_(None))
    .order_by(entries.c.serial)
    .limit(BATCH)
)


def _commitments(start: int, end: int) -> Any:
    return (
        select(entries.c.commitment)
        .join(numbered, numbered.c.serial == entries.c.serial)
        .where(numbered.c.index >= start, numbered.c.index < end)
        .order_by(numbered.c.index)
    )


def _head(connection: Connection) -> AnyRow | None:
    return connection.execute(
        select(heads.c.size, heads.c.time).where(heads.c.size == select(func.max(heads.c.size)).scalar_subquery())
    ).one_or_none()


def _keep(connection: Connection, size: int, note: bytes) -> bytes:
    """Keep the note of a size; the one that is kept, which is an earlier one where a crash followed its keeping."""
    kept = connection.scalar(select(checkpoints.c.note).where(checkpoints.c.size == size))
    if kept is not None:
        return str(kept).encode()
    connection.execute(insert(checkpoints).values(size=size, note=note.decode()))
    return note


def _forked(witness_name: str) -> Held:
    """As after a database was set back and went on: one name, two logs."""
    return Held(
        "log_forked",
        f"见证方 {witness_name} 见过同一日志的不同内容：数据库可能是旧副本之后又有新记录，日志停止，请先恢复。",
        f"The witness {witness_name} has seen this log with other leaves: the database may be an old copy that went "
        "on. The log stops; restore the missing part first.",
        witness=witness_name,
    )


def _behind(size: int, seen: int) -> Held:
    """The database is older than what the world has seen: to go on would fork the log."""
    return Held(
        "log_behind",
        f"数据库只有 {size} 个叶子，而已公布或已见证 {seen} 个：数据库是旧副本，日志停止，请先恢复。",
        f"The database has {size} leaves but {seen} were published or witnessed: it is an old copy. The log stops; "
        "restore the missing part first.",
        size=size,
        seen=seen,
    )
