"""Organisations, people, tokens, keys, trustees; and what everybody may know beforehand: anchors and procedures."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from msgspec import Meta
from sqlalchemy import Connection

from api import accounts, administration, auth, policy
from api.desk import AnyRequest, Desk
from api.operations import operation
from bidding.acts import keys as trustee_acts
from bidding.statements import Signed
from notary import clock, forms
from notary.errors import Conflict
from notary.forms import Form, Hex32, Line, OrganisationCode, Prose, TrusteeCode
from notary.work import Lock
from trading import procedures
from trading.acts import parties, pinned
from trading.caller import Caller
from trading.views import tenders as tender_views

Role = Literal["agency", "bidder", "trustee", "expert", "supervisor", "administrator"]


class ClaimForm(Form, frozen=True):
    """The secret of a one-time link."""

    claim: Annotated[str, Meta(min_length=20, max_length=100)]


class OrganisationForm(Form, frozen=True):
    """code: 统一社会信用代码; region: GB/T 2260."""

    code: OrganisationCode
    name: Line
    region: Annotated[str, Meta(pattern="^[0-9]{6,12}$")]


class PersonForm(Form, frozen=True):
    """A person of one organisation, with roles."""

    organisation: OrganisationCode
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    roles: Annotated[list[Role], Meta(min_length=1, max_length=6)]


class TokenForm(Form, frozen=True):
    """How many days the token is good."""

    days: Annotated[int, Meta(ge=1, le=366)]


class KeyForm(Form, frozen=True):
    """A public signing key (Ed25519), and the proof that the caller holds its private half.

    endorsement: by a key that the owner has registered before, of every key but its first.
    """

    public_key: Hex32
    purpose: Literal["statement", "score", "draw"]
    proof: Signed
    endorsement: Signed | None = None


_MAY_REGISTER = {
    "statement": frozenset({"bidder"}),
    "score": frozenset({"expert"}),
    "draw": frozenset({"agency", "supervisor", "administrator"}),
}


class ReplacementForm(Form, frozen=True):
    """A key for an owner who has lost its keys, shown by its proof. reason: what the administrator saw."""

    proof: Signed
    reason: Prose


class TrusteeForm(Form, frozen=True):
    """A trustee. operator: it belongs to whoever runs the platform."""

    trustee: TrusteeCode
    name: Line
    organisation: OrganisationCode
    identity: Hex32
    operator: bool
    proof: Signed


@post("/claims", **operation("claim.use", ClaimForm))
def use_claim(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    form = forms.read(body, ClaimForm)

    def act(unit: Any, _caller: Any) -> dict[str, str]:
        token, person = auth.use_claim(unit, form.claim)
        return {"person": person, "token": token}

    return desk.write_once(request, act)


@get("/me", **operation("me.show"))
def show_me(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    return desk.read(request, tender_views.person)


@post("/organisations", **operation("organisation.add", OrganisationForm))
def add_organisation(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    form = forms.read(body, OrganisationForm)

    def act(unit: Any, caller: Caller) -> dict[str, str]:
        parties.add_organisation(unit, code=form.code, name=form.name, region=form.region)
        administration.note(unit, caller.person, "organisation_added", form.code)
        return {"code": form.code}

    return desk.write(request, body, [Lock("parties")], act)


@post("/people", **operation("person.add", PersonForm))
def add_person(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    form = forms.read(body, PersonForm)

    def act(unit: Any, caller: Caller) -> dict[str, str]:
        administration.check_apart(form.roles)
        person = parties.add_person(unit, organisation=form.organisation, name=form.name, roles=tuple(form.roles))
        administration.note(unit, caller.person, "person_added", person, roles=sorted(form.roles))
        return {"person": person}

    return desk.write(request, body, [Lock("parties")], act)


@post("/people/{person:str}/tokens", **operation("token.issue", TokenForm))
def issue_token(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, person: FromPath[str]
) -> Response[bytes]:
    form = forms.read(body, TokenForm)

    def act(unit: Any, caller: Caller) -> dict[str, str]:
        tender_views.check_person(unit.connection, person)
        _check_no_account(unit.connection, person)
        token, expires_at = auth.issue_token(unit, person, form.days)
        administration.note(unit, caller.person, "token_issued", person, days=form.days)
        return {"expires_at": clock.text(expires_at), "token": token}

    return desk.write_once(request, act)


def _check_no_account(connection: Connection, person: str) -> None:
    """Raise Conflict (account_there): whoever has an account makes its own tokens, and no administrator acts as it."""
    if accounts.of(connection, person) is not None:
        raise Conflict(
            "account_there",
            "此人已有账户，令牌由本人登录后生成。",
            "This person has an account, and makes its own tokens there.",
            field="person",
        )


@post("/keys", **operation("key.register", KeyForm))
def register_key(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    form = forms.read(body, KeyForm)

    def act(unit: Any, caller: Caller) -> dict[str, str]:
        # A key for statements or draws is the whole organisation's: not every expert who works there may add one.
        policy.check_role(caller, _MAY_REGISTER[form.purpose], "key.register")
        leaf = parties.register_key(
            unit,
            origin=unit.origin,
            owner=caller.person if form.purpose == "score" else caller.organisation,
            public_key=form.public_key,
            purpose=form.purpose,
            proof=forms.plain(form.proof),
            endorsement=None if form.endorsement is None else forms.plain(form.endorsement),
        )
        return {"leaf": leaf, "public_key": form.public_key}

    return desk.write(request, body, [Lock("parties")], act)


@post("/keys/replacements", **operation("key.replace", ReplacementForm))
def replace_key(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    form = forms.read(body, ReplacementForm)

    def act(unit: Any, _caller: Any) -> dict[str, str]:
        return {"leaf": parties.replace_key(unit, proof=forms.plain(form.proof), reason=form.reason)}

    return desk.write(request, body, [Lock("parties")], act)


@get("/keys", **operation("key.list"))
def list_keys(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    caller = desk.member(request)
    return desk.read(request, lambda connection, _caller: {"items": parties.own_keys(connection, caller)})


@post("/trustees", **operation("trustee.add", TrusteeForm))
def add_trustee(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    form = forms.read(body, TrusteeForm)

    def act(unit: Any, caller: Caller) -> dict[str, str]:
        administration.note(unit, caller.person, "trustee_added", form.trustee, organisation=form.organisation)
        leaf = trustee_acts.add_trustee(
            unit,
            trustee=form.trustee,
            name=form.name,
            organisation=form.organisation,
            identity=form.identity,
            operator=form.operator,
            proof=form.proof,
        )
        return {"leaf": leaf, "trustee": form.trustee}

    return desk.write(request, body, [Lock("parties")], act)


@get("/trustees", **operation("trustee.list"))
def list_trustees(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    return desk.read(request, lambda connection, _caller: {"items": trustee_acts.listed(connection)})


@get("/anchors", **operation("anchors.show"))
def show_anchors(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    """What a verifier must know from outside; fetched from here it is only as good as this server."""
    return desk.read(request, lambda connection, _caller: desk.anchors(trustee_acts.identities(connection)))


@get("/procedures", **operation("procedure.list"))
def list_procedures(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    found = [
        {"name": p.name, "since": p.since.isoformat(), "version": p.version, "zh": p.zh, "en": p.en}
        for p in procedures.catalogue()
    ]
    return desk.read(request, lambda _connection, _caller: {"items": found})


@get("/procedures/{version:str}", **operation("procedure.show"))
def show_procedure(desk: NamedDependency[Desk], request: AnyRequest, version: FromPath[str]) -> Response[bytes]:
    return desk.read(request, lambda connection, _caller: pinned.load(connection, version).content)


HANDLERS = [
    use_claim,
    show_me,
    add_organisation,
    add_person,
    issue_token,
    register_key,
    replace_key,
    list_keys,
    add_trustee,
    list_trustees,
    show_anchors,
    list_procedures,
    show_procedure,
]
