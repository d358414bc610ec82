"""Deposits: what the bank reports, what goes back, and what the agency keeps."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from msgspec import Meta
from sqlalchemy import Connection

from api.desk import AnyRequest, Desk
from api.operations import operation
from bidding.acts import deposits as acts
from bidding.views import deposits as views
from notary import forms
from notary.forms import Form
from trading import deposits
from trading.deposits import Assigned, Guarantee, Kept, Payment, Transfer


class TransfersForm(Form, frozen=True):
    transfers: Annotated[list[Transfer], Meta(min_length=1, max_length=deposits.MAX_IMPORTED)]


class PaymentsForm(Form, frozen=True):
    payments: Annotated[list[Payment], Meta(min_length=1, max_length=deposits.MAX_IMPORTED)]


@post("/deposits", **operation("deposit.import", TransfersForm))
def import_(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    form = forms.read(body, TransfersForm)
    return desk.write(request, body, [acts.LOCK], lambda unit, caller: acts.import_(unit, caller, form.transfers))


@get("/deposits", **operation("deposit.list"))
def show_all(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    def view(connection: Connection, _caller: Any) -> dict[str, Any]:
        return {
            "unassigned": views.unassigned(connection),
            "refunds": views.refunds(connection, desk.work.now()),
        }

    return desk.read(request, view)


@post("/deposits/payments", **operation("deposit.pay", PaymentsForm))
def pay(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    form = forms.read(body, PaymentsForm)
    return desk.write(request, body, [acts.LOCK], lambda unit, caller: acts.pay(unit, caller, form.payments))


@post("/deposits/{reference:str}/assignment", **operation("deposit.assign", Assigned))
def assign(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, reference: FromPath[str]
) -> Response[bytes]:
    form = forms.read(body, Assigned)
    return desk.write(request, body, [acts.LOCK], lambda unit, caller: acts.assign(unit, caller, reference, form))


@post("/tenders/{tender:str}/guarantees", **operation("deposit.guarantee", Guarantee))
def guarantee(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]
) -> Response[bytes]:
    form = forms.read(body, Guarantee)
    return desk.write(request, body, [acts.LOCK], lambda unit, caller: acts.guarantee(unit, caller, tender, form))


@get("/tenders/{tender:str}/deposits", **operation("deposit.show"))
def show(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    def view(connection: Connection, caller: Any) -> dict[str, Any]:
        return {"deposits": views.of_lot(connection, caller, tender)}

    return desk.read(request, view)


@get("/tenders/{tender:str}/deposits/own", **operation("deposit.own"))
def show_own(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    def view(connection: Connection, caller: Any) -> dict[str, Any]:
        return {"deposits": views.own(connection, tender, caller.organisation)}

    return desk.read(request, view)


@post("/tenders/{tender:str}/deposits/{reference:str}/keeping", **operation("deposit.keep", Kept))
def keep(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str], reference: FromPath[str]
) -> Response[bytes]:
    form = forms.read(body, Kept)
    return desk.write(request, body, [acts.LOCK], lambda unit, caller: acts.keep(unit, caller, tender, reference, form))


HANDLERS = [import_, show_all, pay, assign, guarantee, show, show_own, keep]
