"""Names of regions by administrative code (GB/T 2260). Pure data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path


@cache
def regions() -> Mapping[str, Mapping[str, str]]:
    """`zh` and `en` of each region that is known, in the order of the codes; the first is the whole."""
    data = tomllib.loads(Path(__file__).with_name("regions.toml").read_text("utf-8"))
    return {one["code"]: {"zh": one["zh"], "en": one["en"]} for one in data["region"]}


def named(code: str) -> Mapping[str, str]:
    """The region's name; of an unknown one its code."""
    return regions().get(code, {"zh": code, "en": code})
