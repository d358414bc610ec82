"""Refusals: what a user is told when an act is not done. A small closed set; api/problems.py gives HTTP statuses."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """An act was refused and nothing was changed.

    reason: a stable slug that tests, clients and docs name (``deadline_passed``).
    zh, en: one or two sentences for the user: what happened, what was kept, what to do next.
    field:  the input field at fault as a dotted path, or None.
    cites:  the law or rule and its article, or None.
    facts:  JSON-ready details (never secrets, prices or personal data).
    """

    def __init__(
        self,
        reason: str,
        zh: str,
        en: str,
        *,
        field: str | None = None,
        cites: str | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(f"{reason}: {en}")
        self.reason = reason
        self.zh = zh
        self.en = en
        self.field = field
        self.cites = cites
        self.facts = facts


class Malformed(Refusal):
    """The input is not of its form."""


class Unknown(Refusal):
    """There is no such thing, or it is not the caller's: foreign and absent look the same."""


class Forbidden(Refusal):
    """The caller may not do this."""


class Conflict(Refusal):
    """The present state does not allow it (wrong stage, used twice, already there)."""


class RuleBroken(Refusal):
    """A rule of the procedure is broken; cites is always given."""


class TooLate(Refusal):
    """The time for it is over."""


class TooMuch(Refusal):
    """A declared limit on size or number is exceeded."""


class Held(Refusal):
    """It cannot be done now; trying again later may succeed."""
