"""Objections (异议、质疑) and their answers."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody

from api.desk import AnyRequest, Desk
from api.handlers.tenders import leaf_of
from api.operations import operation
from notary import forms
from notary.forms import Form, Hex16, Prose
from notary.work import Lock, Unit
from trading.acts import objections
from trading.caller import Caller, known
from trading.objections import Against, Outcome
from trading.views import objections as objection_views


class ObjectionForm(Form, frozen=True):
    """An objection, in the order of the paper form: against what, facts, basis, request."""

    against: Against
    facts: Prose
    basis: Prose
    request: Prose


class ObjectionAnswerForm(Form, frozen=True):
    """The agency's answer."""

    objection: Hex16
    outcome: Outcome
    answer: Prose


@post("/tenders/{tender:str}/objections", **operation("objection.file", ObjectionForm))
def file(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, ObjectionForm)
    return desk.write(request, body, [Lock(tender)], lambda unit, caller: act_file(unit, caller, tender, form))


@get("/tenders/{tender:str}/objections", **operation("objection.list"))
def list_objections(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    def view(connection: Any, caller: Caller | None) -> dict[str, Any]:
        return {
            "items": objection_views.seen(connection, known(caller), tender),
            "windows": objection_views.windows(connection, tender, desk.work.now()),
        }

    return desk.read(request, view)


@post("/tenders/{tender:str}/objection-answers", **operation("objection.answer", ObjectionAnswerForm))
def answer(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, ObjectionAnswerForm)
    return desk.write(request, body, [Lock(tender)], lambda unit, caller: act_answer(unit, caller, tender, form))


def act_file(unit: Unit, caller: Caller, tender: str, form: ObjectionForm) -> dict[str, Any]:
    """File it; gives what the objector keeps."""
    return objections.file(
        unit, caller, tender, against=form.against, facts=form.facts, basis=form.basis, request=form.request
    )


def act_answer(unit: Unit, caller: Caller, tender: str, form: ObjectionAnswerForm) -> dict[str, str]:
    """Answer it."""
    found = objections.answer(unit, caller, tender, form.objection, outcome=form.outcome, text=form.answer)
    return leaf_of(found)


HANDLERS = [file, list_objections, answer]
