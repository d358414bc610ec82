"""Uploading a sealed envelope in parts: three at a time, each with its digest, and only those not there yet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from api.tools.client import Client, ServerRefused
from api.tools.files import write_private
from bidding.envelope import MAGIC, MAX_HEADER, MAX_PART_0, Front, block_sizes, parse_front, parse_header
from notary import canonical, signing
from notary.errors import Malformed

PARALLEL = 3
_LENGTH = 4

Progress = Callable[[int, int], None]
"""``progress(bytes that are there, bytes in all)``, called in the caller's thread."""


@dataclass(frozen=True)
class SealedBid:
    """A `.bid` file: its front, and the sizes of its parts from part 0 on."""

    path: Path
    front: Front
    part_sizes: tuple[int, ...]

    def part(self, number: int) -> bytes:
        """The bytes of a part."""
        with self.path.open("rb") as file:
            file.seek(sum(self.part_sizes[:number]))
            return file.read(self.part_sizes[number])


def read_bid(path: Path) -> SealedBid:
    """The sealed file, its front read strictly. Raises Malformed (bid_length, and those of the header)."""
    with path.open("rb") as file:
        start = file.read(len(MAGIC) + _LENGTH + MAX_HEADER)
        header_end = len(MAGIC) + _LENGTH + int.from_bytes(start[len(MAGIC) : len(MAGIC) + _LENGTH], "big")
        if not start.startswith(MAGIC) or header_end > len(start):
            raise Malformed("header_magic", "不是阳光标封标文件。", "This is no sealed bid.", field=str(path))
        header = parse_header(start[len(MAGIC) + _LENGTH : header_end])
        file.seek(0)
        front = parse_front(file.read(min(header_end + header.form.length, MAX_PART_0)))
    part_0 = header_end + header.form.length
    if path.stat().st_size != part_0 + header.documents.length:
        raise Malformed("bid_length", "封标文件不完整。", "The sealed file is cut short or too long.", field=str(path))
    return SealedBid(path, front, (part_0, *block_sizes(header.documents.length)))


def upload(client: Client, bid: SealedBid, progress: Progress) -> tuple[str, str]:
    """Send what is not there yet; the upload's and the envelope's id.

    Which upload a file has is kept beside it in ``<file>.upload``, so that after a break it goes on where it was.
    """
    upload_id, there = _begin_or_continue(client, bid)
    done = 0

    def send(number: int) -> tuple[str, int]:
        data = bid.part(number)
        digest = hashlib.sha256(data)
        if there.get(number) != digest.hexdigest():
            content_digest = f"sha-256=:{signing.b64(digest.digest())}:"
            client.put(f"/uploads/{upload_id}/parts/{number}", data, headers={"Content-Digest": content_digest})
        return digest.hexdigest(), len(data)

    digests = []
    with ThreadPoolExecutor(PARALLEL) as pool:
        for digest, size in pool.map(send, range(len(bid.part_sizes))):
            digests.append(digest)
            done += size
            progress(done, sum(bid.part_sizes))
    return upload_id, bid.front.envelope_id(digests[1:])


def _begin_or_continue(client: Client, bid: SealedBid) -> tuple[str, dict[int, str]]:
    """The upload's id and the digests of the parts that are there."""
    kept = bid.path.with_name(f"{bid.path.name}.upload")
    if kept.exists():
        try:
            found = client.get(f"/uploads/{canonical.loads(kept.read_bytes())['upload']}")
            return found["upload"], {part["number"]: part["sha256"] for part in found["parts"]}
        except ServerRefused as refusal:
            if refusal.status != 404:
                raise
    base = bid.front.header.base
    body = {"kind": base.kind, "part_sizes": list(bid.part_sizes)}
    begun = client.post(f"/tenders/{base.tender}/uploads", body)
    write_private(kept, canonical.dumps({"upload": begun["upload"]}))
    return begun["upload"], {}
