"""An agency's draw of experts: it is called, parties that withhold are named, who goes is replaced; no keys here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from sqlalchemy import Connection

from api.desk import AnyRequest, Desk
from api.handlers.draws import DrawFailureForm, DrawForm, DrawReplacementForm
from api.handlers.tenders import leaf_of
from api.pages import official, page, sent
from api.pages.agency_acts import View, own_view
from api.pages.page import Again
from api.pages.sent import Sent
from bidding.acts import judging
from notary import forms
from notary.errors import Malformed
from notary.work import Unit
from trading.acts import draws, stages
from trading.acts.stages import Tender
from trading.caller import Caller
from trading.views import draws as views

#: Rows of the form in which a draw is called.
_ROWS = 6


@get("/agency/lots/{tender:str}/draw", **page.operation("page.own_result"))
def show(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return official.show(desk, request, "agency/draw", _view(desk, tender), tender)


@post("/agency/lots/{tender:str}/draw", **page.operation("draw.call"))
def call(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = sent.read(body)

    def act(unit: Unit, caller: Caller) -> dict[str, str]:
        told = {"groups": _groups(form), "supervisor": form.wanted("supervisor"), "operator": form.wanted("operator")}
        asked = forms.convert(told, DrawForm)
        entry = judging.call_draw(
            unit, caller, tender, asked.groups, supervisor=asked.supervisor, operator=asked.operator
        )
        return leaf_of(entry)

    return _submit(desk, request, form, tender, act, "called")


@post("/agency/lots/{tender:str}/draw/withheld", **page.operation("draw.withhold"))
def withhold(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = sent.read(body)
    return _submit(
        desk,
        request,
        form,
        tender,
        lambda unit, caller: leaf_of(draws.withhold(unit, caller, tender, of=form.wanted("of"))),
        "withheld",
    )


@post("/agency/lots/{tender:str}/draw/replacement", **page.operation("draw.replace"))
def replace(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = sent.read(body)

    def act(unit: Unit, caller: Caller) -> dict[str, str]:
        asked = form.filled(DrawReplacementForm)
        return leaf_of(judging.replace_drawn(unit, caller, tender, person=asked.person, reason=asked.reason))

    return _submit(desk, request, form, tender, act, "replaced")


@post("/agency/lots/{tender:str}/draw/failure", **page.operation("draw.fail"))
def fail(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = sent.read(body)

    def act(unit: Unit, caller: Caller) -> dict[str, str]:
        told = {"reason": form.wanted("reason"), "person": form.text("person") or None}
        asked = forms.convert(told, DrawFailureForm)
        return leaf_of(draws.fail(unit, caller, tender, reason=asked.reason, person=asked.person))

    return _submit(desk, request, form, tender, act, "failed")


def _groups(form: Sent) -> list[dict[str, Any]]:
    """Rows of a speciality and how many; a row without both is none. Raises Malformed (count_wrong)."""
    found = []
    for row in range(_ROWS):
        word, count = form.text(f"speciality-{row}"), form.text(f"count-{row}")
        if not word and not count:
            continue
        if not (word and count.isascii() and count.isdigit() and 0 < len(count) <= 2):
            raise Malformed(
                "count_wrong",
                "每个专业都要选定，并填写人数（数字）。",
                "Choose a speciality and say how many, in digits.",
                field=f"count-{row}",
            )
        found.append({"speciality": word, "count": int(count)})
    return found


def _submit(
    desk: Desk, request: AnyRequest, form: Sent, tender: str, act: Callable[[Unit, Caller], Any], done: str
) -> Response[bytes]:
    again = Again("agency/draw", _view(desk, tender))
    return official.submit(desk, request, form, tender, act, f"/draw?done={done}", again)


def _view(desk: Desk, tender: str) -> View:
    def more(connection: Connection, own: Caller, row: Tender) -> dict[str, Any]:
        found = views.shown(connection, tender)
        return {
            "draws": found,
            "left_out": views.left_out(connection, tender),
            "seated": views.seated(connection, own, tender),
            "choices": views.to_call(connection),
            "rows": range(min(_ROWS, (row.content.get("committee") or {}).get("experts", 0))),
            "party": own.organisation,
        }

    return own_view(desk, tender, more, stages.load_own_published)


HANDLERS = [show, call, withhold, replace, fail]
