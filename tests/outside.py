"""Vectors and real tenders that are too large for the repository."""

from __future__ import annotations

import os
from pathlib import Path


def outside_data() -> Path | None:
    """The folder that SUNBID_DATA names, or None. Raises NotADirectoryError when it names no folder.

    Without it the tests that need it are not collected: parametrise them over an empty list.
    """
    name = os.environ.get("SUNBID_DATA")
    if not name:
        return None
    folder = Path(name)
    if not folder.is_dir():
        raise NotADirectoryError(f"SUNBID_DATA is not a folder: {name}")
    return folder
