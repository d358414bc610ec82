"""Bidders register themselves; then their own people let colleagues in (api/registration.py has the rule)."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import RawBody
from sqlalchemy import Connection, select

from api import accounts, registration, throttle
from api.desk import AnyRequest, Desk
from api.pages import own, page, sent
from api.pages.front import signed_in
from api.pages.page import Again
from api.pages.sent import Sent
from api.pages.sign_in import new_password
from notary.errors import Refusal
from notary.work import Lock
from trading.caller import Caller
from trading.rows import people

_COLLEAGUES = "/account/colleagues"


@get("/register", **page.operation("page.register"))
def show_register(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    return own.no_store(page.show(desk, request, "accounts/register", _facts(desk, request)))


@post("/register", **page.operation("registration.ask"))
def register(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    form = sent.read(body)
    own.newcomer(desk, request, form)
    try:
        throttle.take(desk.work, [throttle.by_address("register", own.address(desk, request))])
        return _register(desk, request, form)
    except Refusal as refusal:
        return page.refused(
            desk, request, form, refusal, Again("accounts/register", _facts(desk, request, form.text("then")))
        )


@get(_COLLEAGUES, **page.operation("page.colleagues"))
def show_colleagues(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    return page.show(desk, request, "accounts/colleagues", _colleagues)


@post(_COLLEAGUES, **page.operation("colleague.add"))
def add_colleague(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    form = sent.read(body)
    session = own.fresh(desk, request, form, _COLLEAGUES)
    try:
        with desk.work.unit(Lock("parties")) as unit:
            secret = registration.add_colleague(unit, session.caller, form.wanted("name"))
    except Refusal as refusal:
        return page.refused(desk, request, form, refusal, Again("accounts/colleagues", _colleagues))
    return page.answer(desk, request, "accounts/link", link_facts(desk, request, secret, _COLLEAGUES), session)


def link_facts(desk: Desk, request: AnyRequest, secret: str, back: str) -> dict[str, Any]:
    """Facts of the page that shows a one-time link, this once."""
    return {"link": f"{own.site_of(desk, request)}/claim#{secret}", "back": back}


def _register(desk: Desk, request: AnyRequest, form: Sent) -> Response[bytes]:
    code = registration.code_of(form.wanted("code"))
    login = accounts.login_of(form.wanted("login"))
    fields = {"organisation": form.wanted("organisation"), "name": form.wanted("name")}
    password = new_password(form, login) or ""
    then = own.own_path(form.text("then"))
    with desk.work.unit(Lock("parties")) as unit:
        asked = registration.ask(unit, code=code, login=login, password=password, **fields)
        if desk.settings.people.confirm_registration:
            return page.go(request, f"/register?done=asked&then={then}")
        person = registration.take(unit, "", asked)
        secret = own.begin(request, unit, person, strong=False)
    return signed_in(desk, page.go(request, "/account/factors?done=claimed"), secret)


def _facts(desk: Desk, request: AnyRequest, then: str = "") -> Any:
    """`then`: where the registering person was going."""
    facts = {
        "then": own.own_path(then or request.query_params.get("then", "/desk")),
        "confirmed": desk.settings.people.confirm_registration,
    }
    return lambda _connection, _caller: facts


def _colleagues(connection: Connection, caller: Caller | None) -> dict[str, Any]:
    whose = caller.organisation if caller else ""
    rows = connection.execute(select(people.c.name).where(people.c.organisation == whose).order_by(people.c.created_at))
    return {"names": [row.name for row in rows]}


HANDLERS = [show_register, register, show_colleagues, add_colleague]
