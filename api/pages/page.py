"""How a page is shown and how its forms are taken: the session, the policy, one snapshot or one act, then HTML.

show(desk, request, "public/front", view)              a page of what the view finds
show_all(desk, request, "public/front", view)          the same of a page that, without a reader, is alike for everybody
submit(desk, request, sent, locks, act, then, again)   one act, then another page; a refusal shows the form again
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from litestar import Response
from sqlalchemy import Connection

from api.desk import Act, AnyRequest, Desk, View
from api.pages.sent import Sent
from api.policy import POLICY
from api.problems import status_of
from api.sessions import IDLE, Session
from notary import chance, clock
from notary.errors import Refusal
from templates import pages
from templates.pages import Reader, Shell

ENGLISH = "/en"
_DONE = re.compile(r"[a-z_]{1,40}")
POLICY_HEADER = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; "
    "require-trusted-types-for 'script'; trusted-types sunbid"
)


@dataclass(frozen=True)
class Again:
    """The page that a refused form stands on, and what it shows. libraries: as in show."""

    template: str
    view: View
    libraries: bool = False


def operation(name: str, *, sync: bool = True) -> dict[str, Any]:
    """Keyword arguments of a route decorator for a page or a form. KeyError when the policy does not know it."""
    return {
        "opt": {"operation": name, "writes": POLICY[name].writes},
        "include_in_schema": False,
        "status_code": 200,
    } | ({"sync_to_thread": True} if sync else {})


def show(desk: Desk, request: AnyRequest, template: str, view: View, *, libraries: bool = False) -> Response[bytes]:
    """The page of what the view finds on one snapshot. Raises Forbidden, and what the view raises.

    libraries: its scripts use vendored libraries, so it carries the import map.
    """
    session = desk.visitor(request)
    with desk.work.reading() as connection:
        facts = view(connection, session.caller if session else None)
    return _page(template, facts, shell(desk, request, session, libraries=libraries), session)


def answer(
    desk: Desk, request: AnyRequest, template: str, facts: Mapping[str, Any], session: Session
) -> Response[bytes]:
    """A page that is shown once, in answer to a form, to a session that may have just begun."""
    return _page(template, facts, shell(desk, request, session), session)


def show_all(desk: Desk, request: AnyRequest, template: str, view: View) -> Response[bytes]:
    """The same of a page that is alike for everybody who is not signed in: it says nothing of this request or moment.

    So it carries the hash of its bytes, and is kept for a moment (api.kept). Its forms have no key of their own.
    """
    session = desk.visitor(request)
    with desk.work.reading() as connection:
        facts = view(connection, session.caller if session else None)
    around = shell(desk, request, session)
    if session is not None:
        return _page(template, facts, around, session)
    response = _page(template, facts, replace(around, now="", key="public"), None)
    response.headers["etag"] = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    return response


def submit(
    desk: Desk,
    request: AnyRequest,
    sent: Sent,
    locks: Sequence[Any],
    act: Act,
    then: Callable[[Any], str],
    again: Again,
) -> Response[bytes]:
    """Do one act with what a form sent, and go to the page that `then` makes of its answer; once for each form's key.

    A refusal is shown on the form's own page, at its field, with what was typed.
    """
    try:
        answer = desk.write(request, sent.body, locks, act, key=sent.key, csrf=sent.csrf)
    except Refusal as refusal:
        return refused(desk, request, sent, refusal, again)
    return go(request, then(json.loads(answer.content)))


def go(request: AnyRequest, path: str) -> Response[bytes]:
    """Another page, in the same language (303: it is fetched with GET)."""
    return Response(b"", status_code=303, headers={"location": pages.address(path, language_of(request))})


def problem(desk: Desk, request: AnyRequest, status: int, facts: Mapping[str, Any]) -> Response[bytes]:
    """The page that says what went wrong."""
    response = _page("problem", facts, replace(shell(desk, request, None), now=""), None)
    response.status_code = status
    return response


def shell(desk: Desk, request: AnyRequest, session: Session | None, **more: Any) -> Shell:
    """What is around the page of a request."""
    query = request.scope["query_string"].decode("latin-1")
    done = request.query_params.get("done", "")
    return Shell(
        language=language_of(request),
        path=_path(request),
        query=f"?{query}" if query else "",
        now=clock.text(desk.glance_time()),
        demonstration=desk.settings.demonstration,
        key=chance.token(16).hex(),
        reader=_reader(session),
        done=done if _DONE.fullmatch(done) else "",
        help_line=desk.settings.people.help_line,
        **more,
    )


def language_of(request: AnyRequest) -> str:
    """``en`` under ``/en``, else ``zh``."""
    path = request.url.path
    return "en" if path == ENGLISH or path.startswith(f"{ENGLISH}/") else "zh"


def site(desk: Desk, request: AnyRequest) -> str:
    """The address of the pages: as it is set, else what the browser calls it (the front door knows the name)."""
    return desk.settings.people.site or f"http://{request.headers.get('host', 'localhost')}"


def _path(request: AnyRequest) -> str:
    path = request.url.path
    own = path if language_of(request) == "zh" else path.removeprefix(ENGLISH)
    # Two slashes at the beginning of a link, of either kind, would lead to another site.
    return "/" + own.lstrip("/\\")


def _reader(session: Session | None) -> Reader | None:
    if session is None:
        return None
    roles = tuple(sorted(session.caller.roles))
    ends = clock.text(session.ends_at)
    return Reader(session.name, session.organisation_name, roles, session.csrf, int(IDLE.total_seconds()), ends)


def refused(desk: Desk, request: AnyRequest, sent: Sent, refusal: Refusal, again: Again) -> Response[bytes]:
    """The page of a form again, with what was typed and why it was refused."""
    session = desk.visitor(request)

    def view(connection: Connection) -> dict[str, Any]:
        found: dict[str, Any] = again.view(connection, session.caller if session else None)
        return found

    try:
        with desk.work.reading() as connection:
            facts = view(connection)
    except Refusal:
        # The form's own page is not to be had, as of a foreign lot. What was refused first is what counts.
        raise refusal from None
    told = {"zh": refusal.zh, "en": refusal.en, "cites": refusal.cites or ""}
    mistakes = {refusal.field or "": told}
    around = shell(desk, request, session, mistakes=mistakes, typed=sent.fields, libraries=again.libraries)
    response = _page(again.template, facts, around, session)
    response.status_code = status_of(refusal)
    response.headers["cache-control"] = "private, no-store"
    return response


def _page(template: str, facts: Mapping[str, Any], around: Shell, session: Session | None) -> Response[bytes]:
    """A public page may be kept and asked for again by its hash; one that knows its reader is kept nowhere."""
    body = pages.html(template, facts, around).encode()
    policy = POLICY_HEADER
    if around.libraries:
        policy = policy.replace("script-src 'self'", f"script-src 'self' '{pages.import_map().source}'")
    headers = {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": policy,
        "vary": "Cookie, Accept-Encoding",
    }
    if session is not None:
        return Response(body, headers={**headers, "cache-control": "private, no-store"})
    return Response(body, headers={**headers, "cache-control": "no-cache"})
