"""Draws that anybody can recompute (docs/spec/draw.md): commitments, the seed, the drawn order, who is seated. Pure.

Nobody chooses the seed: each party's value is fixed by its commitment before it sees another's, and goes in together
with the pool, which was in the record before any value was committed to. The order follows from the seed alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from notary.errors import Conflict, Malformed

VALUE_BYTES = 32
MAX_CANDIDATES = 100_000
MAX_TEXT = 64
_HASH_BITS = 256


@dataclass(frozen=True)
class Pool:
    """What the record holds before anybody commits. commitment: of the pool's entry; size, root: of a checkpoint of the
    log that holds that entry; parties: at least two, in their order, no party twice."""

    commitment: bytes
    size: int
    root: bytes
    parties: tuple[str, ...]


@dataclass(frozen=True)
class Reveal:
    """A party's value, or where the party withheld it (`stands_in`) the one by which another party stands in for it."""

    party: str
    stands_in: bool
    value: bytes


@dataclass(frozen=True)
class Group:
    """`count` seats for which `candidates` (pseudonyms, rising, none twice) are drawn under `label`."""

    label: str
    count: int
    candidates: tuple[str, ...]


def pseudonym(salt: bytes, person: str) -> str:
    """How a candidate is named in the record: who has salt and person can show whom it names, nobody else can tell."""
    return _hash(b"sunbid/candidate/1\n", _exactly(salt, "salt"), _text(person, "person")).hex()


def commitment(pool: bytes, party: str, *, stands_in: bool, value: bytes) -> bytes:
    """What a party publishes first. It binds pool and party, so that a copied commitment cannot be revealed."""
    source = bytes([stands_in])
    return _hash(
        b"sunbid/draw-commitment/1\n",
        _exactly(pool, "pool"),
        _text(party, "party"),
        source,
        _exactly(value, "value"),
    )


def stand_in_for(parties: Sequence[str], party: str) -> str:
    """Who stands in for a party that withholds its value: the next one, the first for the last."""
    return parties[(parties.index(party) + 1) % len(parties)]


def seed(pool: Pool, reveals: Sequence[Reveal]) -> bytes:
    """The seed of a draw. Raises Malformed unless there is exactly one value for each party."""
    _check_parties(pool.parties)
    found = {reveal.party: reveal for reveal in reveals}
    if len(found) != len(reveals) or found.keys() != set(pool.parties):
        raise _wrong("reveals", "每个参与方恰有一个随机值", "there is exactly one value for each party")
    in_order = [found[party] for party in pool.parties]
    head = _exactly(pool.commitment, "pool"), pool.size.to_bytes(8, "big"), _exactly(pool.root, "root")
    values = [bytes([one.stands_in]) + _exactly(one.value, "value") for one in in_order]
    return _hash(b"sunbid/draw-seed/1\n", *head, *values)


def drawn(seed_: bytes, group: Group) -> Iterator[str]:
    """The group's candidates one after the other in the order in which they are drawn, up to the last.

    Each permutation is as likely as every other. Raises Malformed for a group that is not of its form.
    """
    _check_group(group)
    numbers = _Numbers(_exactly(seed_, "seed"), group.label)
    left = list(group.candidates)
    for place in range(len(left)):
        chosen = place + numbers.below(len(left) - place)
        left[place], left[chosen] = left[chosen], left[place]
        yield left[place]


def seats(seed_: bytes, groups: Sequence[Group], recused: Sequence[str] = ()) -> list[list[str]]:
    """Who sits in each group: first the draw of all groups in turn, then a replacement for each recusal in turn.

    recused: pseudonyms of those who were seated and had to go, in the order of the record. Each is replaced by the next
    in the drawn order of its group who does not sit and was not seated before. Nobody sits twice.
    Raises Malformed, and Conflict (pool_exhausted) where a group has too few candidates.
    """
    if len({group.label for group in groups}) != len(groups):
        raise _wrong("groups", "各组标识不得相同", "no label stands for two groups")
    for group in groups:
        _check_group(group)  # before the first is drawn: a wrong group gives no seats at all
    orders = [drawn(seed_, group) for group in groups]
    used: set[str] = set()
    found = [
        [_next(order, used, group) for _ in range(group.count)] for group, order in zip(groups, orders, strict=True)
    ]
    for gone in recused:
        place = next((number for number, seated in enumerate(found) if gone in seated), None)
        if place is None:
            raise _wrong("recused", "回避的人不在已抽中的席位上", "who recuses was not seated")
        found[place][found[place].index(gone)] = _next(orders[place], used, groups[place])
    return found


def _next(order: Iterator[str], used: set[str], group: Group) -> str:
    for candidate in order:
        if candidate not in used:
            used.add(candidate)
            return candidate
    raise Conflict(
        "pool_exhausted",
        f"“{group.label}”组可抽取的人员已不足，抽取结果没有变动；请扩充名单后重新抽取。",
        f"Too few candidates are left in the group {group.label}; nothing was changed. Enlarge the pool and draw anew.",
        field="groups",
    )


class _Numbers:
    """Whole numbers below a bound, each as likely as every other, from the blocks of a seed and a label."""

    def __init__(self, seed_: bytes, label: str) -> None:
        self._prefix = b"sunbid/draw-block/1\n" + seed_ + _text(label, "label")
        self._counter = 0

    def below(self, bound: int) -> int:
        """A number from 0 to bound - 1. A block's top bits that are no such number are thrown away: a remainder would
        make small numbers likelier."""
        bits = (bound - 1).bit_length()
        while True:
            block = _hash(self._prefix, self._counter.to_bytes(8, "big"))
            self._counter += 1
            number = int.from_bytes(block, "big") >> (_HASH_BITS - bits)
            if number < bound:
                return number


def _hash(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def _exactly(value: bytes, field: str) -> bytes:
    if len(value) != VALUE_BYTES:
        raise _wrong(field, "应为 32 字节", "it has 32 bytes")
    return value


def _text(value: str, field: str) -> bytes:
    """Its length in two bytes and itself, so that no two lists of parts give the same bytes."""
    if not (value.isascii() and value.isprintable() and 1 <= len(value) <= MAX_TEXT):
        raise _wrong(field, "应为 1 到 64 个 ASCII 字符", "it is 1 to 64 printable ASCII characters")
    return len(value).to_bytes(2, "big") + value.encode("ascii")


def _check_parties(parties: Sequence[str]) -> None:
    if len(parties) < 2 or len(set(parties)) != len(parties):  # alone one would know the seed
        raise _wrong("parties", "参与方至少两个，且不得重复", "there are at least two parties, none twice")


def _check_group(group: Group) -> None:
    rising = all(one < other for one, other in pairwise(group.candidates))
    if not rising:
        raise _wrong("candidates", "名单应按升序排列且不重复", "candidates rise, and nobody stands twice")
    if len(group.candidates) > MAX_CANDIDATES or not 1 <= group.count <= len(group.candidates):
        raise _wrong(
            "candidates",
            "名单至多 10 万人，席位数在 1 与名单人数之间",
            "there are at most 100,000 candidates, and from one to all are drawn",
        )


def _wrong(field: str, zh: str, en: str) -> Malformed:
    return Malformed("draw_wrong", f"抽取：{zh}。", f"Draw: {en}.", field=field)
