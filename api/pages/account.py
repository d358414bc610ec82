"""A person's own account: sessions, password, tokens, own data; and confirming who one is."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import RawBody
from sqlalchemy import Connection, select

from api import accounts, auth, codes, passkeys, passwords, recovery, sessions, throttle
from api.desk import AnyRequest, Desk
from api.mail import addresses
from api.pages import own, page, sent
from api.pages.front import signed_in
from api.pages.page import Again
from api.pages.sent import Sent
from api.pages.sign_in import new_password
from api.rows import administration_log
from api.sessions import Session
from notary.errors import Conflict, Forbidden, Refusal, Unknown
from notary.work import Unit
from trading.acts import pool

_HOME = "/account"
_TOKEN_DAYS = 90


@get(_HOME, **page.operation("page.account"))
def show_account(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    return page.show(desk, request, "accounts/account", _facts(desk, own.reader(desk, request)))


@post("/account/sessions/end", **page.operation("session.end_other"))
def end_session(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    form = sent.read(body)
    session = own.member(desk, request, form)
    with desk.work.unit() as unit:
        if form.text("session") == "others":
            sessions.end_others(unit, session.caller.person, session.id)
        else:
            _end_own(unit, session, form.text("session"))
    return page.go(request, f"{_HOME}?done=session_ended")


@post("/session/extend", **page.operation("session.extend"))
def extend_session(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    """The session is in use: for readers who write longer than it lasts (WCAG 2.2.1)."""
    session = own.member(desk, request, sent.read(body))
    with desk.work.unit() as unit:
        sessions.touch(unit, session.id)
    return own.data({"idle": int(sessions.IDLE.total_seconds())})


@post("/account/password", **page.operation("account.password"))
def change_password(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    """A new password ends every other session, and this one gets a new secret."""
    form = sent.read(body)
    session = own.fresh(desk, request, form, _HOME)
    try:
        with desk.work.reading() as connection:
            account = accounts.of(connection, session.caller.person)
        if account is None:
            raise accounts.no_account()
        password = new_password(form, account.login) or ""
        with desk.work.unit() as unit:
            accounts.set_password(unit, session.caller.person, password, session.id)
            secret = sessions.renew(unit, session, strong=session.strong, device=own.device(request))
    except Refusal as refusal:
        return page.refused(desk, request, form, refusal, Again("accounts/account", _facts(desk, session)))
    return signed_in(desk, page.go(request, f"{_HOME}?done=password_changed"), secret)


@post("/account/tokens", **page.operation("token.make"))
def make_token(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    """A token for the command line, shown once. Nobody gets one by a password alone who could not act by it."""
    session = own.fresh(desk, request, sent.read(body), _HOME)
    if session.withheld:
        raise Forbidden(
            "second_factor",
            "请先添加第二因素，再生成令牌。",
            "Add a second factor first, then make a token.",
        )
    with desk.work.unit() as unit:
        token, ends = auth.issue_token(unit, session.caller.person, _TOKEN_DAYS)
    shown = {"token": token, "ends": own.text_of(ends)}
    return page.show(desk, request, "accounts/token", lambda _connection, _caller: shown)


@post("/account/tokens/end", **page.operation("token.end"))
def end_token(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    form = sent.read(body)
    session = own.member(desk, request, form)
    with desk.work.unit() as unit:
        auth.revoke_token(unit, session.caller.person, form.wanted("token"))
    return page.go(request, f"{_HOME}?done=token_ended")


@get("/account/data", **page.operation("account.data"))
def show_data(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    """Everything that is kept about the person itself (个人信息保护法 45); secrets are not in it."""
    session = own.reader(desk, request)
    with desk.work.reading() as connection:
        found = _facts(desk, session)(connection, session.caller)
        expert = pool.load(connection, [session.caller.person]).get(session.caller.person)
        mail = addresses.shown(addresses.of(connection, session.caller.person))
        rows = connection.execute(
            select(administration_log).where(administration_log.c.subject == session.caller.person)
        ).all()
    found |= {
        "person": session.caller.person,
        "mail": mail,
        "name": session.name,
        "organisation": {"code": session.caller.organisation, "name": session.organisation_name},
        "expert": None if expert is None else expert.told(),
        "administration": [{"time": own.text_of(row.time), "act": row.act} for row in rows],
    }
    response = own.data(found)
    response.headers["content-disposition"] = 'attachment; filename="sunbid-account.json"'
    return response


@get("/account/confirm", **page.operation("page.confirm"))
def show_confirm(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    session = own.reader(desk, request)
    return page.show(desk, request, "accounts/confirm", _confirm_facts(request, session))


@post("/account/confirm", **page.operation("session.confirm"))
def confirm(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    """Show the strongest factor again: a code where there is a second factor, else the password."""
    form = sent.read(body)
    session = own.member(desk, request, form)
    scope = throttle.scope("person", session.caller.person)
    try:
        throttle.take(desk.work, [scope])
        with desk.work.reading() as connection:
            account = accounts.of(connection, session.caller.person)
            second = accounts.has_second(connection, session.caller.person)
        right = not second and passwords.verify(account.password if account else None, form.fields.get("password", ""))
        with desk.work.unit() as unit:
            if not right and not (second and codes.use(unit, desk.marks, session.caller.person, form.text("code"))):
                raise own.wrong_code()
            throttle.forgive(unit, [scope])
            secret = sessions.renew(unit, session, strong=session.strong or second, device=own.device(request))
    except Refusal as refusal:
        return _again(desk, request, form, refusal, session)
    return signed_in(desk, page.go(request, own.own_path(form.text("then"))), secret)


@post("/account/confirm/passkey/options", **page.operation("passkey.ask_own"))
def ask_own_passkey(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    session = own.member(desk, request, sent.read(body))
    with desk.work.unit() as unit:
        return own.data(passkeys.ask(unit, own.party(desk, request), session.caller.person))


@post("/account/confirm/passkey", **page.operation("session.confirm_passkey"))
def confirm_with_passkey(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    form = sent.read(body)
    session = own.member(desk, request, form)
    try:
        with desk.work.unit() as unit:
            passkeys.use(unit, own.party(desk, request), form.wanted("credential"), session.caller.person)
            secret = sessions.renew(unit, session, strong=True, device=own.device(request))
    except Refusal as refusal:
        return _again(desk, request, form, refusal, session)
    return signed_in(desk, page.go(request, own.own_path(form.text("then"))), secret)


def _again(desk: Desk, request: AnyRequest, form: Sent, refusal: Refusal, session: Session) -> Response[bytes]:
    facts = _confirm_facts(request, session, form.text("then"))
    return page.refused(desk, request, form, refusal, Again("accounts/confirm", facts))


def _confirm_facts(request: AnyRequest, session: Session, then: str = "") -> Any:
    def view(connection: Connection, _caller: Any) -> dict[str, Any]:
        kinds = {one["kind"] for one in accounts.factors(connection, session.caller.person)}
        return {
            "then": own.own_path(then or request.query_params.get("then", _HOME)),
            "kinds": kinds,
            "has_password": accounts.of(connection, session.caller.person) is not None,
        }

    return view


def _facts(desk: Desk, session: Session) -> Any:
    person = session.caller.person

    def view(connection: Connection, _caller: Any) -> dict[str, Any]:
        account = accounts.of(connection, person)
        now = desk.glance_time()
        return {
            "login": account.login if account else None,
            "has_password": account is not None and account.password is not None,
            "roles": sorted(session.caller.roles | session.withheld),
            "sessions": [_session(row, session) for row in sessions.live(connection, person, now)],
            "factors": [
                {"kind": one["kind"], "name": one["name"], "added_at": own.text_of(one["added_at"])}
                for one in accounts.factors(connection, person)
            ],
            "codes_left": codes.left(connection, person),
            "recovery": recovery.shown(row) if (row := recovery.current(connection, person)) else None,
            "tokens": [
                {"id": one["id"], "issued_at": own.text_of(one["issued_at"]), "ends": own.text_of(one["expires_at"])}
                for one in auth.tokens_of(connection, person, now)
            ],
        }

    return view


def _session(row: Any, session: Session) -> dict[str, Any]:
    return {
        "id": row.session,
        "own": row.session == session.id,
        "device": row.device,
        "strong": row.strong,
        "begun_at": own.text_of(row.begun_at),
        "seen_at": own.text_of(row.seen_at),
    }


def _end_own(unit: Unit, session: Session, wanted: str) -> None:
    live = sessions.live(unit.connection, session.caller.person, unit.now)
    if wanted not in {row.session for row in live}:
        raise Unknown("session_unknown", "没有这个登录。", "There is no such session.")
    if wanted == session.id:
        raise Conflict("session_own", "退出本机请用“退出”。", "To leave here, sign out.")
    sessions.end(unit, wanted)


HANDLERS = [
    show_account,
    end_session,
    extend_session,
    change_password,
    make_token,
    end_token,
    show_data,
    show_confirm,
    confirm,
    ask_own_passkey,
    confirm_with_passkey,
]
