"""The contract after the award."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody

from api.desk import AnyRequest, Desk
from api.handlers.tenders import leaf_of
from api.operations import operation
from notary import forms
from notary.work import Lock
from trading.acts import contracts
from trading.contracts import Change, End, Step, Terms
from trading.views import contract as views


@get("/tenders/{tender:str}/contract", **operation("contract.show"))
def show(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    def view(connection: Any, _caller: Any) -> dict[str, Any]:
        return views.show(connection, tender)

    return desk.read(request, view)


@post("/tenders/{tender:str}/contract", **operation("contract.register", Terms))
def register(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, Terms)
    return desk.write(
        request, body, [Lock(tender)], lambda unit, caller: leaf_of(contracts.register(unit, caller, tender, form))
    )


@post("/tenders/{tender:str}/contract/changes", **operation("contract.change", Change))
def change(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, Change)
    return desk.write(
        request, body, [Lock(tender)], lambda unit, caller: leaf_of(contracts.change(unit, caller, tender, form))
    )


@post("/tenders/{tender:str}/contract/performance", **operation("contract.perform", Step))
def perform(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, Step)
    return desk.write(
        request, body, [Lock(tender)], lambda unit, caller: leaf_of(contracts.perform(unit, caller, tender, form))
    )


@post("/tenders/{tender:str}/contract/end", **operation("contract.end", End))
def end(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, End)
    return desk.write(
        request, body, [Lock(tender)], lambda unit, caller: leaf_of(contracts.end(unit, caller, tender, form))
    )


HANDLERS = [show, register, change, perform, end]
