"""Every route of the application, so that no list of pages and forms is kept by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from api import app
from api.front_door import is_interface
from tests.serving import Site

#: Litestar's own description of the interface, without pages.
LITESTARS = "/api/v1/openapi"
_PLACE = re.compile(r"\{(\w+):\w+\}")
NOBODYS = "0" * 32


@dataclass(frozen=True)
class Route:
    """One method of one path. operation: as the policy has it; places: the names of what the path leaves open."""

    method: str
    path: str
    operation: str

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(_PLACE.findall(self.path))

    @property
    def is_page(self) -> bool:
        """Whether people use it, and not programs."""
        return not is_interface(self.path) and not self.path.startswith("/static/")

    def at(self, places: Mapping[str, str]) -> str:
        """The path with its places filled. KeyError for one that nobody has thought of."""
        return _PLACE.sub(lambda found: places[found[1]], self.path)


def routes(site: Site) -> list[Route]:
    """All of them, pages in Chinese only (`english` has the others)."""
    return [route for route in _all(site) if route.path != "/en" and not route.path.startswith("/en/")]


def english(site: Site) -> set[tuple[str, str]]:
    """Method and path of the pages in English, without the prefix."""
    found = [route for route in _all(site) if route.path == "/en" or route.path.startswith("/en/")]
    return {(one.method, one.path.removeprefix("/en") or "/") for one in found}


def _all(site: Site) -> Iterator[Route]:
    for route in app.create(site.desk).routes:
        for handler in getattr(route, "route_handlers", ()):
            if not route.path.startswith(LITESTARS) or "operation" in handler.opt:
                for method in sorted(handler.http_methods - {"OPTIONS"}):
                    yield Route(method, route.path, handler.opt["operation"])
