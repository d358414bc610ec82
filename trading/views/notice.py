"""Reads of one notice of a lot: what it says, and what it changed of the one before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notary import clock
from notary.entries import Entry
from notary.errors import Unknown
from trading.differences import pieces
from trading.views.lot import NOTICE_KINDS, Lot

_TEXTS = ("scope", "qualification")
_SUMS = ("budget", "ceiling", "deposit")
_MOMENTS = ("questions_until", "documents_offered_until", "deadline")


def notice(lot: Lot, number: int) -> Entry:
    """The notice of this number: 0 the publication, then the amendments. Raises Unknown."""
    for one in lot.all_of(*NOTICE_KINDS):
        if one.body["number"] == number:
            return one
    raise Unknown("notice_unknown", "没有这份公告。", "There is no such notice.", field="number")


def changes(lot: Lot, number: int) -> list[dict[str, Any]]:
    """What notice `number` changed of the one before, member by member, in the record's words.

    Each has `name` and one of: `pieces` of a text, `sums` or `moments` (before and after), `files` (each `same`, `out`
    or `in`). Of the first notice there are none.
    """
    if number == 0:
        return []
    before, after = notice(lot, number - 1).body, notice(lot, number).body
    members = [name for name in after["changed"] if name != "auction"]
    return [*_times(before, after), *(_change(name, before, after) for name in members)]


def about(entry: Entry) -> dict[str, Any]:
    """Number, time, reason and rule of a notice."""
    body = entry.body
    return {
        "number": body["number"],
        "time": clock.text(entry.time),
        "commitment": entry.commitment().hex(),
        "reason": body.get("reason"),
        "rule": body.get("deadline_rule"),
        "previous": body["previous"],
    }


def _times(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The times of an auction that an extension moves: nothing else of its terms changes."""
    if "auction" not in after["changed"]:
        return []
    old, new = before["auction"], after["auction"]
    return [
        {"name": "auction.opens_at", "moments": (old["opens_at"], new["opens_at"])},
        {"name": "auction.closes_at", "moments": (old["open"]["closes_at"], new["open"]["closes_at"])},
    ]


def _change(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    old, new = _member(before, name), _member(after, name)
    if name in _SUMS:
        return {"name": name, "sums": (old, new)}
    if name in _MOMENTS:
        return {"name": name, "moments": (old, new)}
    if name == "documents":
        return {"name": name, "files": _files(old, new)}
    if name in _TEXTS:
        return {"name": name, "pieces": pieces(old, new)}
    return {"name": name, "pieces": pieces(_criteria(old), _criteria(new))}


def _member(body: Mapping[str, Any], name: str) -> Any:
    return body[name] if name in body else body["notice"][name]


def _files(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By their bytes: a file of the same name and another hash went out and came in."""
    kept = {one["sha256"] for one in old} & {one["sha256"] for one in new}
    out = [one | {"change": "out"} for one in old if one["sha256"] not in kept]
    return out + [one | {"change": "same" if one["sha256"] in kept else "in"} for one in new]


def _criteria(value: Any) -> str:
    """Criteria as lines of text, so that they can be compared."""
    if not isinstance(value, dict):
        return str(value)
    lines = []
    for key, one in sorted(value.items()):
        if isinstance(one, list):
            lines += [
                f"{key}：{' · '.join(map(str, part.values())) if isinstance(part, dict) else part}" for part in one
            ]
        elif one is not None:
            lines.append(f"{key}：{one}")
    return "\n".join(lines)
