"""An agency's contract: its terms, changes, performance and end, each act on a page of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from sqlalchemy import Connection

from api import streams
from api.desk import AnyRequest, Desk
from api.pages import official, page, sent, uploads
from api.pages.agency_acts import View, own_view
from api.pages.agency_draft import added
from api.pages.page import Again
from api.pages.sent import Sent
from notary import forms
from notary.errors import Malformed
from notary.work import Unit
from trading import drafting
from trading.acts import contracts, stages
from trading.acts.stages import Tender
from trading.caller import Caller
from trading.contracts import Change, End, Step, Terms
from trading.views import agency as agency_views
from trading.views import contract as views

_WITH_FILES = uploads.MOST + (1 << 20)


@get("/agency/lots/{tender:str}/contract", **page.operation("page.own_result"))
def show(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    """The contract as it stands; before there is one, the form of its registration."""
    return official.show(desk, request, "agency/contract", _view(desk, tender), tender)


@get("/agency/lots/{tender:str}/contract/changes", **page.operation("page.own_result"))
def show_change(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return official.show(desk, request, "agency/contract_changes", _view(desk, tender), tender)


@get("/agency/lots/{tender:str}/contract/performance", **page.operation("page.own_result"))
def show_performance(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return official.show(desk, request, "agency/contract_performance", _view(desk, tender), tender)


@get("/agency/lots/{tender:str}/contract/end", **page.operation("page.own_result"))
def show_end(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return official.show(desk, request, "agency/contract_end", _view(desk, tender), tender)


@post("/agency/lots/{tender:str}/contract", **streams.page_operation("contract.register", most=_WITH_FILES))
async def register(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    def act(unit: Unit, caller: Caller, form: Sent, documents: list[Any]) -> Any:
        told = {"price": _sum(form, "price"), "documents": documents}
        told |= {name: form.wanted(name) for name in ("signed_on", "ends_on")}
        return contracts.register(unit, caller, tender, forms.convert(told, Terms))

    return await _take(desk, request, tender, act, "registered", "agency/contract")


@post("/agency/lots/{tender:str}/contract/changes", **streams.page_operation("contract.change", most=_WITH_FILES))
async def change(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    def act(unit: Unit, caller: Caller, form: Sent, documents: list[Any]) -> Any:
        told = {"price": _sum(form, "price"), "documents": documents}
        told |= {name: form.wanted(name) for name in ("ends_on", "reason")}
        return contracts.change(unit, caller, tender, forms.convert(told, Change))

    return await _take(desk, request, tender, act, "changed", "agency/contract_changes")


@post("/agency/lots/{tender:str}/contract/performance", **page.operation("contract.perform"))
def perform(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = sent.read(body)

    def act(unit: Unit, caller: Caller) -> Any:
        told = {name: form.wanted(name) for name in ("what", "on", "detail")}
        amount = _sum(form, "amount") if form.text("amount") else None
        return contracts.perform(unit, caller, tender, forms.convert(told | {"amount": amount}, Step))

    return _submit(desk, request, form, tender, act, "performed", "agency/contract_performance")


@post("/agency/lots/{tender:str}/contract/end", **streams.page_operation("contract.end", most=_WITH_FILES))
async def end(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    def act(unit: Unit, caller: Caller, form: Sent, documents: list[Any]) -> Any:
        told = {name: form.wanted(name) for name in ("result", "on", "detail")}
        return contracts.end(unit, caller, tender, forms.convert(told | {"documents": documents}, End))

    return await _take(desk, request, tender, act, "ended", "agency/contract_end")


async def _take(
    desk: Desk,
    request: AnyRequest,
    tender: str,
    act: Callable[[Unit, Caller, Sent, list[Any]], Any],
    done: str,
    template: str,
) -> Response[bytes]:
    """An act with its papers."""

    def take(form: Sent, files: list[uploads.File]) -> Response[bytes]:
        uploads.store(desk, files)

        def whole(unit: Unit, caller: Caller) -> Any:
            if not files:
                zh, en = "请附上文件。", "Its paper is missing."
                raise Malformed("file_missing", zh, en, field="files")
            return act(unit, caller, form, added(unit, caller, files, []))

        return _submit(desk, request, form, tender, whole, done, template)

    return await uploads.receive(desk, request, take)


def _submit(
    desk: Desk, request: AnyRequest, form: Sent, tender: str, act: Callable[[Unit, Caller], Any], done: str, again: str
) -> Response[bytes]:
    def answered(unit: Unit, caller: Caller) -> dict[str, str]:
        return {"leaf": act(unit, caller).commitment().hex()}

    then = f"/contract?done={done}"
    return official.submit(desk, request, form, tender, answered, then, Again(again, _view(desk, tender)))


def _view(desk: Desk, tender: str) -> View:
    def more(connection: Connection, _own: Caller, _row: Tender) -> dict[str, Any]:
        result = agency_views.result(connection, tender)
        names = agency_views.organisation_names(connection, [result["winner"]] if result["winner"] else [])
        return {**views.show(connection, tender), "result": result, "names": names}

    return own_view(desk, tender, more, stages.load_own_published)


def _sum(form: Sent, name: str) -> str:
    return drafting.sum_text(form.wanted(name), name)


HANDLERS = [show, show_change, show_performance, show_end, register, change, perform, end]
