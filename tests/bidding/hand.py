"""Uploads, statements and withdrawals made by hand, and a server to send them to: no tool stands between."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from api.tools.bidder import Bidder
from api.tools.client import ServerRefused
from api.tools.uploads import SealedBid, read_bid
from bidding.envelope import parse_front
from notary import canonical, chance, signing
from notary.rows import entries
from tests.bidding.malformations import Header, join, split
from tests.serving import site
from tests.stage import Stage

OTHER_TENDER = "YZ-431102-GC-2026-0002"
NUMBERS = count()
PRICE = "3680000.00"
UNKNOWN = "ab" * 16

Expected = tuple[int, str, str | None]


@dataclass(frozen=True)
class Town:
    """A server with two open tenders; `stage` is of the first."""

    stage: Stage

    def bidder(self) -> Bidder:
        """One that has sent nothing yet."""
        return self.stage.bidder(next(NUMBERS))

    def entries(self) -> int:
        """How many entries there are, of whatever kind."""
        with self.stage.site.desk.work.reading() as connection:
            return connection.scalar(select(func.count()).select_from(entries)) or 0

    def refused(self, expected: Expected, act: Callable[..., Any], *given: Any, **named: Any) -> dict[str, Any]:
        """The act is refused with this status, reason and field, and leaves no entry; the refusal's further facts."""
        before = self.entries()
        with pytest.raises(ServerRefused) as refused:
            act(*given, **named)
        assert (refused.value.status, refused.value.reason, refused.value.field) == expected
        assert self.entries() == before
        return refused.value.facts

    def statement(self, own: Bidder, envelope: str, **changes: Any) -> dict[str, Any]:
        """A statement of the first tender, members changed."""
        published = self.stage.clerk.get(f"/tenders/{self.stage.tender}/key-set", kind="bid")
        return {
            "type": "sunbid/statement/1",
            "tender": self.stage.tender,
            "lot": "1",
            "bidder": own.code,
            "envelopes": {"bid": envelope},
            "key_sets": {"bid": published["id"]},
            "seen": self.seen(),
            "replaces": None,
            "nonce": chance.token(16).hex(),
            **changes,
        }

    def seen(self) -> str:
        """The commitment of the latest notice."""
        with self.stage.site.desk.work.reading() as connection:
            query = select(entries.c.commitment).where(
                entries.c.tender == self.stage.tender, entries.c.kind == "tender_published"
            )
            found: str = connection.execute(query).scalar_one()
            return found

    def submit(
        self, own: Bidder, upload: str, statement: dict[str, Any], *, signer: Bidder | None = None, kind: str = "bid"
    ) -> Any:
        """Sign and send."""
        signed = signing.sign(statement, (signer or own).vault.signing_key("statement"))
        body = {"statement": signed, "uploads": {kind: upload}}
        return own.client.post(f"/tenders/{self.stage.tender}/bids", body)

    def withdraw(self, own: Bidder, replaces: str, **changes: Any) -> Any:
        """Sign and send a withdrawal."""
        statement = {
            "type": "sunbid/withdrawal/1",
            "tender": self.stage.tender,
            "lot": "1",
            "bidder": own.code,
            "replaces": replaces,
            "nonce": chance.token(16).hex(),
            **changes,
        }
        signed = signing.sign(statement, own.vault.signing_key("statement"))
        return own.client.post(f"/tenders/{self.stage.tender}/withdrawals", {"statement": signed})

    def bid(self, own: Bidder, **changes: Any) -> str:
        """A bid as it should be, members of its statement changed; the statement's id."""
        sealed = self.seal(own)
        upload = lodged(own, self.stage.tender, parts_of(sealed))
        statement = self.statement(own, envelope_of(sealed), **changes)
        self.submit(own, upload, statement)
        return signing.object_id(statement)

    def seal(self, own: Bidder) -> SealedBid:
        """A sealed bid for the first tender."""
        return read_bid(self.stage.seal(own, PRICE))

    def uploaded(self, own: Bidder) -> tuple[str, str]:
        """A sealed bid, uploaded: upload and envelope."""
        sealed = self.seal(own)
        return lodged(own, self.stage.tender, parts_of(sealed)), envelope_of(sealed)


@contextmanager
def made(folder: Path) -> Iterator[Town]:
    """The town, on SQLite."""
    with site(folder / "home", f"sqlite:///{folder / 'sunbid.sqlite'}") as running:
        stage = Stage(running, folder / "parties")
        first, stage.tender = stage.tender, OTHER_TENDER
        stage.publish()
        stage.tender = first
        stage.publish()
        yield Town(stage)


def parts_of(sealed: SealedBid) -> list[bytes]:
    return [sealed.part(number) for number in range(len(sealed.part_sizes))]


def envelope_of(sealed: SealedBid) -> str:
    return sealed.front.envelope_id([hashlib.sha256(part).hexdigest() for part in parts_of(sealed)[1:]])


def begin(own: Bidder, tender: str, sizes: list[int], kind: str = "bid") -> str:
    begun: str = own.client.post(f"/tenders/{tender}/uploads", {"kind": kind, "part_sizes": sizes})["upload"]
    return begun


def put(own: Bidder, upload: str, number: int, data: bytes, digest: str | None = None) -> None:
    if digest is None:
        digest = f"sha-256=:{signing.b64(hashlib.sha256(data).digest())}:"
    own.client.put(f"/uploads/{upload}/parts/{number}", data, headers={"Content-Digest": digest})


def lodged(own: Bidder, tender: str, parts: list[bytes], kind: str = "bid") -> str:
    upload = begin(own, tender, [len(part) for part in parts], kind)
    for number, part in enumerate(parts):
        put(own, upload, number, part)
    return upload


def remade(sealed: SealedBid, change: Callable[[Header], None]) -> tuple[list[bytes], str]:
    """The parts with another header, and the envelope that they are."""
    part_0, *rest = parts_of(sealed)
    header, section = split(part_0)
    change(header)
    made = join(canonical.dumps(header), section)
    return [made, *rest], parse_front(made).envelope_id([hashlib.sha256(part).hexdigest() for part in rest])
