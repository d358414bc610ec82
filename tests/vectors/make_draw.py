"""Make the vectors of draws again: ``python -m tests.vectors.make_draw``. Written from docs/spec/draw.md alone."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "draw"
PARTIES = ["91431100MA4L12345X", "11431100006543210K", "operator"]
#: Name, parties, who withholds, groups as (label, count, candidates), how many of the seated recuse themselves.
DRAWS: list[tuple[str, int, tuple[int, ...], list[tuple[str, int, int]], int]] = [
    ("two parties, one candidate", 2, (), [("experts", 1, 1)], 0),
    ("three parties, five of thirty", 3, (), [("experts", 5, 30)], 0),
    ("all of nine, the last withholds", 3, (2,), [("experts", 9, 9)], 0),
    ("two groups that overlap, three recusals", 3, (0,), [("construction", 3, 17), ("economics", 2, 12)], 3),
    ("a thousand, both withhold", 2, (0, 1), [("experts", 7, 1000)], 4),
]


def main() -> None:
    """Write the vectors."""
    FOLDER.mkdir(exist_ok=True)
    value = {
        "pseudonyms": [_pseudonym(number) for number in range(4)],
        "draws": [_draw(*one) for one in DRAWS],
        "refused": _refused(),
    }
    (FOLDER / "draws.json").write_text(json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")


def _refused() -> list[dict[str, Any]]:
    """Seeds, groups and recusals that give no seats."""
    good = {"seed": _bytes("seed").hex(), "groups": [{"label": "a", "count": 2, "candidates": ["0", "1", "2"]}]}
    group: dict[str, Any] = good["groups"][0]  # type: ignore[assignment]  # the list of groups, not the seed
    other = {**group, "label": "b"}
    bad: dict[str, dict[str, Any]] = {
        "a short seed": {"seed": "00" * 31},
        "no label": {"groups": [{**group, "label": ""}]},
        "a long label": {"groups": [{**group, "label": "x" * 65}]},
        "a label that is not ASCII": {"groups": [{**group, "label": "专家"}]},
        "a label twice": {"groups": [group, {**group, "count": 1}]},
        "no seat": {"groups": [{**group, "count": 0}]},
        "more seats than candidates": {"groups": [{**group, "count": 4}]},
        "candidates that fall": {"groups": [{**group, "candidates": ["1", "0", "2"]}]},
        "a candidate twice": {"groups": [{**group, "candidates": ["0", "0", "1"]}]},
        "a second group without anybody left": {"groups": [group, other]},
        "a recusal of a stranger": {"recused": ["3"]},
        "more recusals than candidates": {"recused": ["0", "1", "2"]},
    }
    return [{"name": name, "recused": [], **good, **one} for name, one in bad.items()]


def _bytes(name: str) -> bytes:
    return sha256(b"vectors of draws: " + name.encode()).digest()


def _text(text: str) -> bytes:
    return len(text).to_bytes(2, "big") + text.encode()


def pseudonym_of(salt: bytes, person: str) -> str:
    """What stands for a person in a pool."""
    return sha256(b"sunbid/candidate/1\n" + salt + _text(person)).hexdigest()


def commitment_of(pool: bytes, party: str, stands_in: int, value: bytes) -> str:
    """What a party publishes of a value."""
    return sha256(b"sunbid/draw-commitment/1\n" + pool + _text(party) + bytes([stands_in]) + value).hexdigest()


def seed_of(pool: bytes, size: int, root: bytes, used: list[tuple[int, bytes]]) -> bytes:
    """The seed of the values used, each with whether another stands in."""
    whole = b"".join(bytes([stands_in]) + value for stands_in, value in used)
    return sha256(b"sunbid/draw-seed/1\n" + pool + size.to_bytes(8, "big") + root + whole).digest()


def order_of(seed: bytes, label: str, candidates: list[str]) -> list[str]:
    """The whole drawn order. Numbers as strings of binary digits: slow, and by another route than the code."""
    left, order, block, size = list(candidates), [], 0, len(candidates)
    for place in range(size):
        bits = 0
        while 2**bits < size - place:
            bits += 1
        number = size
        while number >= size - place:
            digest = sha256(b"sunbid/draw-block/1\n" + seed + _text(label) + block.to_bytes(8, "big")).digest()
            block += 1
            number = int("0" + "".join(f"{byte:08b}" for byte in digest)[:bits], 2)
        chosen = left[place + number]
        left[place + number], left[place] = left[place], chosen
        order.append(chosen)
    return order


def _pseudonym(number: int) -> dict[str, str]:
    salt, person = _bytes(f"salt {number}"), sha256(bytes([number])).hexdigest()[:32]
    return {"salt": salt.hex(), "person": person, "pseudonym": pseudonym_of(salt, person)}


def _draw(
    name: str, count: int, withheld: tuple[int, ...], sizes: list[tuple[str, int, int]], recusals: int
) -> dict[str, Any]:
    pool, root, size, parties = _bytes(f"pool {name}"), _bytes(f"root {name}"), 40 + len(name), PARTIES[:count]
    values = [_commitment(name, pool, party, stands) for party in parties for stands in (False, True)]
    used = [values[2 * number + (number in withheld)] for number in range(count)]
    seed = seed_of(pool, size, root, [(one["stands_in"], bytes.fromhex(one["value"])) for one in used])
    groups = [_group(seed, *one) for one in sizes]
    seats, recused = _seats(groups, recusals)
    return {
        "name": name, "pool": pool.hex(), "size": size, "root": root.hex(), "parties": parties, "seed": seed.hex(),
        "commitments": values, "reveals": [{n: one[n] for n in ("party", "stands_in", "value")} for one in used],
        "groups": groups, "recused": recused, "seats": seats,
    }  # fmt: skip


def _commitment(name: str, pool: bytes, party: str, stands_in: bool) -> dict[str, Any]:
    value = _bytes(f"{name} {party} {stands_in}")
    found = commitment_of(pool, party, stands_in, value)
    return {"party": party, "stands_in": stands_in, "value": value.hex(), "commitment": found}


def _group(seed: bytes, label: str, count: int, size: int) -> dict[str, Any]:
    candidates = sorted(_bytes(f"candidate {number}").hex() for number in range(size))
    order = order_of(seed, label, candidates)
    return {"label": label, "count": count, "candidates": candidates, "order": order}


def _seats(groups: list[dict[str, Any]], recusals: int) -> tuple[list[list[str]], list[str]]:
    seen: list[str] = []
    seats: list[list[str]] = []
    for group in groups:
        free = [one for one in group["order"] if one not in seen]
        seats.append(free[: group["count"]])
        seen += free[: group["count"]]
    recused = []
    for turn in range(recusals):
        place = turn % len(groups)
        gone = seats[place][turn % len(seats[place])]
        coming = next(one for one in groups[place]["order"] if one not in seen)
        seats[place][turn % len(seats[place])] = coming
        recused.append(gone)
        seen.append(coming)
    return seats, recused


if __name__ == "__main__":
    main()
