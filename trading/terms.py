"""What a search finds a tender by: pairs of Han signs, words of letters and digits, and facets. Pure.

Chinese has no spaces between words, so a run of Han signs is cut into pairs that overlap: 路面改造 is 路面, 面改, 改造.
A query of two signs or more is found by all of its pairs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

#: The longest query that is looked at, and the longest word that is kept.
MOST_TERMS: Final = 12
_LONGEST: Final = 32
_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(f"[{_HAN}]+|[0-9a-z]+")
_IS_HAN = re.compile(f"[{_HAN}]")


def of_text(text: str) -> tuple[str, ...]:
    """The terms of a text, each once, in their order. Full and half width, upper and lower case are the same."""
    found: dict[str, None] = {}
    for run in _RUN.findall(unicodedata.normalize("NFKC", text).casefold()):
        found |= dict.fromkeys(_pairs(run) if _IS_HAN.match(run) else [run[:_LONGEST]])
    return tuple(found)


def of_query(text: str) -> tuple[str, ...]:
    """The terms that all have to be there. A single Han sign finds nothing by itself and is left out beside others."""
    found = of_text(text)
    telling = tuple(term for term in found if len(term) > 1 or not _IS_HAN.match(term))
    return (telling or found)[:MOST_TERMS]


def of_region(code: str) -> tuple[str, ...]:
    """The facets of an administrative code (GB/T 2260): itself and all that it lies in."""
    whole = _significant(code)
    return tuple(f"in:{whole[:length]}" for length in range(2, len(whole) + 1, 2))


def in_region(code: str) -> str:
    """The facet of everything in a region: ``431100`` is the whole city."""
    return f"in:{_significant(code)}"


def of_procedure(name: str) -> str:
    """The facet of a procedure."""
    return f"by:{name}"


def of_category(name: str) -> str:
    """The facet of a category of trade."""
    return f"of:{name}"


def of_agency(code: str) -> str:
    """The facet of who tenders."""
    return f"for:{code}"


def of_winner(code: str) -> str:
    """The facet of who won."""
    return f"won:{code}"


def of_tender(texts: Iterable[str], facets: Iterable[str]) -> tuple[str, ...]:
    """All terms of one tender, each once."""
    found: dict[str, None] = {}
    for text in texts:
        found |= dict.fromkeys(of_text(text))
    return tuple(found | dict.fromkeys(facets))


def _pairs(run: str) -> Iterable[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)] or [run]


def _significant(code: str) -> str:
    """``4311`` for ``431100``: what comes before the pairs of zeros at its end."""
    while len(code) > 2 and code.endswith("00"):
        code = code[:-2]
    return code
