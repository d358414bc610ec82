"""Mail on pages: one's own address; for the administrator what waits, what failed, and what every kind is like.

What waits is counted without the letters that tell of a bid, until the lot is open: their number would count bidders.
"""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from sqlalchemy import Connection

from api import administration, throttle
from api.desk import AnyRequest, Desk
from api.mail import addresses, examples, standing
from api.mail import post as sending
from api.pages import own, page, sent
from api.pages.page import Again
from notary.errors import Conflict, Refusal, Unknown
from templates import mail
from trading.caller import Caller

HOME = "/account/mail"
_OFFICE = "/administrator/mail"
# A letter brings its styles with it, and nothing else: it is shown alone, as a document without an origin.
_PREVIEW_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


@get(HOME, **page.operation("page.mail"))
def show_mail(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    return page.show(desk, request, "accounts/mail", _facts(desk, own.reader(desk, request).caller.person))


@post(HOME, **page.operation("mail.give"))
def give_address(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    """An address is tried a few times a day: nobody's mailbox is filled from here."""
    form = sent.read(body)
    person = own.member(desk, request, form).caller.person
    try:
        if not desk.settings.mail.on:
            raise Conflict("mail_off", "本站没有启用邮件。", "Mail is not set up here.")
        addresses.check(form.wanted("address"))
        throttle.take(desk.work, [throttle.scope("mail", person)])
        with desk.work.unit() as unit:
            addresses.give(unit, person, form.wanted("address"), form.wanted("language"))
    except Refusal as refusal:
        return page.refused(desk, request, form, refusal, Again("accounts/mail", _facts(desk, person)))
    return page.go(request, f"{HOME}?done=given")


@post(f"{HOME}/confirm", **page.operation("mail.confirm"))
def confirm_address(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    form = sent.read(body)
    person = own.member(desk, request, form).caller.person
    scope = throttle.scope("mail_code", person)
    try:
        throttle.take(desk.work, [scope])
        with desk.work.unit() as unit:
            addresses.confirm(unit, desk.marks, person, form.wanted("code"))
            throttle.forgive(unit, [scope])
    except Refusal as refusal:
        return page.refused(desk, request, form, refusal, Again("accounts/mail", _facts(desk, person)))
    return page.go(request, f"{HOME}?done=confirmed")


@post(f"{HOME}/remove", **page.operation("mail.remove"))
def remove_address(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    person = own.member(desk, request, sent.read(body)).caller.person
    with desk.work.unit() as unit:
        addresses.remove(unit, person)
    return page.go(request, f"{HOME}?done=removed")


@get(_OFFICE, **page.operation("page.administrator_mail"))
def show_office(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    def view(connection: Connection, _caller: Caller | None) -> dict[str, Any]:
        setting = desk.settings.mail
        return {
            "way": "folder" if setting.folder else "server" if setting.server else "off",
            "where": f"{setting.server.host}:{setting.server.port}" if setting.server else str(setting.folder or ""),
            "sender": setting.sender,
            **standing.counted(connection),
            "letters": [
                {"kind": kind, "zh": example(desk, kind, "zh"), "en": example(desk, kind, "en")}
                for kind in examples.FACTS
            ],
        }

    return page.show(desk, request, "administrator/mail", view)


@get(f"{_OFFICE}/{{kind:str}}/{{language:str}}", **page.operation("page.administrator_mail"))
def show_preview(
    desk: NamedDependency[Desk], request: AnyRequest, kind: FromPath[str], language: FromPath[str]
) -> Response[bytes]:
    """The HTML of one kind, as mail programs show it."""
    own.reader(desk, request)
    if kind not in examples.FACTS or language not in mail.LANGUAGES:
        raise Unknown("mail_unknown", "没有这种邮件。", "There is no such mail.")
    headers = {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": _PREVIEW_POLICY,
        "cache-control": "private, no-store",
    }
    return Response(example(desk, kind, language).html.encode(), headers=headers)


@post(f"{_OFFICE}/retry", **page.operation("mail.retry"))
def retry(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    """Everything that waits or was given up is tried now."""
    form = sent.read(body)
    person = own.member(desk, request, form).caller.person
    with desk.work.unit() as unit:
        sending.retry(unit)
        administration.note(unit, person, "mail_retried", "mail")
    return page.go(request, f"{_OFFICE}?done=retried")


def example(desk: Desk, kind: str, language: str) -> mail.Words:
    """A letter of example facts."""
    site = desk.settings.mail.site or desk.settings.people.site
    return mail.letter(kind, examples.FACTS[kind], language, site=site, demonstration=desk.settings.demonstration)


def _facts(desk: Desk, person: str) -> Any:
    def view(connection: Connection, _caller: Caller | None) -> dict[str, Any]:
        folder = desk.settings.mail.folder
        return {
            "mail_on": desk.settings.mail.on,
            "folder": str(folder) if folder else None,
            "own": addresses.shown(addresses.of(connection, person)),
        }

    return view


HANDLERS = [show_mail, give_address, confirm_address, remove_address, show_office, show_preview, retry]
