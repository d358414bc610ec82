"""How a handler says which operation of the policy it is, and which form its body has (for OpenAPI)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from litestar.openapi.spec import OpenAPIMediaType, Operation, Reference, RequestBody, Schema

from api.policy import POLICY
from notary.forms import Form

FORMS: list[type[Form]] = []
_REFERENCE = "#/components/schemas/{name}"


def operation(name: str, form: type[Form] | None = None, *, status_code: int = 200) -> dict[str, Any]:
    """Keyword arguments of a Litestar route decorator for one operation. KeyError when the policy does not know it."""
    permission = POLICY[name]
    options: dict[str, Any] = {
        "opt": {"operation": name, "writes": permission.writes},
        "operation_id": name,
        "sync_to_thread": True,
        "status_code": status_code,
    }
    if form is not None:
        FORMS.append(form)
        options["operation_class"] = _with_body(form)
    return options


def schemas() -> dict[str, Schema]:
    """The JSON Schemas of all forms, for the OpenAPI document."""
    _, components = msgspec.json.schema_components(FORMS, ref_template=_REFERENCE)
    return {name: _RawSchema(content) for name, content in components.items()}


def _with_body(form: type[Form]) -> type[Operation]:
    @dataclass
    class WithBody(Operation):
        """An operation whose body is read by our own strict reader, so Litestar cannot know its form."""

        def __post_init__(self) -> None:
            reference = Reference(ref=_REFERENCE.format(name=form.__name__))
            self.request_body = RequestBody({"application/json": OpenAPIMediaType(schema=reference)}, required=True)

    return WithBody


@dataclass
class _RawSchema(Schema):
    """A schema that is already JSON."""

    raw: dict[str, Any] | None = None

    def __init__(self, raw: dict[str, Any]) -> None:
        super().__init__()
        self.raw = raw

    def __hash__(self) -> int:
        return id(self)

    def to_schema(self) -> dict[str, Any]:
        """The JSON itself."""
        return self.raw or {}
