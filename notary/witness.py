"""A witness (C2SP tlog-witness): cosigns a log's checkpoints, each only when it continues the one before.

Without HTTP: `add_checkpoint` takes a request's body and gives the answer; below it stands what a log's side needs to
make requests and read answers.
"""

from __future__ import annotations

import fcntl
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from notary import merkle, notes
from notary.errors import Held, Malformed, Refusal, Unknown
from notary.notes import Checkpoint, Note, Verified, VerifierKey
from notary.signing import b64
from notary.store import FileStore

MAX_BODY_BYTES = 1 << 18
TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"
_ORIGIN_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Answer:
    """What goes back over HTTP."""

    status: int
    content_type: str
    body: bytes


_NEVER_COSIGNED = Answer(404, TEXT, b"no checkpoint\n")


@dataclass(frozen=True)
class Request:
    """An add-checkpoint request. old_size: of the checkpoint that the witness cosigned last, as its sender believes."""

    old_size: int
    proof: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint


@dataclass(frozen=True)
class _Last:
    """The checkpoint that the witness cosigned last, and when."""

    size: int
    root: bytes
    time: datetime


class Witness:
    """A witness for some logs, with its state in a directory of its own.

    logs: the key that is trusted for each origin. state: per origin the latest cosigned checkpoint, as it is served to
    monitors. The state is what the witness is worth: with it lost or put back to an older copy, a log could show the
    witness a second history. Several processes may share one state.
    """

    def __init__(self, name: str, key: Ed25519PrivateKey, logs: Mapping[str, VerifierKey], state: Path) -> None:
        self._name = name
        self._key = key
        self._own = notes.verifier_key(name, notes.WITNESS_KEY, key)
        self._logs = dict(logs)
        self._store = FileStore(state)
        self._lock = state / "lock"
        with self._locked():
            self._store.clean_temporary()

    @property
    def vkey(self) -> str:
        """The witness's public key, for logs and verifiers."""
        return self._own.text

    def add_checkpoint(self, body: bytes, now: datetime) -> Answer:
        """Answer to ``POST add-checkpoint``: 200 with the cosignature, or 400, 403, 404, 409, 422 as specified.

        Raises Held (clock_behind) when `now` is before the last cosignature: two statements "the largest tree as of"
        would contradict each other. Raises Malformed when the stored state is damaged: nothing is cosigned then.
        """
        try:
            request = parse_request(body)
        except Malformed as refusal:
            return _refused(400, refusal)
        log = self._logs.get(request.checkpoint.origin)
        if log is None:
            return Answer(404, TEXT, b"unknown log\n")
        try:
            verified = notes.open_note(request.note, [log])
        except Malformed as refusal:
            return _refused(403, refusal)
        if request.old_size > request.checkpoint.size:
            return Answer(400, TEXT, b"the old size is above the checkpoint's\n")
        with self._locked():
            return self._advance(request, verified, now)

    def checkpoint(self, origin_hash: str) -> Answer:
        """Answer to ``GET <origin hash>/checkpoint``: the latest cosigned checkpoint, or 404."""
        if not _ORIGIN_HASH.fullmatch(origin_hash):
            return _NEVER_COSIGNED
        try:
            return Answer(200, TEXT, self._store.read(_key(origin_hash)))
        except Unknown:
            return _NEVER_COSIGNED

    def _advance(self, request: Request, verified: Sequence[Verified], now: datetime) -> Answer:
        """Compare with the latest, cosign, persist. Under the lock: else a slow request could roll a log back."""
        checkpoint = request.checkpoint
        last = self._last(checkpoint.origin)
        last_size = last.size if last else 0
        if request.old_size != last_size:
            return Answer(409, SIZE, f"{last_size}\n".encode())
        try:
            _check_continues(last, request)
        except Malformed as refusal:
            return _refused(422, refusal)
        if last and now < last.time:
            raise _clock_behind()
        cosignature = notes.cosign(request.note.text, self._name, self._key, now)
        # Monitors get the log's verified signature and ours; whatever strangers signed is left out.
        kept = Note(request.note.text, (*(one.signature for one in verified), cosignature))
        # Commit point. A crash before it leaves the old state, and nobody has the cosignature. After it the sender may
        # be without an answer: asking again gives 409 with the new size, and from there a new cosignature.
        self._store.replace(_key(origin_hash(checkpoint.origin)), kept.data)
        return Answer(200, TEXT, cosignature.line.encode())

    def _last(self, origin: str) -> _Last | None:
        try:
            note = notes.parse_note(self._store.read(_key(origin_hash(origin))))
        except Unknown:
            return None
        (cosigned,) = notes.open_note(note, [self._own])
        checkpoint = notes.parse_checkpoint(note.text)
        return _Last(checkpoint.size, checkpoint.root, cosigned.time)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # Opened anew each time, so that it excludes threads as well as processes.
        with self._lock.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def origin_hash(origin: str) -> str:
    """The name under which monitors find a log's checkpoint: SHA-256 of its origin in lower-case hex."""
    return hashlib.sha256(origin.encode()).hexdigest()


def request_body(old_size: int, proof: Sequence[bytes], checkpoint: bytes) -> bytes:
    """The body of add-checkpoint: the size that the witness knows, the consistency proof from it, the signed note."""
    lines = [f"old {old_size}", *map(b64, proof), ""]
    return "".join(f"{line}\n" for line in lines).encode() + checkpoint


def parse_request(body: bytes) -> Request:
    """An add-checkpoint request; its signatures and proof are not verified. Raises Malformed."""
    head, blank, checkpoint = body.partition(b"\n\n")
    if len(body) > MAX_BODY_BYTES or not blank or not head.isascii() or not head.startswith(b"old "):
        raise _request_malformed()
    old_size, *lines = head.decode("ascii").removeprefix("old ").split("\n")
    if len(lines) > merkle.MAX_PROOF:
        raise _request_malformed()
    proof = tuple(notes.parse_hash(line, "proof") for line in lines)
    note = notes.parse_note(checkpoint)
    return Request(notes.parse_decimal(old_size, "old"), proof, note, notes.parse_checkpoint(note.text))


def cosignatures_from_answer(body: bytes, text: str, witnesses: Iterable[VerifierKey]) -> tuple[Verified, ...]:
    """The cosignatures of known witnesses in a 200 answer, verified over the checkpoint's text.

    Raises Malformed (note_unsigned when none is of a known witness, note_signature_wrong, ...).
    """
    return notes.open_note(notes.parse_note(text.encode() + b"\n" + body), witnesses)


def size_from_answer(body: bytes) -> int:
    """The size in a 409 answer: that of the checkpoint that the witness cosigned last. Raises Malformed."""
    if not body.endswith(b"\n") or not body.isascii():
        raise Malformed("not_a_size", "见证人的答复不是树的大小。", "The witness's answer is not a size.")
    return notes.parse_decimal(body[:-1].decode("ascii"), "size")


def _check_continues(last: _Last | None, request: Request) -> None:
    checkpoint, proof = request.checkpoint, request.proof
    if checkpoint.size == 0 and checkpoint.root != merkle.EMPTY_ROOT:
        raise Malformed("root_wrong", "空树的根不对。", "This is not the root of the empty tree.", field="root")
    if request.old_size > 0 and last:
        merkle.verify_consistency(last.size, checkpoint.size, proof, last.root, checkpoint.root)
    elif proof:
        raise Malformed(
            "proof_length_wrong", "空树无需证明。", "From the empty tree the proof is empty.", field="proof"
        )


def _key(hash_: str) -> str:
    return f"{hash_}/checkpoint"


def _refused(status: int, refusal: Refusal) -> Answer:
    return Answer(status, TEXT, f"{refusal.reason}: {refusal.en}\n".encode())


def _clock_behind() -> Held:
    return Held("clock_behind", "见证人时钟早于上次签署时间。", "The witness's clock is behind its last cosignature.")


def _request_malformed() -> Malformed:
    return Malformed(
        "request_malformed",
        "请求格式不对。",
        "A request is an old size line, at most 63 proof lines, a blank line, and a checkpoint.",
    )
