"""Many bidders with sealed bids, made on the server's own side: registration and upload are not what is measured."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert, select

from api import auth
from api.desk import Desk
from bidding import rows
from bidding.acts import keys as key_sets
from bidding.acts.uploads import part_key
from bidding.files import File
from bidding.seal import Sealed, Secrets, Source, seal
from notary import canonical, chance, signing
from notary.work import Unit
from tests.stage import code
from trading.acts import parties
from trading.rows import tenders

FIRST = 10_000
DOCUMENT = "本投标文件仅用于性能测试。".encode() * 40


@dataclass(frozen=True)
class Rival:
    """A bidder: code, its one person and the token of it, and the key that signs its statements."""

    code: str
    person: str
    token: str
    key: Ed25519PrivateKey


@dataclass(frozen=True)
class Lot:
    """What a sealer and a signer must know of a published lot."""

    tender: str
    lot: str
    seen: str
    record: dict[str, Any]
    identities: dict[str, str]


@dataclass(frozen=True)
class Submission:
    """A bid whose envelope is uploaded: the signed statement and the upload."""

    rival: Rival
    statement: str
    body: dict[str, Any]


def enrol(desk: Desk, count: int, first: int = FIRST) -> list[Rival]:
    """New bidders, all in one transaction."""
    with desk.work.unit() as unit:
        return [_rival(unit, desk.settings.origin, number) for number in range(first, first + count)]


def lot_of(desk: Desk, tender: str) -> Lot:
    """A published lot."""
    with desk.work.reading() as connection:
        row = connection.execute(select(tenders).where(tenders.c.tender == tender)).one()
        record = key_sets.load_record(connection, tender, "bid")
        identities = key_sets.identities(connection)
    if record is None:
        raise LookupError(tender)
    return Lot(tender, row.lot, row.notice_leaf, record, identities)


def lodge(desk: Desk, lot: Lot, rivals: Sequence[Rival], ended: Sequence[Submission] = ()) -> list[Submission]:
    """A sealed bid of each, its parts in the store and noted; `ended`: the bids that these are to replace."""
    last = {one.rival.code: one.statement for one in ended}
    uploads, parts, made = [], [], []
    for rival in rivals:
        upload = chance.token(16).hex()
        sealed, data = _seal(lot, rival)
        _put(desk.settings.home / "store", upload, sealed, data)
        uploads.append(_upload_row(lot, rival, upload, sealed))
        parts += [{"upload": upload, "number": p.number, "size": p.size, "sha256": p.sha256} for p in sealed.parts]
        made.append(_state(lot, rival, upload, sealed, last.get(rival.code)))
    with desk.work.unit() as unit:
        moment = {"created_at": unit.now}
        unit.connection.execute(insert(rows.uploads), [row | moment for row in uploads])
        unit.connection.execute(insert(rows.parts), parts)
    return made


def _rival(unit: Unit, origin: str, number: int) -> Rival:
    own, key = code(number), Ed25519PrivateKey.from_private_bytes(chance.token())
    parties.add_organisation(unit, code=own, name=f"测试施工企业{number}号有限公司", region="431102")
    person = parties.add_person(unit, organisation=own, name="测试人员", roles=["bidder"])
    token, _ = auth.issue_token(unit, person, days=366)
    said = {
        "type": parties.KEY_TYPE,
        "origin": origin,
        "owner": own,
        "public_key": key.public_key().public_bytes_raw().hex(),
        "purpose": "statement",
    }
    proof = signing.sign(said, key)
    parties.register_key(
        unit, origin=origin, owner=own, public_key=said["public_key"], purpose="statement", proof=proof
    )
    return Rival(own, person, token, key)


def seal_bid(lot: Lot, rival: Rival, sink: BinaryIO, source: Source) -> Sealed:
    """A bid with one file."""
    price = 3_000_000 + int.from_bytes(chance.token(2), "big")
    return seal(
        lot.record,
        sink,
        identities=lot.identities,
        demonstration=True,
        bidder=rival.code,
        values={"price": f"{price}.00", "duration_days": 180, "quality": "合格"},
        sources=[source],
        secrets=Secrets(chance.token(), chance.token(), chance.token(16)),
    )


def _seal(lot: Lot, rival: Rival) -> tuple[Sealed, bytes]:
    sink = io.BytesIO()
    source = Source(File("投标文件.txt", "text/plain", len(DOCUMENT)), io.BytesIO(DOCUMENT))
    return seal_bid(lot, rival, sink, source), sink.getvalue()


def _put(store: Path, upload: str, sealed: Sealed, data: bytes) -> None:
    # Not through the store, which syncs every file: thousands of them would take minutes.
    at = 0
    for part in sealed.parts:
        path = store / part_key(upload, part.number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data[at : at + part.size])
        at += part.size


def _upload_row(lot: Lot, rival: Rival, upload: str, sealed: Sealed) -> dict[str, Any]:
    return {
        "upload": upload,
        "tender": lot.tender,
        "bidder": rival.code,
        "kind": "bid",
        "part_sizes": json.dumps([part.size for part in sealed.parts]),
        "size": sealed.size,
    }


def _state(lot: Lot, rival: Rival, upload: str, sealed: Sealed, replaces: str | None) -> Submission:
    statement = {
        "type": "sunbid/statement/1",
        "tender": lot.tender,
        "lot": lot.lot,
        "bidder": rival.code,
        "envelopes": {"bid": sealed.id},
        "key_sets": {"bid": signing.object_id(lot.record["key_set"])},
        "seen": lot.seen,
        "replaces": replaces,
        "nonce": chance.token(16).hex(),
    }
    body = {"statement": signing.sign(statement, rival.key), "uploads": {"bid": upload}}
    return Submission(rival, signing.object_id(statement), body)


def encoded(submission: Submission) -> bytes:
    """The request's body."""
    return canonical.dumps(submission.body)
