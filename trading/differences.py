"""What one text has and another has not, in pieces that a reader can follow. Pure."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Final

#: One sign of Chinese, one number, one word of anything else, one space or mark.
_SIGN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|[0-9]+(?:[.,:][0-9]+)*|[^\W\u3400-\u9fff\uf900-\ufaff]+|\s|[^\w\s]")
_SENTENCE = re.compile(r"[^。；;\n]*[。；;\n]?")
#: Texts of more signs are compared by sentences, since the work grows with the square.
_MOST_SIGNS: Final = 1500

#: A piece of text that is the `same`, was taken `out` or put `in`.
Piece = tuple[str, str]


def pieces(old: str, new: str) -> list[Piece]:
    """How `old` became `new`: ("same" | "out" | "in", text), in reading order."""
    cut = _SIGN if max(len(old), len(new)) <= _MOST_SIGNS else _SENTENCE
    before, after = cut.findall(old), cut.findall(new)
    found: list[Piece] = []
    for act, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        out, put = "".join(before[a:b]), "".join(after[c:d])
        found += [("same", out)] if act == "equal" else [("out", out), ("in", put)]
    return [piece for piece in found if piece[1]]
