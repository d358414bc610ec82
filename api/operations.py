"""How a handler says which operation of the policy it is, and which form its body has."""

from __future__ import annotations

from typing import Any

from api.policy import POLICY
from notary.forms import Form

#: Operation to the form of its JSON body, for the OpenAPI document.
FORMS: dict[str, type[Form]] = {}


def operation(name: str, form: type[Form] | None = None, *, sync: bool = True) -> dict[str, Any]:
    """Keyword arguments of a Litestar route decorator for one operation. KeyError when the policy does not know it."""
    if form is not None:
        FORMS[name] = form
    return {
        "opt": {"operation": name, "writes": POLICY[name].writes},
        "operation_id": name,
        "status_code": 200,
    } | ({"sync_to_thread": True} if sync else {})
