"""Every part that pages are made of, on one page: for whoever builds pages, and for the tests of the look."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from api.desk import AnyRequest, Desk
from api.pages import page


@get("/gallery", **page.operation("page.gallery"))
def show_gallery(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    def view(_connection: Any, _caller: Any) -> dict[str, Any]:
        return {}

    return page.show_all(desk, request, "gallery", view)


HANDLERS = [show_gallery]
