"""A person's second factors: passkeys, authenticator apps, recovery codes."""

from __future__ import annotations

from typing import Any

import segno
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import RawBody
from sqlalchemy import Connection

from api import accounts, codes, passkeys, sessions
from api.desk import AnyRequest, Desk
from api.pages import own, page, sent
from api.pages.front import signed_in
from api.pages.page import Again
from api.pages.sent import Sent
from api.sessions import Session
from notary.errors import Conflict, Refusal
from notary.work import Unit

_HERE = "/account/factors"


@get(_HERE, **page.operation("page.factors"))
def show_factors(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    return page.show(desk, request, "accounts/factors", _facts(desk, request, own.reader(desk, request)))


@post("/account/factors/authenticator", **page.operation("factor.authenticator"))
def add_authenticator(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    def add(unit: Unit, session: Session, form: Sent) -> None:
        person = session.caller.person
        text = desk.marks.read(f"authenticator/{person}", form.text("secret"))
        if text is None:
            raise Conflict("page_old", "页面已过期，请刷新后重试。", "The page is out of date: load it again.")
        name = codes.check_name(form.wanted("name"))
        codes.add(unit, desk.marks, person, text=text, name=name, code=form.wanted("code").replace(" ", ""))

    return _added(desk, request, body, add)


@post("/account/factors/passkey/options", **page.operation("passkey.ask_new"))
def ask_new_passkey(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    session = own.fresh(desk, request, sent.read(body), _HERE)
    with desk.work.unit() as unit:
        person = session.caller.person
        account = accounts.of(unit.connection, person)
        login = account.login if account else person
        return own.data(passkeys.ask_new(unit, own.party(desk, request), person=person, login=login, name=session.name))


@post("/account/factors/passkey", **page.operation("factor.passkey"))
def add_passkey(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    def add(unit: Unit, session: Session, form: Sent) -> None:
        passkeys.add(
            unit,
            own.party(desk, request),
            person=session.caller.person,
            name=codes.check_name(form.wanted("passkey_name"), "passkey_name"),
            credential=form.wanted("credential"),
        )

    return _added(desk, request, body, add)


@post("/account/factors/remove", **page.operation("factor.remove"))
def remove_factor(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    """Other sessions end: they may be of whoever has what is removed."""
    form = sent.read(body)
    session = own.fresh(desk, request, form, _HERE)
    person = session.caller.person
    try:
        with desk.work.unit() as unit:
            accounts.remove_factor(unit, person, form.text("kind"), form.text("factor"))
            sessions.end_others(unit, person, session.id)
            second = accounts.has_second(unit.connection, person)
            secret = sessions.renew(unit, session, strong=session.strong and second, device=own.device(request))
    except Refusal as refusal:
        return page.refused(desk, request, form, refusal, Again("accounts/factors", _facts(desk, request, session)))
    return signed_in(desk, page.go(request, f"{_HERE}?done=factor_removed"), secret)


@post("/account/factors/codes", **page.operation("factor.codes"))
def renew_codes(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    session = own.fresh(desk, request, sent.read(body), _HERE)
    with desk.work.unit() as unit:
        if not accounts.has_second(unit.connection, session.caller.person):
            raise Conflict("no_second", "请先添加通行密钥或动态验证码。", "Add a passkey or an authenticator first.")
        made = codes.renew_paper(unit, session.caller.person)
    return _show_codes(desk, request, made, session)


def _added(desk: Desk, request: AnyRequest, body: bytes, add: Any) -> Response[bytes]:
    """Add a factor: whoever has shown it is strongly signed in from now on, in a session with a new secret.

    With the first one come recovery codes, which are shown once.
    """
    form = sent.read(body)
    session = own.fresh(desk, request, form, _HERE)
    person = session.caller.person
    try:
        with desk.work.unit() as unit:
            first = not accounts.has_second(unit.connection, person)
            add(unit, session, form)
            if first:
                sessions.end_others(unit, person, session.id)
            made = codes.renew_paper(unit, person) if first else []
            secret = sessions.renew(unit, session, strong=True, device=own.device(request))
    except Refusal as refusal:
        facts = _facts(desk, request, session, form.text("secret"))
        return page.refused(desk, request, form, refusal, Again("accounts/factors", facts))
    if not made:
        return signed_in(desk, page.go(request, f"{_HERE}?done=factor_added"), secret)
    with desk.work.glance() as (connection, now):
        begun = sessions.find(connection, secret, now)
    return signed_in(desk, _show_codes(desk, request, made, begun or session), secret)


def _show_codes(desk: Desk, request: AnyRequest, made: list[str], session: Session) -> Response[bytes]:
    return page.answer(desk, request, "accounts/codes", {"codes": made}, session)


def _facts(desk: Desk, request: AnyRequest, session: Session, kept: str = "") -> Any:
    """kept: the authenticator's secret that was offered before; it may be in the person's telephone already."""
    person = session.caller.person

    def view(connection: Connection, _caller: Any) -> dict[str, Any]:
        account = accounts.of(connection, person)
        login = account.login if account else session.name
        before = desk.marks.read(f"authenticator/{person}", kept)
        offer = codes.offered(before, login) if before else codes.offer(login)
        found = accounts.factors(connection, person)
        return {
            "needed": bool(session.withheld),
            "factors": [{**one, "added_at": own.text_of(one["added_at"])} for one in found],
            "codes_left": codes.left(connection, person),
            "secret": desk.marks.mark(f"authenticator/{person}", offer.text),
            "text": " ".join(offer.text[at : at + 4] for at in range(0, len(offer.text), 4)),
            "picture": segno.make(offer.uri, error="m").svg_data_uri(scale=4),
            "passkeys": bool(own.site_of(desk, request)),
            "certificates": bool(desk.settings.people.certificate_header),
            "provider": desk.settings.people.provider is not None,
        }

    return view


HANDLERS = [show_factors, add_authenticator, ask_new_passkey, add_passkey, remove_factor, renew_codes]
