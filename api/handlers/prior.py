"""Prior notices, comments on them, and their answers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, RawBody

from api.desk import AnyRequest, Desk
from api.handlers.tenders import leaf_of
from api.operations import operation
from bidding.acts import approval
from notary import forms
from notary.forms import Form, Hex16, Prose
from notary.work import Lock, Unit
from trading import terms
from trading.acts import prior
from trading.caller import Caller, known
from trading.prior import Outcome
from trading.prior_draft import PriorDraft
from trading.views import prior as views


class CommentForm(Form, frozen=True):
    """A comment on the prior notice that stands."""

    text: Prose


class CommentAnswerForm(Form, frozen=True):
    """The agency's answer, public at once."""

    comment: Hex16
    outcome: Outcome
    answer: Prose


@get("/prior-notices", **operation("prior.list"))
def list_notices(
    desk: NamedDependency[Desk],
    request: AnyRequest,
    q: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int] = 50,
) -> Response[bytes]:
    def view(connection: Any, _caller: Caller | None) -> dict[str, Any]:
        items, following = views.listed(connection, terms.of_query(q[:100]), cursor=cursor, limit=limit)
        here = f"{request.url.path}?{urlencode({'q': q, 'limit': limit})}&cursor="
        return {"items": items, "links": {} if following is None else {"next": here + following}}

    return desk.read(request, view)


@get("/tenders/{tender:str}/prior-notices", **operation("prior.show"))
def show(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return desk.read(request, lambda connection, _caller: views.shown(connection, tender))


@post("/tenders/{tender:str}/prior-notices", **operation("prior.propose", PriorDraft))
def propose(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, PriorDraft)
    return desk.write(
        request, body, [Lock(tender)], lambda unit, caller: approval.propose_prior(unit, caller, tender, form)
    )


@post("/tenders/{tender:str}/comments", **operation("comment.file", CommentForm))
def file(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, CommentForm)
    return desk.write(request, body, [Lock(tender)], lambda unit, caller: prior.file(unit, caller, tender, form.text))


@get("/tenders/{tender:str}/comments", **operation("comment.list"))
def list_comments(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    def view(connection: Any, caller: Caller | None) -> dict[str, Any]:
        return {"items": views.seen(connection, known(caller), tender)}

    return desk.read(request, view)


@post("/tenders/{tender:str}/comment-answers", **operation("comment.answer", CommentAnswerForm))
def answer(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = forms.read(body, CommentAnswerForm)
    return desk.write(request, body, [Lock(tender)], lambda unit, caller: act_answer(unit, caller, tender, form))


def act_answer(unit: Unit, caller: Caller, tender: str, form: CommentAnswerForm) -> dict[str, str]:
    """Answer it."""
    return leaf_of(prior.answer(unit, caller, tender, form.comment, outcome=form.outcome, text=form.answer))


HANDLERS = [list_notices, show, propose, file, list_comments, answer]
