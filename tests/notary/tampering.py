"""Every way to spoil a dossier that this project could think of, for any verifier and any dossier.

`tampered` yields copies of a dossier that each differ in one place and must not pass. Left out is what dossier.md says
a dossier cannot show: that an entry is missing on which nothing else rests.
"""

from __future__ import annotations

import copy
import io
import json
import random
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

HEX = set("0123456789abcdef")
FREE = {"question_answered", "trustee_rehearsed", "bid_refused"}
STAGES = {"lot_opened", "lot_evaluated", "candidates_published", "lot_awarded", "lot_failed", "key_released"}

Path = tuple[str | int, ...]


def unpacked(dossier: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(dossier)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data)
    return buffer.getvalue()


def canonical(value: Any) -> bytes:
    """RFC 8785 for names of members in ASCII."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from walk(item, (*path, key))


def at(frame: Any, path: Path) -> Any:
    for key in path:
        frame = frame[key]
    return frame


def altered(value: Any, rng: random.Random) -> Any:
    """Another value of the same type and, for text, of the same alphabet where it has one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + rng.choice([-1, 1])
    if not value:
        return "x"
    place = rng.randrange(len(value))
    alphabet = "0123456789abcdef" if set(value) <= HEX else "0123456789" if value[place].isdigit() else "ABCxyz"
    return value[:place] + rng.choice([c for c in alphabet if c != value[place]]) + value[place + 1 :]


def removable(frame: dict[str, Any], path: Path) -> bool:
    """Whether something shows that this element is missing."""
    if path[0] != "entries" or len(path) != 2:
        return True
    entries = frame["entries"]
    entry, kind = at(frame, path), at(frame, path)["head"]["kind"]
    if kind == "score_signed":
        experts = [e["body"]["score"]["object"]["expert"] for e in entries[path[1] :] if e["head"]["kind"] == kind]
        return experts.count(experts[0]) == 1 and any(e["head"]["kind"] == "lot_evaluated" for e in entries)
    if kind == "committee_set":
        return all(e["head"]["kind"] != kind for e in entries[path[1] :][1:])
    if kind == "key_released":
        opened = next((e["body"] for e in entries if e["head"]["kind"] == "lot_opened"), None)
        sets = [e["body"]["key_set"] for e in entries if e["head"]["kind"] == "key_set_signed"]
        used = {t for s in sets for t in (s["quorums"][opened["quorum"]] if opened else ())}
        return entry["body"]["release"]["object"]["trustee"] in used
    if kind == "key_registered":
        used = {
            e["body"]["statement"]["object"]["bidder"]
            for e in entries
            if e["head"]["kind"] in {"bid_accepted", "bid_withdrawn"}
        }
        used |= {e["body"]["score"]["object"]["expert"] for e in entries if e["head"]["kind"] == "score_signed"}
        return entry["body"]["owner"] in used
    return kind not in FREE and not (kind in STAGES and entry is entries[-1])


def edits(frame: dict[str, Any], rng: random.Random) -> Iterator[tuple[str, Path, str]]:
    """Every single edit of dossier.json: its name, where, and what."""
    for path, value in walk(frame):
        where = "/".join(map(str, path))
        if isinstance(value, dict):
            yield from ((f"delete {where}/{key}", (*path, key), "delete") for key in value)
            yield f"add to {where}", path, "add"
        elif isinstance(value, list):
            yield f"append to {where}", path, "append"
            if value:
                place = rng.randrange(len(value))
                yield f"duplicate {where}/{place}", (*path, place), "duplicate"
                yield from (
                    (f"delete {where}/{i}", (*path, i), "delete")
                    for i in range(len(value))
                    if removable(frame, (*path, i))
                )
            if len(value) > 1 and value[0] != value[-1]:
                yield f"swap ends of {where}", path, "swap"
        else:
            yield f"alter {where}", path, "alter"


def edited(frame: dict[str, Any], path: Path, what: str, rng: random.Random) -> dict[str, Any]:
    """The frame, edited in place."""
    target, parent = at(frame, path), at(frame, path[:-1])
    if what == "delete":
        del parent[path[-1]]
    elif what == "add":
        target["extra"] = "x"
    elif what == "append":
        target.append(copy.deepcopy(target[-1]) if target and isinstance(target[-1], dict) else "00" * 32)
    elif what == "duplicate":
        parent.insert(path[-1], copy.deepcopy(target))
    elif what == "swap":
        target[0], target[-1] = target[-1], target[0]
    else:
        parent[path[-1]] = "x" if target is None else altered(target, rng)
    return frame


def frame_edits(
    dossier: bytes, seed: int, sample: int | None = None, share: tuple[int, int] = (0, 1)
) -> Iterator[tuple[str, bytes]]:
    """Each leaf altered, each member deleted or added, each array's elements duplicated, deleted, swapped.

    sample: how many of them, all without it. share: (number, of), to divide the work.
    """
    rng, members = random.Random(seed), unpacked(dossier)
    text = members["dossier.json"]
    found = list(edits(json.loads(text), rng))
    chosen = found if sample is None else rng.sample(found, min(sample, len(found)))
    for name, path, what in chosen[share[0] :: share[1]]:
        yield name, packed(members | {"dossier.json": canonical(edited(json.loads(text), path, what, rng))})


def bit_flips(dossier: bytes, seed: int, count: int = 1000) -> Iterator[tuple[str, bytes]]:
    """Random bits of the members, each member as often as every other."""
    rng, members = random.Random(seed), unpacked(dossier)
    for _ in range(count):
        name = rng.choice(sorted(name for name, data in members.items() if data))
        place, bit = rng.randrange(len(members[name])), 1 << rng.randrange(8)
        data = bytearray(members[name])
        data[place] ^= bit
        yield f"bit {bit} of byte {place} of {name}", packed(members | {name: bytes(data)})


#: Which check finds that bits of a part of the dossier are other ones.
CHECKED_BY = {
    "checkpoints": 2,
    "consistency": 3,
    "leaves": 4,
    "entries": 4,
    "scores": 4,
    "envelopes": 11,
    "documents": 17,
}

Place = tuple[str, int]


def places(dossier: bytes) -> dict[str, list[Place]]:
    """Every byte of a dossier's parts, by member and place: what leaves are made and proved of, what entries say, …."""
    members = unpacked(dossier)
    text = members["dossier.json"]
    frame = json.loads(text)
    found: dict[str, list[Place]] = {part: [] for part in CHECKED_BY}

    def add(part: str, data: bytes, start: int, stop: int) -> None:
        at = text.index(data, start, stop)
        found[part] += [("dossier.json", place) for place in range(at, at + len(data))]

    start = text.index(b'"entries":')
    for entry in frame["entries"]:
        start = text.index(canonical(entry), start)
        for name, value in entry.items():
            said = "scores" if entry["head"]["kind"] == "score_signed" else "entries"
            part = said if name in {"head", "body"} else "leaves"
            add(part, canonical({name: value})[1:-1], start, start + len(canonical(entry)))
    for note in frame["checkpoints"]:
        add("checkpoints", canonical(note), 0, len(text))
    add("consistency", canonical(frame["consistency"]), 0, len(text))
    for name, data in members.items():
        part = name.partition("/")[0]
        if part in {"envelopes", "documents"}:
            found[part] += [(name, place) for place in range(len(data))]
    return found


def part_flips(dossier: bytes, part: str, seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Random bits of one part of a dossier, each byte as often as every other."""
    rng, members, all_places = random.Random(seed), unpacked(dossier), places(dossier)[part]
    for _ in range(count):
        (name, place), bit = rng.choice(all_places), 1 << rng.randrange(8)
        data = bytearray(members[name])
        data[place] ^= bit
        yield f"bit {bit} of byte {place} of {name}", packed(members | {name: bytes(data)})


def file_edits(dossier: bytes) -> Iterator[tuple[str, bytes]]:
    """Members missing, added, exchanged, cut short, made longer."""
    members = unpacked(dossier)
    others = sorted(set(members) - {"dossier.json"})
    for name in members:
        yield f"without {name}", packed({n: data for n, data in members.items() if n != name})
        yield f"{name} cut short", packed(members | {name: members[name][:-1]})
        yield f"{name} made longer", packed(members | {name: members[name] + b"\0"})
    for one, other in pairwise(others):
        yield f"{one} for {other}", packed(members | {one: members[other], other: members[one]})
    yield "one document more", packed(members | {"documents/" + "ab" * 32: b"x"})
    yield "one envelope more", packed(members | {"envelopes/" + "ab" * 32: b"x"})
    yield "another name", packed(members | {"../../x": b"x"})


def tampered(dossier: bytes, seed: int, sample: int | None = None) -> Iterator[tuple[str, bytes]]:
    """Copies of a dossier that must not pass, each with the name of what was done to it.

    sample: how many edits of dossier.json to take; all of them without it.
    """
    yield from frame_edits(dossier, seed, sample)
    yield from bit_flips(dossier, seed)
    yield from file_edits(dossier)
