"""What people write at length: questions, objections, answers. Pure."""

from __future__ import annotations

from notary import canonical
from notary.errors import Malformed

MAX_LENGTH = 20_000


def check(text: str, field: str) -> None:
    """Raise Malformed (text_wrong, or what no record holds) unless it says something, in at most MAX_LENGTH signs."""
    canonical.check(text, field)
    if not text.strip() or len(text) > MAX_LENGTH:
        raise Malformed(
            "text_wrong",
            f"内容应为 1 至 {MAX_LENGTH} 字。",
            f"The text has 1 to {MAX_LENGTH} characters.",
            field=field,
        )
