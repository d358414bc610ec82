"""Trustees' work before the deadline: opening keys, key sets, rehearsals."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, RawBody

from api.desk import AnyRequest, Desk
from api.handlers.tenders import leaf_of
from api.operations import operation
from bidding.acts import approval, keys
from bidding.statements import Signed
from notary import forms, signing
from notary.errors import Unknown
from notary.forms import Base64, Form, Hex32, Kind, TrusteeCode
from notary.work import Lock, Unit
from trading.caller import Caller
from trading.views import tenders as tender_views


class OpeningKeyForm(Form, frozen=True):
    """A fresh public opening key (X25519)."""

    trustee: TrusteeCode
    kind: Kind
    opening_key: Hex32


class PossessionForm(Form, frozen=True):
    """The signed answer to the challenge."""

    trustee: TrusteeCode
    kind: Kind
    possession: Signed


class KeySetSignatureForm(Form, frozen=True):
    """A trustee's signature over the whole key set."""

    trustee: TrusteeCode
    kind: Kind
    key_set: Hex32
    signature: Base64


class RehearsalForm(Form, frozen=True):
    """The signed answer of a rehearsal."""

    rehearsal: Signed


@post("/tenders/{tender:str}/opening-keys", **operation("opening_key.offer", OpeningKeyForm))
def offer(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, OpeningKeyForm)

    def act(unit: Unit, caller: Caller) -> dict[str, str]:
        box = keys.offer(unit, caller, tender, trustee_code=form.trustee, kind=form.kind, opening_key=form.opening_key)
        return {"box": signing.b64(box)}

    return desk.write(request, body, [Lock(tender)], act)


@post("/tenders/{tender:str}/possessions", **operation("opening_key.prove", PossessionForm))
def prove(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, PossessionForm)

    def act(unit: Unit, caller: Caller) -> dict[str, Any]:
        key_set = keys.prove(
            unit, caller, tender, trustee_code=form.trustee, kind=form.kind, possession=form.possession
        )
        return {"complete": key_set is not None, "key_set": key_set}

    return desk.write(request, body, [Lock(tender)], act)


@get("/tenders/{tender:str}/key-set", **operation("key_set.show"))
def show(
    desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str], kind: FromQuery[str] = "bid"
) -> Response[bytes]:
    def view(connection: Any, caller: Caller | None) -> dict[str, Any]:
        tender_views.tender(connection, caller, tender, party=approval.is_trustee_of(connection, caller, tender))
        record = keys.load_record(connection, tender, kind)
        if record is None:
            raise Unknown("key_set_unknown", "尚无密钥组。", "There is no key set yet.", field="tender")
        return {"id": signing.object_id(record["key_set"]), **record}

    return desk.read(request, view)


@post("/tenders/{tender:str}/key-set-signatures", **operation("key_set.sign", KeySetSignatureForm))
def sign(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, KeySetSignatureForm)

    def act(unit: Unit, caller: Caller) -> dict[str, bool]:
        complete = keys.sign(
            unit,
            caller,
            tender,
            trustee_code=form.trustee,
            kind=form.kind,
            key_set=form.key_set,
            signature=form.signature,
        )
        return {"complete": complete}

    return desk.write(request, body, [Lock(tender)], act)


@get("/tenders/{tender:str}/rehearsal", **operation("rehearsal.show"))
def show_rehearsal(
    desk: NamedDependency[Desk],
    request: AnyRequest,
    tender: FromPath[str],
    trustee: FromQuery[str],
    kind: FromQuery[str] = "bid",
) -> Response[bytes]:
    caller = desk.member(request)
    with desk.work.unit(Lock(tender)) as unit:
        found = keys.rehearsal_box(unit, caller, tender, trustee_code=trustee, kind=kind)
    return desk.read(request, lambda _connection, _caller: found)


@post("/tenders/{tender:str}/rehearsals", **operation("rehearsal.answer", RehearsalForm))
def rehearse(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, RehearsalForm)
    return desk.write(
        request,
        body,
        [Lock(tender)],
        lambda unit, caller: leaf_of(keys.rehearse(unit, caller, tender, form.rehearsal)),
    )


HANDLERS = [offer, prove, show, sign, show_rehearsal, rehearse]
