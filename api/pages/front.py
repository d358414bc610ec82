"""The front page, and in a demonstration the way in as anybody who plays in it."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import RawBody
from sqlalchemy import Connection, select

from api import sessions
from api.desk import AnyRequest, Desk
from api.pages import asked, cookies, own, page, sent
from notary.errors import Unknown
from notary.work import Unit
from trading import regions
from trading.caller import ROLES, Caller
from trading.rows import organisations, people, roles
from trading.views import lists
from trading.views import tenders as tender_views
from trading.views.lists import Wanted

#: Where each role does its work.
HOMES = {
    "agency": "/agency",
    "bidder": "/bidder",
    "trustee": "/trustee",
    "expert": "/expert",
    "supervisor": "/supervisor",
    "administrator": "/administrator",
}
_LATEST = 10
_COMING = 5


@get("/", **page.operation("page.front"))
def show_front(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    def view(connection: Connection, _caller: Caller | None) -> dict[str, Any]:
        now = desk.glance_time()
        latest, _ = lists.notices(connection, Wanted(), cursor=None, limit=_LATEST)
        return {
            "latest": latest,
            "coming": lists.openings(connection, now, limit=_COMING),
            "counters": lists.counters(connection, now, asked.end_of_day(now, 1)),
            "choices": asked.choices(),
            "regions": regions.regions(),
            "cast": _cast(connection) if desk.settings.demonstration else [],
        }

    return page.show_all(desk, request, "public/front", view)


@post("/demonstration/enter", **page.operation("demonstration.enter"))
def enter_demonstration(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    """Sign in as anybody of a demonstration. Elsewhere there is no such address."""
    form = sent.read(body)
    own.newcomer(desk, request, form)
    if not desk.settings.demonstration:
        raise Unknown("not_found", "没有这个地址。", "There is nothing here.")
    person = form.wanted("person")
    with desk.work.unit() as unit:
        role = _role_of(unit, person)
        secret = own.begin(request, unit, person, strong=True)
    response = page.go(request, HOMES[role])
    return signed_in(desk, response, secret)


@post("/sign-out", **page.operation("session.end"))
def sign_out(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    session = desk.visitor(request)
    if session is not None:
        sessions.check(session, sent.read(body).csrf)
        with desk.work.unit() as unit:
            sessions.end(unit, session.id)
    response = page.go(request, "/")
    response.delete_cookie(sessions.COOKIE)
    return response


def signed_in(desk: Desk, response: Response[bytes], secret: str) -> Response[bytes]:
    """The response with the session's cookie."""
    return cookies.give(desk, response, sessions.COOKIE, secret, sessions.LIFE)


def _cast(connection: Connection) -> list[dict[str, Any]]:
    """One person for each role and organisation of a demonstration, in the order of roles."""
    found = connection.execute(
        select(people.c.person, people.c.name, roles.c.role, organisations.c.name.label("organisation"))
        .join(roles, roles.c.person == people.c.person)
        .join(organisations, organisations.c.code == people.c.organisation)
        .order_by(people.c.created_at, people.c.person)
    ).all()
    return [
        {"role": role, "people": [row._asdict() for row in found if row.role == role]}
        for role in ROLES
        if any(row.role == role for row in found)
    ]


def _role_of(unit: Unit, person: str) -> str:
    tender_views.check_person(unit.connection, person)
    return str(
        unit.connection.scalars(select(roles.c.role).where(roles.c.person == person).order_by(roles.c.role)).first()
    )


HANDLERS = [show_front, enter_demonstration, sign_out]
