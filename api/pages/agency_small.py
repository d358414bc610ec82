"""A small purchase of a township: one page with what nobody can know but the clerk, the law's least for all the rest.

It begins a working paper like any other, whose sections can be filled in one by one as well.
"""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody

from api import streams
from api.desk import AnyRequest, Desk
from api.pages import agency_draft, agency_forms, page, sent, uploads
from api.pages.page import Again
from api.pages.sent import Sent
from notary.errors import Malformed
from notary.work import Lock, Unit
from trading import procedures
from trading.acts import drafting as papers
from trading.caller import Caller

_PROCEDURE = "procurement-open"
_SUBJECT = "goods"
#: What stands in the fields at first.
_USUAL = {
    "funding": "财政资金",
    "qualification": "符合《中华人民共和国政府采购法》第二十二条的规定。",
    "deposit": "0.00",
}


@post("/agency/small-purchases", **page.operation("page.draft_write"))
def begin(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    """A new working paper of a small purchase."""

    def act(unit: Unit, caller: Caller) -> dict[str, str]:
        procedure = procedures.in_force(_PROCEDURE, unit.now)
        content = agency_draft.first_content(unit, caller, procedure, _SUBJECT)
        return {"draft": papers.begin(unit, caller, {**content, **_USUAL})}

    again = Again("agency/refused", lambda _connection, _caller: {"back": "/agency"})
    return page.submit(desk, request, sent.read(body), [], act, lambda answer: _address(answer["draft"]), again)


@get("/agency/small-purchases/{draft:str}", **page.operation("page.draft"))
def show(desk: NamedDependency[Desk], request: AnyRequest, draft: FromPath[str]) -> Response[bytes]:
    return page.show(desk, request, "agency/draft_small", agency_draft.view(desk, draft, "trustees"), libraries=True)


@post("/agency/small-purchases/{draft:str}", **streams.page_operation("tender.draft", most=uploads.MOST + (1 << 20)))
async def save(desk: NamedDependency[Desk], request: AnyRequest, draft: FromPath[str]) -> Response[bytes]:
    """Save it, and hand it on to its trustees where it keeps the rules; else the check tells which it does not keep."""

    def take(form: Sent, files: list[uploads.File]) -> Response[bytes]:
        uploads.store(desk, files)
        again = Again("agency/draft_small", agency_draft.view(desk, draft, "trustees"), libraries=True)
        locks = [Lock(draft), Lock("drafts")]
        return page.submit(
            desk,
            request,
            form,
            locks,
            lambda unit, caller: _save(unit, caller, draft, form, files),
            _then(draft),
            again,
        )

    return await uploads.receive(desk, request, take)


def _save(unit: Unit, caller: Caller, draft: str, form: Sent, files: list[uploads.File]) -> dict[str, str]:
    paper = papers.load_own(unit.connection, caller, draft)
    procedure = procedures.in_force(str(paper.content["procedure"]), unit.now)
    documents = agency_draft.added(unit, caller, files, paper.content.get("documents", []))
    if not documents:
        raise Malformed("file_missing", "请选择文件。", "Choose a file.", field="files")
    members = {
        **agency_forms.basics(form, procedure),
        **agency_forms.trustees(form, procedure),
        "documents": documents,
    }
    saved = papers.save(unit, caller, draft, members)
    if not agency_draft.keeps_rules(unit.connection, saved, procedure):
        return {}
    return {"tender": papers.hand_on(unit, caller, draft)}


def _then(draft: str) -> Any:
    def then(answer: dict[str, str]) -> str:
        if "tender" in answer:
            return f"/agency/lots/{answer['tender']}?done=handed_on"
        return f"/agency/drafts/{draft}/check"

    return then


def _address(draft: str) -> str:
    return f"/agency/small-purchases/{draft}"


HANDLERS = [begin, show, save]
