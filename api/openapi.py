"""The OpenAPI 3.1 document: Litestar's, with the forms of the bodies (our own reader's) and the problems added."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Litestar

from api.operations import FORMS
from api.policy import POLICY, PUBLIC

_REFERENCE = "#/components/schemas/{name}"
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457; further members are facts of the refusal, such as `earliest`.",
    "required": ["type", "title", "status", "detail", "detail_en", "reason", "field", "cites", "instance"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "中文说明：发生了什么、保留了什么、下一步做什么。"},
        "detail_en": {"type": "string"},
        "reason": {"type": "string", "description": "A stable slug."},
        "field": {"type": ["string", "null"]},
        "cites": {"type": ["string", "null"], "description": "Law and article."},
        "instance": {"type": "string", "description": "Request id."},
    },
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{16,64}$"},
}
_DIGEST = {
    "name": "Content-Digest",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "pattern": "^sha-256=:[A-Za-z0-9+/]{43}=:$"},
}
#: Operations that take or give bytes instead of JSON.
_BYTES_IN = {"document.put", "upload.part", "paper.issue"}
_BYTES_OUT = {"document.show", "envelope.part", "paper.show", "dossier.show", "log.file"}
_NO_KEY = {"claim.use", "token.issue"} | _BYTES_IN


def document(app: Litestar) -> dict[str, Any]:
    """The document as JSON."""
    schema = app.openapi_schema.to_schema()
    names = sorted(set(FORMS.values()), key=lambda form: form.__name__)
    _, forms = msgspec.json.schema_components(names, ref_template=_REFERENCE)
    components = schema.setdefault("components", {})
    components["schemas"] = forms | {"Problem": _PROBLEM}
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for methods in schema["paths"].values():
        for method in methods.values():
            _complete(method)
    return schema


def _complete(method: dict[str, Any]) -> None:
    name = method["operationId"]
    permission = POLICY[name]
    method["security"] = [{}] if permission.roles == PUBLIC else [{"token": []}]
    owns = ", ".join(one.value for one in permission.owns)
    method["description"] = f"roles: {', '.join(sorted(permission.roles)) or 'public'}; open to: {owns}"
    given: dict[str, Any] = {"application/json": {"schema": {"type": "object"}}}
    if name in _BYTES_OUT:
        given = {"application/octet-stream": {}}
    problem = {"application/problem+json": {"schema": {"$ref": _REFERENCE.format(name="Problem")}}}
    method["responses"] = {
        "200": {
            "description": "Done",
            "content": given,
        },
        "4XX": {"description": "Refused: nothing was changed, save a recorded refusal", "content": problem},
        "503": {"description": "Not now: try again with the same key", "content": problem},
    }
    if name in FORMS:
        reference = {"$ref": _REFERENCE.format(name=FORMS[name].__name__)}
        method["requestBody"] = {"required": True, "content": {"application/json": {"schema": reference}}}
    if name in _BYTES_IN:
        method["requestBody"] = {"required": True, "content": {"application/octet-stream": {}}}
        method["parameters"] = [*method.get("parameters", []), *([_DIGEST] if name == "upload.part" else [])]
    if permission.writes and name not in _NO_KEY:
        method["parameters"] = [*method.get("parameters", []), _KEY]
