"""Log proofs (C2SP tlog-proof): that an entry is in a log, in one text file that verifies offline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from notary import merkle
from notary.errors import Malformed
from notary.notes import (
    MAX_NOTE_BYTES,
    Opened,
    VerifierKey,
    open_checkpoint,
    parse_checkpoint,
    parse_decimal,
    parse_hash,
    parse_note,
)
from notary.signing import b64, unb64

_HEADER = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True)
class LogProof:
    """Proof that an entry is in a log. index: from 0. hashes: its inclusion proof. checkpoint: the signed note.

    extra: opaque bytes that nothing authenticates, or None.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    @property
    def text(self) -> str:
        """The ``.tlog-proof`` file."""
        extra = [] if self.extra is None else [f"extra {b64(self.extra)}"]
        lines = [_HEADER, *extra, f"index {self.index}", *map(b64, self.hashes), ""]
        return "".join(f"{line}\n" for line in lines) + self.checkpoint.decode()


def parse_proof(data: bytes) -> LogProof:
    """The parts of a log proof; nothing is verified. Raises Malformed (proof_malformed, and those of a checkpoint)."""
    head, blank, checkpoint = data.partition(b"\n\n")
    if len(data) > MAX_NOTE_BYTES or not blank or not head.isascii():
        raise _malformed()
    header, *lines = head.decode("ascii").split("\n")
    extra = unb64(lines.pop(0).removeprefix("extra "), "extra") if lines and lines[0].startswith("extra ") else None
    if header != _HEADER or not lines or not lines[0].startswith("index ") or len(lines) > 1 + merkle.MAX_PROOF:
        raise _malformed()
    index = parse_decimal(lines[0].removeprefix("index "), "index")
    hashes = tuple(parse_hash(line, "proof") for line in lines[1:])
    parse_checkpoint(parse_note(checkpoint).text)
    return LogProof(index, hashes, checkpoint, extra)


def verify_proof(proof: LogProof, leaf: bytes, log: VerifierKey, witnesses: Iterable[VerifierKey] = ()) -> Opened:
    """Check that the log signed a tree with the leaf hash `leaf` in it; its checkpoint and the known cosignatures.

    How many cosignatures suffice is the caller's policy. Raises Malformed, as open_checkpoint and verify_inclusion.
    """
    opened = open_checkpoint(parse_note(proof.checkpoint), log, witnesses)
    checkpoint = opened.checkpoint
    merkle.verify_inclusion(proof.index, checkpoint.size, leaf, proof.hashes, checkpoint.root)
    return opened


def _malformed() -> Malformed:
    return Malformed(
        "proof_malformed", "日志证明格式不对。", f"A log proof begins with {_HEADER} and the index.", field="proof"
    )
