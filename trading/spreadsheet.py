"""CSV files that a spreadsheet opens without harm. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

#: With these a cell would be computed.
_COMPUTED = ("=", "+", "-", "@", "\t", "\r")


def write(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """With a mark at its beginning, without which Excel takes Chinese for something else."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(columns)
    writer.writerows([[_harmless(cell) for cell in row] for row in rows])
    return b"\xef\xbb\xbf" + written.getvalue().encode()


def _harmless(cell: str) -> str:
    """Text that a spreadsheet would compute is kept from it."""
    return f"'{cell}" if cell.startswith(_COMPUTED) else cell
