"""Refusals on pages: the same problem document as everywhere (api/problems.py), shown as a page."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from litestar import Response

from api import problems
from api.desk import AnyRequest, Desk
from api.front_door import is_interface
from api.pages import page

Handler = Callable[[AnyRequest, Any], Response[bytes]]


def handlers(desk: Desk) -> dict[Any, Handler]:
    """The exception handlers of the application."""
    return {kind: _shown(desk, handler) for kind, handler in problems.HANDLERS.items()}


def _shown(desk: Desk, handler: Handler) -> Handler:
    def shown(request: AnyRequest, error: Any) -> Response[bytes]:
        response = handler(request, error)
        if is_interface(request.url.path):
            return response
        facts = json.loads(response.content)
        if facts["reason"] == "sign_in" and request.method == "GET":
            return page.go(request, f"/sign-in?then={quote(request.url.path, safe='/')}")
        if facts["reason"] == "second_factor" and request.method == "GET":
            return page.go(request, "/account/factors?done=second_factor")
        if facts["reason"] == "confirm_again":
            return page.go(request, f"/account/confirm?then={quote(facts['then'], safe='/')}")
        return page.problem(desk, request, response.status_code or 500, {"problem": facts})

    return shown
