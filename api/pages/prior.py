"""Prior notices in a browser: for everybody, with the form of a comment, and at the desks of agency and supervisor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote, urlencode

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from litestar.response import Stream
from sqlalchemy import Connection

from api import streams
from api.desk import AnyRequest, Desk, for_saving
from api.handlers.prior import CommentAnswerForm, act_answer
from api.handlers.tenders import pieces
from api.pages import agency_forms, official, page, sent, uploads
from api.pages.agency_acts import View, own_view
from api.pages.agency_draft import added
from api.pages.page import Again
from api.pages.sent import Sent
from bidding.acts import approval
from notary import clock, forms
from notary.errors import Unknown
from notary.work import Lock, Unit
from templates import pages
from trading import terms
from trading.acts import prior as acts
from trading.acts.stages import Tender
from trading.caller import Caller, known
from trading.prior_draft import PriorDraft
from trading.views import prior as views

_PAGE: Final = 20
_FEED: Final = 50
_MOST_WORDS: Final = 100
_WITH_FILES = uploads.MOST + (1 << 20)


@get("/prior", **page.operation("page.prior"))
def show_list(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    words, cursor = _words(request), request.query_params.get("cursor")

    def view(connection: Connection, _caller: Any) -> dict[str, Any]:
        items, following = views.listed(connection, terms.of_query(words), cursor=cursor, limit=_PAGE)
        return {
            "q": words,
            "items": items,
            "first": _address("/prior", words) if cursor else None,
            "following": following and _address("/prior", words, cursor=following),
            "feed": _address("/prior.atom", words),
        }

    return page.show_all(desk, request, "public/prior_notices", view)


@get("/prior.atom", **page.operation("page.prior"))
def show_feed(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    """The newest of the same question, to subscribe to (RFC 4287)."""
    words, base = _words(request), page.site(desk, request)
    desk.enter(request)
    with desk.work.reading() as connection:
        items, _ = views.listed(connection, terms.of_query(words), cursor=None, limit=_FEED)
    addresses = {"here": _address("/prior", words), "feed": _address("/prior.atom", words)}
    facts = {"items": items, "base": base, "at": "/prior/", **addresses}
    body = pages.feed(facts, page.shell(desk, request, None)).encode()
    return Response(body, headers={"content-type": "application/atom+xml; charset=utf-8"})


@get("/prior/{tender:str}", **page.operation("page.prior"))
def show_notice(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return page.show_all(desk, request, "public/prior", lambda connection, _caller: _told(desk, connection, tender))


@get("/prior/{tender:str}/documents/{sha256:str}", **page.operation("page.prior"))
def show_document(
    desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str], sha256: FromPath[str]
) -> Stream:
    """A document under its own name, always to be saved: nothing that others wrote is shown in our pages' origin."""
    desk.enter(request)
    with desk.work.reading() as connection:
        found = views.document(connection, tender, sha256)
    if found is None:
        raise Unknown("document_unknown", "没有这个文件。", "There is no such document.", field="sha256")
    return Stream(
        pieces(desk, f"documents/{sha256}"),
        media_type="application/octet-stream",
        headers={
            "Content-Length": str(found["size"]),
            **for_saving(sha256[:16]),
            "Content-Disposition": f"attachment; filename=\"{sha256[:16]}\"; filename*=UTF-8''{quote(found['name'])}",
        },
    )


@get("/bidder/prior/{tender:str}", **page.operation("page.bidder_prior"))
def show_own(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return page.show(desk, request, "bidder/prior", _seen(desk, tender, own=True))


@post("/bidder/prior/{tender:str}", **page.operation("comment.file"))
def comment(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = sent.read(body)
    return page.submit(
        desk,
        request,
        form,
        [Lock(tender)],
        lambda unit, caller: acts.file(unit, caller, tender, form.wanted("text")),
        lambda _answer: f"/bidder/prior/{tender}?done=filed",
        Again("bidder/prior", _seen(desk, tender, own=True)),
    )


@get("/supervisor/prior/{tender:str}", **page.operation("page.supervisor_prior"))
def show_whole(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return page.show(desk, request, "supervisor/prior", _seen(desk, tender))


@get("/agency/lots/{tender:str}/prior", **page.operation("page.own_lot"))
def show_desk(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    return official.show(desk, request, "agency/prior", _agency_view(desk, tender), tender)


@post("/agency/lots/{tender:str}/prior", **streams.page_operation("prior.propose", most=_WITH_FILES))
async def propose(desk: NamedDependency[Desk], request: AnyRequest, tender: FromPath[str]) -> Response[bytes]:
    """Ask the second person to publish a prior notice, with its papers."""

    def take(form: Sent, files: list[uploads.File]) -> Response[bytes]:
        uploads.store(desk, files)

        def act(unit: Unit, caller: Caller) -> dict[str, Any]:
            said = {name.removeprefix("said."): form.wanted(name) for name in form.fields if name.startswith("said.")}
            until = agency_forms.moment(form, "until") if form.text("until") else None
            written = {"said": said, "until": until, "documents": added(unit, caller, files, [])}
            return approval.propose_prior(unit, caller, tender, forms.convert(written, PriorDraft))

        return official.submit(
            desk, request, form, tender, act, "?done=submitted", Again("agency/prior", _agency_view(desk, tender))
        )

    return await uploads.receive(desk, request, take)


@post("/agency/lots/{tender:str}/comments", **page.operation("comment.answer"))
def answer(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, tender: FromPath[str]) -> Response[bytes]:
    form = sent.read(body)
    return official.submit(
        desk,
        request,
        form,
        tender,
        lambda unit, caller: act_answer(unit, caller, tender, form.filled(CommentAnswerForm)),
        "/prior?done=answered",
        Again("agency/prior", _agency_view(desk, tender)),
    )


def _told(desk: Desk, connection: Connection, tender: str) -> dict[str, Any]:
    found = views.shown(connection, tender)
    return {"prior": found, "open": desk.glance_time() < clock.parse(found["until"])}


def _seen(desk: Desk, tender: str, *, own: bool = False) -> Callable[[Connection, Caller | None], dict[str, Any]]:
    """A notice with the comments that the reader may read whole. own: of its own organisation alone."""

    def view(connection: Connection, caller: Caller | None) -> dict[str, Any]:
        reader = known(caller)
        told = _told(desk, connection, tender)
        if own:
            return told | {"comments": [one for one in views.own(connection, reader) if one["tender"] == tender]}
        return told | {"comments": views.seen(connection, reader, tender)}

    return view


def _agency_view(desk: Desk, tender: str) -> View:
    def more(connection: Connection, own: Caller, row: Tender) -> dict[str, Any]:
        if acts.latest(connection, row.tender) is None:
            return {"prior": None, "comments": []}
        return {"prior": views.shown(connection, tender), "comments": views.seen(connection, own, tender)}

    return own_view(desk, tender, more)


def _words(request: AnyRequest) -> str:
    return str(request.query_params.get("q", "")).strip()[:_MOST_WORDS]


def _address(path: str, words: str, **more: str) -> str:
    asked = {name: value for name, value in {"q": words, **more}.items() if value}
    return f"{path}?{urlencode(asked)}" if asked else path


HANDLERS = [
    show_list,
    show_feed,
    show_notice,
    show_document,
    show_own,
    comment,
    show_whole,
    show_desk,
    propose,
    answer,
]
