"""The dossier (公示卷宗, docs/spec/dossier.md): the public file of one lot with all that a verifier needs."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import IO, Any

from sqlalchemy import Connection, select

from bidding.acts import auction_sealed
from bidding.acts.closing import DISCLOSED
from bidding.acts.uploads import part_key
from bidding.envelope import Front
from bidding.rows import auction_closings, auction_envelopes, envelopes, offers, parts
from notary import canonical, notes, record, signing
from notary.entries import Entry
from notary.errors import Conflict, Malformed
from notary.publish import Log
from notary.rows import checkpoints
from notary.store import Store
from notary.tiles import Tree
from trading import contracts, prior
from trading.acts import stages

# Fixed, so that the same record gives the same file byte for byte.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
#: What names files of the agency in `documents`.
_STORED_KINDS = ("tender_published", "tender_amended", prior.KIND, *contracts.WITH_DOCUMENTS)
_ENDS = ("lot_opened", "lot_failed")
_COPY = 1 << 20


@dataclass(frozen=True)
class Dossier:
    """What goes into the file: `dossier.json`, small members whole, and the store's key of every other one."""

    index: bytes
    members: dict[str, str]
    small: dict[str, bytes]


def compose(connection: Connection, log: Log, tender: str, *, demonstration: bool, since: int | None) -> Dossier:
    """The dossier of a lot that is closed or ended, up to the newest cosigned checkpoint.

    since: the size of an older checkpoint whose consistency is to be provable. Raises Unknown, Conflict, Malformed.
    """
    # Before the first read: whatever this checkpoint covers is then in the snapshot.
    note = log.published_note()
    row = stages.load_published(connection, tender)
    if row.stage == "open" or note is None:
        raise Conflict("dossier_not_yet", "截标后才有卷宗。", "There is a dossier from the closing on.", field="tender")
    size = notes.parse_checkpoint(note.text).size
    entries = record.of_dossier(connection, tender, size)
    ended = any(entry.kind in _ENDS for _, entry in entries)
    if not ended:
        # An opening that no checkpoint covers yet has disclosed these already: the dossier is the one before it.
        entries = [(index, entry) for index, entry in entries if entry.kind not in DISCLOSED]
    entries = _with_own_keys(entries)
    notes_ = _checkpoints(connection, entries, size, since)
    sealed = _sealed_in_auction(connection, tender)
    tree = log.tree(size)
    value = {
        "type": "sunbid/dossier/1",
        "origin": log.origin,
        "demonstration": demonstration,
        "tender": row.tender,
        "lot": row.lot,
        "checkpoints": [text for _, text in notes_],
        "consistency": _consistency(tree, [at for at, _ in notes_]),
        "entries": [_entry(tree, index, entry) for index, entry in entries],
        "envelopes": (_envelopes(connection, tender) if ended else []) + [_listed_whole(one) for one in sealed],
    }
    members = (_envelope_members(connection, tender) if ended else {}) | _document_members(entries)
    small = {f"envelopes/{envelope}": front.encoded() for envelope, front, _ in sealed}
    return Dossier(canonical.dumps(value), members, small)


def _with_own_keys(entries: list[tuple[int, Entry]]) -> list[tuple[int, Entry]]:
    """Of all keys ever registered, only those of whom the lot's entries name: bidders, trustees, experts, drawers."""
    named: set[str] = set()
    for _, entry in entries:
        if entry.kind in {"bid_accepted", "bid_withdrawn"}:
            named.add(entry.body["statement"]["object"]["bidder"])
        elif entry.kind == "key_set_signed":
            named.update(one["trustee"] for one in entry.body["key_set"]["trustees"])
        elif entry.kind == "draw_called":
            named.update(entry.body["parties"])
        elif entry.kind == "score_signed":
            named.add(entry.body["score"]["object"]["expert"])
        elif entry.kind == "auction_number":
            named.add(entry.body["organisation"])
    return [(i, entry) for i, entry in entries if entry.kind != "key_registered" or entry.body["owner"] in named]


def write(dossier: Dossier, store: Store, sink: IO[bytes]) -> None:
    """Write the ZIP file, member by member, without holding any of them whole."""
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_member("dossier.json", zipfile.ZIP_DEFLATED), dossier.index)
        for name, data in sorted(dossier.small.items()):
            archive.writestr(_member(name), data)
        for name, key in sorted(dossier.members.items()):
            info = _member(name)
            info.file_size = store.size(key)  # known beforehand, so that no member needs ZIP64
            with archive.open(info, "w") as member, store.open(key) as source:
                while piece := source.read(_COPY):
                    member.write(piece)


def _member(name: str, method: int = zipfile.ZIP_STORED) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _ZIP_TIME)
    info.compress_type = method
    return info


def _entry(tree: Tree, index: int, entry: Entry) -> dict[str, Any]:
    proof = [signing.b64(hash_) for hash_ in tree.inclusion_proof(index)]
    return {"index": index, **entry.disclosed(), "proof": proof}


def _checkpoints(
    connection: Connection, entries: Iterable[tuple[int, Entry]], size: int, since: int | None
) -> list[tuple[int, str]]:
    """The cosigned checkpoints needed, by size: named by releases and draws, first with the closing, newest."""
    wanted = {size}
    for index, entry in entries:
        if entry.kind == "key_released":
            wanted.add(entry.body["release"]["object"]["checkpoint"]["size"])
        if entry.kind == "draw_committed":
            wanted.add(entry.body["commitment"]["object"]["checkpoint"]["size"])
        if ends_bidding(entry):
            first = select(checkpoints.c.size).where(checkpoints.c.size > index).order_by(checkpoints.c.size).limit(1)
            wanted.add(connection.scalar(first) or size)
    if since is not None and 0 < since < size:
        wanted.add(since)
    rows = connection.execute(
        select(checkpoints.c.size, checkpoints.c.note)
        .where(checkpoints.c.size.in_(wanted), checkpoints.c.size <= size)
        .order_by(checkpoints.c.size)
    )
    found = [(row.size, row.note) for row in rows]
    if since is not None and since not in [at for at, _ in found]:
        raise Malformed("checkpoint_unknown", "没有该大小的检查点。", "No checkpoint has that size.", field="since")
    return found


def ends_bidding(entry: Entry) -> bool:
    """Whether no bid is taken behind the entry: witnesses must have seen soon when it was."""
    event = entry.body["link"]["event"]["event"] if entry.kind == "auction_event" else None
    return entry.kind in {"lot_closed", "auction_closed"} or event in {"closed", "ended", "terminated"}


def _consistency(tree: Tree, sizes: list[int]) -> list[list[str]]:
    pairs = pairwise(sizes)
    return [[signing.b64(hash_) for hash_ in tree.consistency_proof(old, new)] for old, new in pairs]


def _listed(connection: Connection, tender: str) -> Any:
    """Parts of the opened envelopes; before the opening, and where nothing was opened, there are none to show."""
    return connection.execute(
        select(envelopes.c.envelope, envelopes.c.upload, parts.c.number, parts.c.sha256)
        .join(offers, offers.c.statement == envelopes.c.statement)
        .join(parts, parts.c.upload == envelopes.c.upload)
        .where(offers.c.tender == tender)
        .order_by(offers.c.position, parts.c.number)
    )


def _envelopes(connection: Connection, tender: str) -> list[dict[str, Any]]:
    found: dict[str, list[str]] = {}
    for row in _listed(connection, tender):
        blocks = found.setdefault(row.envelope, [])
        if row.number > 0:
            blocks.append(row.sha256)
    return [{"id": envelope, "blocks": blocks} for envelope, blocks in found.items()]


def _sealed_in_auction(connection: Connection, tender: str) -> list[tuple[str, Front, list[str]]]:
    """The envelopes that an auction has opened, each with its part 0 and the hashes of its blocks."""
    rows = connection.execute(
        select(auction_envelopes.c.envelope, auction_envelopes.c.sealed)
        .join(
            auction_closings,
            (auction_closings.c.tender == auction_envelopes.c.tender)
            & (auction_closings.c.kind == auction_envelopes.c.kind),
        )
        .where(auction_envelopes.c.tender == tender, auction_closings.c.opened_at.is_not(None))
        .order_by(auction_closings.c.closed_at, auction_envelopes.c.envelope)
    )
    return [(row.envelope, *auction_sealed.cut(row.sealed)) for row in rows]


def _listed_whole(sealed: tuple[str, Front, list[str]]) -> dict[str, Any]:
    envelope, _, blocks = sealed
    return {"id": envelope, "blocks": blocks}


def _envelope_members(connection: Connection, tender: str) -> dict[str, str]:
    return {
        f"envelopes/{row.envelope}": part_key(row.upload, 0) for row in _listed(connection, tender) if row.number == 0
    }


def _document_members(entries: Iterable[tuple[int, Entry]]) -> dict[str, str]:
    hashes: set[str] = set()
    for _, entry in entries:
        if entry.kind in _STORED_KINDS:
            hashes.update(document["sha256"] for document in entry.body["documents"])
        if entry.kind == "document_issued":
            hashes.add(entry.body["sha256"])
    return {f"documents/{sha256}": f"documents/{sha256}" for sha256 in hashes}
