"""What there is to read about the site itself: its data, help, accessibility."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from api.desk import AnyRequest, Desk
from api.pages import page


@get("/data", **page.operation("page.help"))
def show_data(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    base = page.site(desk, request)
    facts = {"base": base, "origin": desk.settings.origin}
    return page.show_all(desk, request, "public/data", lambda _connection, _caller: facts)


@get("/help", **page.operation("page.help"))
def show_help(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    return page.show_all(desk, request, "public/help", _nothing)


@get("/accessibility", **page.operation("page.help"))
def show_accessibility(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    return page.show_all(desk, request, "public/accessibility", _nothing)


def _nothing(_connection: Any, _caller: Any) -> dict[str, Any]:
    return {}


HANDLERS = [show_data, show_help, show_accessibility]
