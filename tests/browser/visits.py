"""Who may read what: the pages that the routes have and that pages lead to, by person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import httpx
from sqlalchemy import select

from api import sessions
from api.policy import ANYONE, POLICY, PUBLIC
from tests.browser.desks import Person
from tests.browser.hostile import LOTS, Town
from tests.browser.sweep import Addresses, links
from tests.routes import Route, routes
from trading.rows import proposals

#: Lists in which a few stand for all.
_FEW = {"/administrator/people/{person:str}": 3, "/orgs/{code:str}": 2}
NOBODY = ""
#: Test processes and their browsers share two cores.
_PATIENCE = 180


class Visits:
    """pages: person -> path -> HTML of what was there; files: the same of everything else, with its headers.

    visited: the routes of which something was there.
    """

    def __init__(self, town: Town) -> None:
        self.town = town
        self.addresses = Addresses([one for one in routes(town.site) if one.is_page])
        self.roles = {person: role for role, people in town.people.items() for person in people}
        self.pages: dict[str, dict[str, str]] = {}
        self.files: dict[str, dict[str, httpx.Response]] = {}
        self.visited: set[str] = set()
        for person in (NOBODY, *self.roles):
            self._crawl(person)

    def may(self, person: str, route: Route) -> bool:
        """Whether a page is to be looked at as this person: public ones as nobody, own ones as one who may."""
        roles = POLICY[route.operation].roles
        if roles == PUBLIC:
            return person == NOBODY
        return person != NOBODY and (roles == ANYONE or self.roles[person] in roles)

    def cookies(self, person: str) -> list[dict[str, str]]:
        """Of a session of this person, as Playwright takes them."""
        if not person:
            return []
        if person not in self.town.cookies:
            self.town.cookies[person] = Person(self.town.site, person).cookies()[0]["value"]
        return [{"name": sessions.COOKIE, "value": self.town.cookies[person], "url": self.town.site.url}]

    def keep(self, person: str, cookies: Iterable[Mapping[str, Any]]) -> None:
        """Keep the session that a browser has now."""
        for one in cookies:
            if one["name"] == sessions.COOKIE:
                self.town.cookies[person] = one["value"]

    def _crawl(self, person: str) -> None:
        pages, files = self.pages.setdefault(person, {}), self.files.setdefault(person, {})
        waiting, seen, counts = list(self._seeds(person)), set[str](), dict[str, int]()
        with httpx.Client(base_url=self.town.site.url, timeout=_PATIENCE) as http:
            for one in self.cookies(person):
                http.cookies.set(one["name"], one["value"])
            while waiting:
                path = waiting.pop(0).partition("?")[0]
                route = self.addresses.of("GET", path)
                if path in seen or route is None or path.endswith("/events") or not self.may(person, route):
                    continue
                seen.add(path)
                counts[route.path] = counts.get(route.path, 0) + 1
                if counts[route.path] > _FEW.get(route.path, 1000):
                    continue
                answer = http.get(path)
                assert answer.status_code < 500, path
                if answer.status_code != 200:
                    continue
                self.visited.add(route.path)
                if answer.headers["content-type"].startswith("text/html"):
                    pages[path] = answer.text
                    waiting += sorted(links(answer.text))
                else:
                    files[path] = answer

    def _seeds(self, person: str) -> Iterator[str]:
        for route in self.addresses.routes:
            if route.method == "GET" and self.may(person, route):
                if not route.places:
                    yield route.path
                elif self.addresses.of("GET", self.town.small) == route:
                    yield self.town.small
                elif route.places == ("tender",):
                    yield from (route.at({"tender": lot}) for lot in LOTS)
                elif route.places == ("tender", "proposal"):
                    yield from (route.at({"tender": one, "proposal": other}) for one, other in self._proposals())
                elif route.places == ("person",):
                    # Who has an account has more there, and so has an expert.
                    of = (*self.town.people["expert"][:1], *self.town.people["bidder"])
                    yield from (route.at({"person": one}) for one in of)

    def _proposals(self) -> Iterator[tuple[str, str]]:
        """Those that were sent back, too: no page leads to them any more."""
        with self.town.site.desk.work.reading() as connection:
            for row in connection.execute(select(proposals.c.tender, proposals.c.proposal)).all():
                yield row.tender, row.proposal
