"""Signing in: by passkey, or by password and code; the one-time link that makes an account; the way to one's work."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import RawBody

from api import accounts, passkeys, passwords, recovery, throttle
from api.desk import AnyRequest, Desk
from api.pages import cookies, own, page, sent
from api.pages.front import HOMES, signed_in
from api.pages.page import Again
from api.pages.sent import Sent
from api.throttle import Scope
from notary import chance
from notary.errors import Refusal

_DEVICE = "sunbid-device"
_DEVICE_LIFE = timedelta(days=365)


@get("/sign-in", **page.operation("page.sign_in"))
def show_sign_in(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    return own.no_store(page.show(desk, request, "accounts/sign_in", _sign_in_facts(desk, request)))


@post("/sign-in", **page.operation("session.begin"))
def sign_in(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    form = sent.read(body)
    own.newcomer(desk, request, form)
    try:
        return _sign_in(desk, request, form)
    except Refusal as refusal:
        facts = _sign_in_facts(desk, request, form.text("then"))
        return page.refused(desk, request, form, refusal, Again("accounts/sign_in", facts))


@post("/sign-in/passkey/options", **page.operation("passkey.ask"))
def ask_passkey(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    own.newcomer(desk, request, sent.read(body))
    throttle.take(desk.work, [throttle.by_address("address", own.address(desk, request))])
    with desk.work.unit() as unit:
        return own.data(passkeys.ask(unit, own.party(desk, request)))


@post("/sign-in/passkey", **page.operation("session.passkey"))
def sign_in_with_passkey(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    form = sent.read(body)
    own.newcomer(desk, request, form)
    scope = throttle.by_address("address", own.address(desk, request))
    try:
        with desk.work.unit() as unit:
            person = passkeys.use(unit, own.party(desk, request), form.wanted("credential"))
            throttle.forgive(unit, [scope])
            secret = own.begin(request, unit, person, strong=True)
    except Refusal as refusal:
        facts = _sign_in_facts(desk, request, form.text("then"))
        return page.refused(desk, request, form, refusal, Again("accounts/sign_in", facts))
    return signed_in(desk, page.go(request, own.own_path(form.text("then"))), secret)


@get("/claim", **page.operation("page.claim"))
def show_claim(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    """The secret is the fragment of the link: no browser sends it, and a script moves it into the form."""
    return own.no_store(page.show(desk, request, "accounts/claim", _nothing))


@get("/claims", **page.operation("page.claim"))
def show_claims(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    """The same, as older links have it."""
    return own.no_store(page.show(desk, request, "accounts/claim", _nothing))


@post("/claim", **page.operation("account.claim"))
def claim(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    form = sent.read(body)
    own.newcomer(desk, request, form)
    try:
        throttle.take(desk.work, [throttle.by_address("address", own.address(desk, request))])
        login = accounts.login_of(form.wanted("login"))
        password = new_password(form, login, needed=False)
        with desk.work.unit() as unit:
            secret = form.wanted("claim").rpartition("#")[2]
            person = accounts.claim(unit, secret, login, password)
            cookie = own.begin(request, unit, person, strong=False)
    except Refusal as refusal:
        return page.refused(desk, request, form, refusal, Again("accounts/claim", _nothing))
    return _known(desk, signed_in(desk, page.go(request, "/account/factors?done=claimed"), cookie), login)


@get("/desk", **page.operation("page.desk"))
def show_desk(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    """To the person's work; where it has several roles it chooses."""
    session = own.reader(desk, request)
    homes = [(role, HOMES[role]) for role in HOMES if role in session.caller.roles]
    if session.withheld:
        return page.go(request, "/account/factors?done=second_factor")
    with desk.work.reading() as connection:
        if recovery.current(connection, session.caller.person) is not None:
            return page.go(request, "/account")
    if len(homes) == 1:
        return page.go(request, homes[0][1])
    return page.show(desk, request, "accounts/desk", lambda _connection, _caller: {"homes": homes})


def new_password(form: Sent, login: str, *, needed: bool = True) -> str | None:
    """The hash of a form's new password; None where it may be left out and was. Raises Malformed (password_weak)."""
    password = form.fields.get("password", "")
    if not password and not needed:
        return None
    passwords.check(password, login)
    return passwords.hashed(password)


def _sign_in(desk: Desk, request: AnyRequest, form: Sent) -> Response[bytes]:
    login, password = form.text("login").lower(), form.fields.get("password", "")
    scopes = _scopes(desk, request, login)
    throttle.take(desk.work, scopes)
    with desk.work.reading() as connection:
        account = accounts.found(connection, login)
    right = passwords.verify(account.password if account else None, password)
    with desk.work.unit() as unit:
        strong = accounts.enter(unit, desk.marks, account, right=right, code=form.text("code"))
        throttle.forgive(unit, scopes)
        person = account.person if account else ""
        secret = own.begin(request, unit, person, strong=strong)
    then = own.own_path(form.text("then"))
    return _known(desk, signed_in(desk, page.go(request, then), secret), login)


def _scopes(desk: Desk, request: AnyRequest, login: str) -> list[Scope]:
    """A device that has signed in before is counted by itself: strangers cannot use up its attempts."""
    known = desk.marks.read("device", request.cookies.get(_DEVICE)) or ""
    whose, _, which = known.partition("/")
    ours = which and whose == throttle.scope("login", login).id
    counted = throttle.scope("device", known) if ours else throttle.scope("account", login)
    return [counted, throttle.by_address("address", own.address(desk, request))]


def _known(desk: Desk, response: Response[bytes], login: str) -> Response[bytes]:
    """The device is known from now on."""
    mark = desk.marks.mark("device", f"{throttle.scope('login', login).id}/{chance.token(16).hex()}")
    return cookies.give(desk, response, _DEVICE, mark, _DEVICE_LIFE)


def _sign_in_facts(desk: Desk, request: AnyRequest, then: str = "") -> Any:
    facts = {
        "then": own.own_path(then or request.query_params.get("then", "/desk")),
        "passkeys": bool(own.site_of(desk, request)),
        "certificates": bool(desk.settings.people.certificate_header),
        "provider": desk.settings.people.provider is not None,
    }
    return lambda _connection, _caller: facts


def _nothing(_connection: Any, _caller: Any) -> dict[str, Any]:
    return {}


HANDLERS = [show_sign_in, sign_in, ask_passkey, sign_in_with_passkey, show_claim, show_claims, claim, show_desk]
