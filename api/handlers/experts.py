"""The pool of experts: an administrator's business."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from msgspec import Meta

from api import administration
from api.desk import AnyRequest, Desk
from api.operations import operation
from notary import forms
from notary.forms import Form
from notary.work import Lock, Unit
from trading.acts import pool
from trading.caller import Caller
from trading.recusal import Employment


class ExpertForm(Form, frozen=True):
    """All that the pool knows of an expert, anew. employments: without the organisation of registration."""

    specialities: Annotated[list[str], Meta(min_length=1, max_length=pool.MAX_LISTED)]
    employments: Annotated[list[Employment], Meta(max_length=pool.MAX_LISTED)]
    suspended: bool


@post("/people/{person:str}/expert", **operation("expert.set", ExpertForm))
def set_expert(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, person: FromPath[str]
) -> Response[bytes]:
    form = forms.read(body, ExpertForm)
    return desk.write(request, body, [Lock("parties")], lambda unit, caller: set_(unit, caller, person, form))


def set_(unit: Unit, caller: Caller, person: str, form: ExpertForm) -> dict[str, Any]:
    """Do it and leave the administrator's trace, which has neither specialities nor employers."""
    administration.known(unit.connection, person)
    pool.set_expert(
        unit,
        person,
        suspended=form.suspended,
        specialities=form.specialities,
        employments=form.employments,
    )
    administration.note(unit, caller.person, "expert_set", person, suspended=form.suspended)
    return {"person": person}


HANDLERS = [set_expert]
