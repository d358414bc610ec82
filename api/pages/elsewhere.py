"""Signing in by an organisation's certificate, or by another provider; both only where the operator has set them up."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import RawBody

from api import codes, identities, provider, senders, sessions
from api.desk import AnyRequest, Desk
from api.pages import cookies, own, page, sent
from api.pages.front import signed_in
from api.settings import Provider
from notary.errors import Forbidden, Unknown

_COOKIE = "sunbid-provider"
_FACTORS = "/account/factors"
_BACK = "/sign-in/provider/back"


@post("/sign-in/certificate", **page.operation("session.certificate"))
def sign_in_by_certificate(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    form = sent.read(body)
    own.newcomer(desk, request, form)
    certificate = identities.certificate_of(_header(desk, request))
    with desk.work.unit() as unit:
        person = identities.person_of(unit, identities.of_certificate(certificate))
        secret = own.begin(request, unit, person, strong=True)
    return signed_in(desk, page.go(request, own.own_path(form.text("then"))), secret)


@post("/account/factors/certificate", **page.operation("factor.certificate"))
def add_certificate(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    form = sent.read(body)
    session = own.fresh(desk, request, form, _FACTORS)
    certificate = identities.certificate_of(_header(desk, request))
    identities.check_organisation(certificate, session.caller.organisation)
    name = certificate.subject.rfc4514_string()
    with desk.work.unit() as unit:
        identities.add(unit, session.caller, identities.of_certificate(certificate), identities.CERTIFICATE, name)
        secret = sessions.renew(unit, session, strong=True, device=own.device(request))
    return signed_in(desk, page.go(request, f"{_FACTORS}?done=factor_added"), secret)


@get("/sign-in/provider", **page.operation("page.provider"))
def go_to_provider(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    desk.visitor(request)
    return _sent_away(desk, request, own.own_path(request.query_params.get("then", "/desk")), "")


@get("/account/factors/provider", **page.operation("page.provider_own"))
def add_provider(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    """To the provider, to add who it says that one is. Not because another site's page has a link to here."""
    senders.check_own(request.scope)
    session = own.reader(desk, request)
    own.check_fresh(desk, session, _FACTORS)
    return _sent_away(desk, request, _FACTORS, session.caller.person)


@get(_BACK, **page.operation("session.provider"))
def come_back(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    """The answer is for the browser that has begun, once: the code is used up at the provider, and the cookie goes."""
    session = desk.visitor(request)
    there, now = _provider(desk), desk.glance_time()
    kept = desk.marks.read("provider", request.cookies.get(_COOKIE))
    begun = provider.read(kept, request.query_params.get("state", ""), now)
    said = provider.ask(there, begun, request.query_params.get("code", ""), _back(desk, request), now)
    identity = identities.of_subject(there.issuer, said.subject)
    with desk.work.unit() as unit:
        if begun.adds:
            if session is None or session.caller.person != begun.adds:
                raise Forbidden("provider_old", "登录已变更，请重新开始。", "Somebody else is signed in: begin again.")
            identities.add(unit, session.caller, identity, identities.PROVIDER, codes.check_name(there.issuer[:100]))
            secret = sessions.renew(unit, session, strong=session.strong, device=own.device(request))
        else:
            secret = own.begin(request, unit, identities.person_of(unit, identity), strong=said.strong)
    response = page.go(request, begun.then)
    response.delete_cookie(_COOKIE)
    return signed_in(desk, response, secret)


def _sent_away(desk: Desk, request: AnyRequest, then: str, adds: str) -> Response[bytes]:
    there = _provider(desk)
    begun = provider.begin(desk.glance_time(), then, adds)
    address = provider.address(there, begun, _back(desk, request))
    response = Response(b"", status_code=303, headers={"location": address, "cache-control": "no-store"})
    return cookies.give(desk, response, _COOKIE, desk.marks.mark("provider", begun.text()), provider.LIFE)


def _back(desk: Desk, request: AnyRequest) -> str:
    return f"{own.site_of(desk, request)}{_BACK}"


def _provider(desk: Desk) -> Provider:
    if desk.settings.people.provider is None or not (desk.settings.people.site or desk.settings.demonstration):
        raise Unknown("not_found", "没有这个地址。", "There is nothing here.")
    return desk.settings.people.provider


def _header(desk: Desk, request: AnyRequest) -> str:
    """The certificate's header, from one of our proxies only: anybody can write a header."""
    people = desk.settings.people
    peer = str(request.client.host) if request.client else ""
    if not people.certificate_header or peer not in people.proxies:
        return ""
    return str(request.headers.get(people.certificate_header, ""))


HANDLERS = [sign_in_by_certificate, add_certificate, go_to_provider, add_provider, come_back]
