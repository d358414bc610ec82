"""Uploads: the parts of a sealed envelope, sent ahead of the bid in any order, each once, each durable when answered.

Parts lie in the store under the upload, not under their hash: so a copied envelope shares nothing with the original,
and destroying one never touches another.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, select

from bidding.envelope import BLOCK, MAX_PART_0
from bidding.rows import envelopes, parts, uploads
from notary import chance
from notary.errors import Conflict, Malformed, TooLate, TooMuch, Unknown
from notary.rows import AnyRow
from notary.store import Store
from notary.work import Lock, Unit
from trading.acts import invitations
from trading.caller import Caller
from trading.procedures import auctioned
from trading.rows import tenders

MAX_SIZE = 8 << 30
MAX_UNUSED = 20
#: Bytes of one bidder in one lot, replaced envelopes included: their bytes go at the closing only.
MAX_OF_BIDDER = 2 * MAX_SIZE

_UPLOAD = select(uploads).where(uploads.c.upload == bindparam("upload"), uploads.c.bidder == bindparam("bidder"))
_STATE = (
    select(tenders.c.stage, tenders.c.deadline, envelopes.c.destroyed_leaf)
    .select_from(uploads)
    .join(tenders, tenders.c.tender == uploads.c.tender)
    .join(envelopes, envelopes.c.upload == uploads.c.upload, isouter=True)
    .where(uploads.c.upload == bindparam("upload"))
)
_PARTS = (
    select(parts.c.number, parts.c.size, parts.c.sha256)
    .where(parts.c.upload == bindparam("upload"))
    .order_by(parts.c.number)
)


@dataclass(frozen=True)
class Part:
    """A part that has arrived: size in bytes, SHA-256 in hex."""

    number: int
    size: int
    sha256: str


@dataclass(frozen=True)
class Upload:
    """An upload of the caller's organisation; `parts` in order of their numbers; `created_at` aware UTC."""

    upload: str
    tender: str
    bidder: str
    kind: str
    part_sizes: tuple[int, ...]
    parts: tuple[Part, ...]
    created_at: datetime

    @property
    def whole(self) -> bool:
        """Whether every declared part has arrived."""
        return len(self.parts) == len(self.part_sizes)

    def key(self, number: int) -> str:
        """Where a part lies in the store."""
        return part_key(self.upload, number)


def part_key(upload: str, number: int) -> str:
    """The store's key of a part."""
    return f"sealed/{upload}/{number:06d}"


def own_lock(tender: str, bidder: str) -> Lock:
    """The lock of one bidder's uploads in a lot."""
    return Lock(f"{tender}/{bidder}")


def begin(unit: Unit, caller: Caller, tender: str, kind: str, part_sizes: Sequence[int]) -> str:
    """A new upload with its sizes declared. Raises Malformed, TooMuch, TooLate, Unknown, Forbidden (not_invited).

    The caller holds `own_lock` besides the lot's: the counts below are of what all others of this bidder committed.
    """
    _check_sizes(part_sizes)
    row = unit.connection.execute(
        select(tenders.c.stage, tenders.c.deadline, tenders.c.published_at, tenders.c.procedure).where(
            tenders.c.tender == tender
        )
    ).one_or_none()
    if row is None or row.published_at is None:
        raise Unknown("tender_unknown", "没有这个项目。", "There is no such tender.", field="tender")
    if row.procedure in auctioned():
        zh, en = "该项目由竞价决定，没有密封投标。", "An auction decides this lot: nothing is sealed."
        raise Conflict("not_sealed", zh, en, field="tender")
    _check_open(row, unit.now)
    invitations.check_bidder(unit.connection, tender, caller.organisation)
    unused = unit.connection.scalar(
        select(func.count())
        .select_from(uploads)
        .join(envelopes, envelopes.c.upload == uploads.c.upload, isouter=True)
        .where(uploads.c.tender == tender, uploads.c.bidder == caller.organisation, envelopes.c.upload.is_(None))
    )
    held = unit.connection.scalar(
        select(func.sum(uploads.c.size)).where(uploads.c.tender == tender, uploads.c.bidder == caller.organisation)
    )
    if int(held or 0) + sum(part_sizes) > MAX_OF_BIDDER:
        raise TooMuch(
            "uploads_large",
            f"本单位在该标段的上传合计不得超过 {MAX_OF_BIDDER >> 30} GiB，已上传的仍然有效。",
            f"Your uploads for this lot may not exceed {MAX_OF_BIDDER >> 30} GiB in all; those there stay good.",
            field="part_sizes",
        )
    if (unused or 0) >= MAX_UNUSED:
        raise TooMuch(
            "uploads_many",
            f"未使用的上传已达 {MAX_UNUSED} 个，请继续使用已有的上传。",
            f"There are {MAX_UNUSED} unused uploads already; go on with one of them.",
        )
    upload = chance.token(16).hex()
    unit.connection.execute(
        insert(uploads).values(
            upload=upload,
            tender=tender,
            bidder=caller.organisation,
            kind=kind,
            part_sizes=json.dumps(list(part_sizes)),
            size=sum(part_sizes),
            created_at=unit.now,
        )
    )
    return upload


def load(connection: Connection, upload: str, bidder: str) -> Upload:
    """The upload. Raises Unknown when it is absent or another's."""
    row = connection.execute(_UPLOAD, {"upload": upload, "bidder": bidder}).one_or_none()
    if row is None:
        raise Unknown("upload_unknown", "没有这个上传。", "There is no such upload.", field="upload")
    there = connection.execute(_PARTS, {"upload": upload})
    return Upload(
        upload=row.upload,
        tender=row.tender,
        bidder=row.bidder,
        kind=row.kind,
        part_sizes=tuple(json.loads(row.part_sizes)),
        parts=tuple(Part(p.number, p.size, p.sha256) for p in there),
        created_at=row.created_at,
    )


def check_part(upload: Upload, number: int, size: int | None) -> None:
    """Refuse a part that was not declared, or of another size. `size` None: not known yet."""
    if not 0 <= number < len(upload.part_sizes):
        raise Unknown("part_undeclared", "没有声明这一部分。", "No such part was declared.", field="number")
    if size is not None and size != upload.part_sizes[number]:
        raise Malformed(
            "part_size_wrong",
            f"该部分应为 {upload.part_sizes[number]} 字节。",
            f"That part must have {upload.part_sizes[number]} bytes.",
            field="Content-Length",
        )


def check_taken(connection: Connection, upload: Upload, now: datetime) -> None:
    """Refuse parts of an upload that no bid can use any more, or whose bytes the record calls destroyed.

    Raises TooLate (deadline_passed, lot_ended), Conflict (envelope_destroyed), Unknown.
    """
    row = connection.execute(_STATE, {"upload": upload.upload}).one_or_none()
    if row is None:
        raise Unknown("upload_unknown", "没有这个上传。", "There is no such upload.", field="upload")
    if row.destroyed_leaf is not None:
        raise Conflict(
            "envelope_destroyed",
            "该封套已销毁，不再接收其内容。",
            "That envelope is destroyed: nothing of it is taken again.",
            field="upload",
        )
    _check_open(row, now)


def store_part(store: Store, upload: Upload, number: int, chunks: Iterable[bytes], sha256: str) -> Part:
    """Put a part's bytes durably in the store. Outside any transaction; again with the same bytes it is the same.

    Raises Malformed (digest_wrong, part_size_wrong) and Conflict (object_differs).
    """
    stored = store.put(upload.key(number), _sized(chunks, upload.part_sizes[number]), sha256=sha256)
    return Part(number, stored.size, stored.sha256)


def note_part(unit: Unit, store: Store, upload: Upload, part: Part) -> None:
    """Note a stored part. Twice is once. The bytes were durable before this row is. The caller holds `Lock(upload)`.

    What `check_taken` refuses now is deleted again: the closing, the removal or the destruction of the envelope may
    have come while the part was sent. Whoever destroys commits first and then deletes, so one of the two sees it.
    """
    there = unit.connection.execute(
        select(parts.c.sha256).where(parts.c.upload == upload.upload, parts.c.number == part.number)
    ).scalar_one_or_none()
    try:
        check_taken(unit.connection, upload, unit.now)
    except TooLate:
        if there is None:  # else it is of a bid that stands
            store.delete(upload.key(part.number))
        raise
    except (Conflict, Unknown):
        store.delete(upload.key(part.number))
        raise
    if there is None:
        unit.connection.execute(
            insert(parts).values(upload=upload.upload, number=part.number, size=part.size, sha256=part.sha256)
        )
    elif there != part.sha256:
        raise Conflict("part_differs", "该部分已有其他内容。", "That part is there with other bytes.", field="number")


def _check_open(row: AnyRow, now: datetime) -> None:
    if now >= row.deadline:
        raise TooLate("deadline_passed", "投标截止时间已过。", "The deadline has passed.", field="tender")
    if row.stage != "open":
        raise TooLate("lot_ended", "标段已终止，不再接受投标。", "The lot has ended and takes no bids.", field="tender")


def _check_sizes(sizes: Sequence[int]) -> None:
    wrong = (
        len(sizes) < 2
        or not 0 < sizes[0] <= MAX_PART_0
        or any(size != BLOCK for size in sizes[1:-1])
        or not 0 < sizes[-1] <= BLOCK
    )
    if wrong:
        raise Malformed(
            "part_sizes_wrong",
            "各部分大小不符合封套规范：第 0 部分为头和开标表，其余每块 8 MiB，最后一块可短。",
            "Not the sizes of an envelope: part 0 is header and form, then blocks of 8 MiB, the last one shorter.",
            field="part_sizes",
        )
    if sum(sizes) > MAX_SIZE:
        raise TooMuch(
            "bid_too_large", f"投标文件超过 {MAX_SIZE >> 30} GiB。", f"Over {MAX_SIZE >> 30} GiB.", field="part_sizes"
        )


def _sized(chunks: Iterable[bytes], expected: int) -> Iterable[bytes]:
    """The chunks, if they have as many bytes as expected: the store keeps nothing of what it could not read whole."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > expected:
            break
        yield chunk
    if size != expected:
        raise Malformed(
            "part_size_wrong", f"该部分应为 {expected} 字节。", f"That part must have {expected} bytes.", field="body"
        )
