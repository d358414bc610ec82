"""What differs between two tenders, member by member, in a form that people can read. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

#: One Han character, or a run of anything else that belongs together.
_PIECE = re.compile(r"[\u3400-\u9fff]|[A-Za-z0-9.,:_-]+|\s+|.", re.DOTALL)
_MOST = 4000


def between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The members that differ, by name: ``{name, before, after, pieces}``.

    before, after: the value, None where there is none; pieces: for texts ``[(kind, text)]`` with kind ``same``, ``del``
    or ``ins``, else None.
    """
    return [
        {
            "name": name,
            "before": before.get(name),
            "after": after.get(name),
            "pieces": _pieces(before.get(name), after.get(name)),
        }
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


def _pieces(before: Any, after: Any) -> list[tuple[str, str]] | None:
    if not isinstance(before, str) or not isinstance(after, str):
        return None
    if len(before) + len(after) > _MOST:
        return [("del", before), ("ins", after)]
    return list(_compared(_PIECE.findall(before), _PIECE.findall(after)))


def _compared(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    for kind, first, last, begin, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield "same", "".join(old[first:last])
            continue
        if first < last:
            yield "del", "".join(old[first:last])
        if begin < end:
            yield "ins", "".join(new[begin:end])
