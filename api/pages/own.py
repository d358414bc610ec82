"""What a person does with its own account: no idempotency key is kept, since what is sent or answered is a secret."""

from __future__ import annotations

import json
import re
from typing import Any

from litestar import Response

from api import senders, sessions
from api.desk import AnyRequest, Desk
from api.pages import page
from api.pages.sent import Sent
from api.passkeys import Party
from api.sessions import Session
from notary import clock
from notary.errors import Conflict, Forbidden
from notary.work import Unit

_PATH = re.compile(r"/(?!/)[A-Za-z0-9_.~/-]{0,200}", re.ASCII)


def member(desk: Desk, request: AnyRequest, sent: Sent) -> Session:
    """The session of whoever sent a form, with its token. Raises Forbidden (sign_in, csrf, role, second_factor)."""
    session = reader(desk, request)
    sessions.check(session, sent.csrf)
    return session


def reader(desk: Desk, request: AnyRequest) -> Session:
    """The session of an operation that needs one."""
    session = desk.visitor(request)
    if session is None:
        raise AssertionError("the policy let the public into an operation of members")
    return session


def newcomer(desk: Desk, request: AnyRequest, sent: Sent) -> None:
    """Let anybody in; whoever is signed in already gives its session's token, as everywhere. Raises Forbidden."""
    session = desk.visitor(request)
    if session is not None:
        sessions.check(session, sent.csrf)


def begin(request: AnyRequest, unit: Unit, person: str, *, strong: bool) -> str:
    """A new session's secret, in place of the one that this browser may have had."""
    before = request.cookies.get(sessions.COOKIE)
    if before:
        sessions.end(unit, sessions.session_id(before))
    return sessions.begin(unit, person, strong=strong, device=device(request))


def check_fresh(desk: Desk, session: Session, then: str) -> None:
    """Raise Forbidden (confirm_again) unless the person has just shown its strongest factor."""
    sessions.check_fresh(session, desk.glance_time(), then)


def fresh(desk: Desk, request: AnyRequest, sent: Sent, then: str) -> Session:
    """The same session as `member`, of a person that has just shown its strongest factor."""
    session = member(desk, request, sent)
    check_fresh(desk, session, then)
    return session


def own_path(text: str) -> str:
    """A path of our own pages, without language prefix; the desk for anything else."""
    if not _PATH.fullmatch(text) or text.startswith(("/api", "/log", "/static")):
        return "/desk"
    return text.removeprefix("/en") or "/" if text == "/en" or text.startswith("/en/") else text


def address(desk: Desk, request: AnyRequest) -> str:
    """From where a request came."""
    return senders.address(request.client, request.headers, desk.settings.people.proxies)


def device(request: AnyRequest) -> str:
    """What the browser calls itself, for the list of sessions."""
    return request.headers.get("user-agent", "")


def party(desk: Desk, request: AnyRequest) -> Party:
    """For whom passkeys are. Raises Conflict (no_passkeys) where the site's address is not set."""
    site = site_of(desk, request)
    if not site:
        raise Conflict("no_passkeys", "本站未配置通行密钥。", "Passkeys are not set up here.")
    return Party(site)


def site_of(desk: Desk, request: AnyRequest) -> str:
    """The address of the pages; empty where nobody has set it. A demonstration believes what the browser calls it."""
    return page.site(desk, request) if desk.settings.demonstration else desk.settings.people.site


def data(value: Any) -> Response[bytes]:
    """JSON for a script of ours."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return Response(body, headers={"content-type": "application/json", "cache-control": "no-store"})


def text_of(moment: Any) -> str:
    """A time text for a page; empty where there is none."""
    return clock.text(moment) if moment else ""


def no_store(response: Response[bytes]) -> Response[bytes]:
    """The page is kept nowhere."""
    response.headers["cache-control"] = "private, no-store"
    return response


def wrong_code() -> Forbidden:
    """The refusal of a step-up."""
    return Forbidden("confirm_wrong", "验证未通过。", "That did not confirm it.", field="code")
