"""What a notice says: the body of `tender_published` and `tender_amended` (docs/spec/log.md). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trading import draft
from trading.explanations import LEAST
from trading.procedures import Procedure

#: Members that stand elsewhere in the body, or, who is invited, in an entry of its own that is not disclosed yet.
_APART = frozenset({"tender", "procedure", "deadline", "documents", "evaluation", "invited", "prior_ground", "auction"})


def body(
    content: Mapping[str, Any],
    procedure: Procedure,
    *,
    agency: Mapping[str, str],
    key_sets: Mapping[str, str],
    number: int,
    previous: str | None,
) -> dict[str, Any]:
    """The whole tender as it now stands. agency: `code` and `name`; key_sets: envelope kind -> key set id.

    Bids are opened at the deadline (招标投标法 34; 87号令 39); an auction opens when its terms say, and its deadline is
    the end of registration.
    """
    decided = draft.decided_by(draft.read(content), procedure)
    least = procedure.limit("min_bidders")
    return (
        _invitation(procedure)
        | _draw(procedure)
        | _explanation(procedure)
        | {
            "deadline": content["deadline"],
            "documents": content["documents"],
            **decided,
            "form_schema": procedure.form_schema,
            "key_sets": dict(key_sets),
            "minimum_bids": 0 if least is None else least.value,
            "notice": {"agency": dict(agency)} | {key: content[key] for key in sorted(content.keys() - _APART)},
            "number": number,
            "opens_at": decided["auction"]["opens_at"] if "auction" in decided else content["deadline"],
            "previous": previous,
            "procedure": procedure.name,
            "procedure_version": procedure.version,
            "publicity": "publicity" in procedure.stages,
        }
    )


def _invitation(procedure: Procedure) -> dict[str, Any]:
    """Where bidders are invited the notice says so, and at least how many; not whom, nor how many."""
    return {} if procedure.invitation is None else {"minimum_invited": procedure.limits["min_invited"].value}


def _draw(procedure: Procedure) -> dict[str, Any]:
    """Where experts are drawn the notice says so, and binds the committee of the lot to it (docs/spec/draw.md)."""
    return {"drawn": True} if procedure.committee.drawn else {}


def _explanation(procedure: Procedure) -> dict[str, Any]:
    """The clause under which a low price is rejected, and the minutes that its bidder has at least to explain it."""
    if not procedure.rejection.low_price:
        return {}
    limit = procedure.limit("low_price_explanation")
    return {
        "explanation": {"clause": procedure.rejection.low_price, "minutes": LEAST if limit is None else limit.value}
    }
