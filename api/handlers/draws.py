"""The draw of experts (随机抽取评标专家), step by step."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from msgspec import Meta

from api.desk import AnyRequest, Desk
from api.handlers.tenders import leaf_of
from api.operations import operation
from bidding.acts import judging
from bidding.statements import Signed
from notary import forms
from notary.forms import Form, Hex16, OrganisationCode
from notary.work import Lock
from trading.acts import draws
from trading.acts.calling import Seats
from trading.drawing import Failure, Reason
from trading.views import draws as views


class DrawForm(Form, frozen=True):
    """How many of which speciality, and who takes part besides the agency."""

    groups: Annotated[list[Seats], Meta(min_length=1, max_length=31)]
    supervisor: OrganisationCode
    operator: OrganisationCode


class CommitmentForm(Form, frozen=True):
    """A party's two commitments, signed (``sunbid/draw-commitment/1``)."""

    commitment: Signed


class RevealForm(Form, frozen=True):
    """A value, signed (``sunbid/draw-reveal/1``)."""

    reveal: Signed


class WithheldForm(Form, frozen=True):
    """of: whose value was not revealed by the party whose turn it is."""

    of: OrganisationCode


class DrawReplacementForm(Form, frozen=True):
    """Who of those drawn goes, and why."""

    person: Hex16
    reason: Reason


class DrawFailureForm(Form, frozen=True):
    """Why the draw has no result. person: where none is left who could take this one's seat."""

    reason: Failure
    person: Hex16 | None = None


@post("/tenders/{tender:str}/draws", **operation("draw.call", DrawForm))
def call(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, DrawForm)
    return desk.write(
        request,
        body,
        [Lock(tender)],
        lambda unit, caller: leaf_of(
            judging.call_draw(unit, caller, tender, form.groups, supervisor=form.supervisor, operator=form.operator)
        ),
    )


@get("/tenders/{tender:str}/draws", **operation("draw.show"))
def show(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return desk.read(request, lambda connection, _caller: {"items": views.shown(connection, tender)})


@get("/tenders/{tender:str}/draws/seated", **operation("draw.seated"))
def seated(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    caller = desk.member(request)

    def view(connection: Any, _caller: Any) -> dict[str, Any]:
        return {"items": views.seated(connection, caller, tender)}

    return desk.read(request, view)


@post("/tenders/{tender:str}/draw-commitments", **operation("draw.commit", CommitmentForm))
def commit(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, CommitmentForm)
    return desk.write(
        request,
        body,
        [Lock(tender)],
        lambda unit, caller: leaf_of(draws.commit(unit, caller, tender, forms.plain(form.commitment))),
    )


@post("/tenders/{tender:str}/draw-reveals", **operation("draw.reveal", RevealForm))
def reveal(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, RevealForm)
    return desk.write(
        request,
        body,
        [Lock(tender)],
        lambda unit, caller: leaf_of(draws.reveal(unit, caller, tender, forms.plain(form.reveal))),
    )


@post("/tenders/{tender:str}/draw-withheld", **operation("draw.withhold", WithheldForm))
def withhold(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, WithheldForm)
    return desk.write(
        request,
        body,
        [Lock(tender)],
        lambda unit, caller: leaf_of(draws.withhold(unit, caller, tender, of=form.of)),
    )


@post("/tenders/{tender:str}/draw-replacements", **operation("draw.replace", DrawReplacementForm))
def replace(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, DrawReplacementForm)
    return desk.write(
        request,
        body,
        [Lock(tender)],
        lambda unit, caller: leaf_of(
            judging.replace_drawn(unit, caller, tender, person=form.person, reason=form.reason)
        ),
    )


@post("/tenders/{tender:str}/draw-failures", **operation("draw.fail", DrawFailureForm))
def fail(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, DrawFailureForm)
    return desk.write(
        request,
        body,
        [Lock(tender)],
        lambda unit, caller: leaf_of(draws.fail(unit, caller, tender, reason=form.reason, person=form.person)),
    )


HANDLERS = [call, show, seated, commit, reveal, withhold, replace, fail]
