"""fsck of everything: the checks of all rooms on one snapshot."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

import bidding.fsck
import notary.fsck
import trading.fsck
from api.settings import Settings
from notary import keys, notes
from notary.anchors import Anchors
from notary.findings import Finding, unsound
from notary.fsck.published import published_note
from notary.store import FileStore, Store
from notary.work import Work
from trading import procedures


@dataclass(frozen=True)
class Evidence:
    """What the database is held against. note: the published checkpoint, as it was before the snapshot."""

    store: Store
    log: Store
    anchors: Anchors
    note: bytes | None
    now: datetime


def gather(settings: Settings, work: Work) -> Evidence:
    """The evidence of a server's home. Raises Held, and Unknown where a key file is missing."""
    if settings.procedures:
        procedures.add_folder(settings.procedures)
    log = FileStore(settings.home / "log")
    return Evidence(FileStore(settings.home / "store"), log, _anchors(settings), published_note(log), work.now())


def findings(connection: Connection, evidence: Evidence) -> Generator[Finding, None, None]:
    """Everything that does not agree, on the connection's snapshot, as it is found."""
    checks = (
        notary.fsck.checks(connection, evidence.log, evidence.anchors, evidence.note, evidence.now)
        | trading.fsck.checks(connection, evidence.store)
        | bidding.fsck.checks(connection, evidence.store, evidence.anchors)
    )
    for name, check in checks.items():
        yield from _carried_out(name, check)


def _carried_out(name: str, check: Iterator[Finding]) -> Iterator[Finding]:
    """The findings of a check; that it met what it could not even read is one too, and does not stop the others."""
    try:
        yield from check
    except Exception as error:  # noqa: BLE001  # whatever was tampered with: what is wrong must be told, not crash
        yield unsound("I3", f"fsck {name}", f"{type(error).__name__}: {error}")


def _anchors(settings: Settings) -> Anchors:
    """What the record is checked against: the keys of the server's own files."""
    folder = settings.home / "keys"
    log_key, receipt_key = (keys.load(folder / f"{name}.key") for name in ("log", "receipt"))
    return Anchors(
        origin=settings.origin,
        demonstration=settings.demonstration,
        log_key=notes.verifier_key(settings.origin, notes.LOG_KEY, log_key),
        receipt_key=receipt_key.public_key().public_bytes_raw(),
        witnesses=tuple(notes.parse_vkey(one.vkey) for one in settings.witnesses),
        witness_quorum=settings.witness_quorum,
        trustees={},
    )
