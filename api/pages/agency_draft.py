"""A new tender, filled in section by section: each is saved by itself, and returned to by its own address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from sqlalchemy import Connection, select

from api import streams
from api.desk import AnyRequest, Desk
from api.pages import agency_forms, page, sent, uploads
from api.pages.keys import vault_of
from api.pages.page import Again
from api.pages.sent import Sent
from bidding.acts import keys
from notary import clock
from notary.errors import Held, Malformed, RuleBroken, Unknown
from notary.work import Lock, Unit
from trading import calendar, drafting, money, procedures, regions, rules
from trading import draft as drafts
from trading.acts import documents
from trading.acts import drafting as papers
from trading.acts.drafting import WorkingPaper
from trading.caller import Caller, known
from trading.criteria import SHAPES
from trading.procedures import Procedure
from trading.rows import organisations, tenders
from trading.rules import AuctionFacts, PublicationFacts

_SECTIONS = (*drafting.SECTIONS, *drafting.AUCTION_SECTIONS, "check")


@post("/agency/drafts", **page.operation("page.draft_write"))
def begin(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    """A new working paper from a template: a procedure and what it is for."""
    form = sent.read(body)

    def act(unit: Unit, caller: Caller) -> dict[str, str]:
        procedure = procedures.in_force(form.wanted("procedure"), unit.now)
        subject = form.wanted("subject")
        if subject not in procedure.subjects:
            raise Unknown("procedure_unknown", "没有这种交易程序。", "There is no such procedure.", field="procedure")
        return {"draft": papers.begin(unit, caller, first_content(unit, caller, procedure, subject))}

    def then(answer: dict[str, str]) -> str:
        return f"/agency/drafts/{answer['draft']}/basics"

    return page.submit(desk, request, form, [], act, then, Again("agency/refused", lambda _c, _p: {"back": "/agency"}))


@get("/agency/drafts/{draft:str}", **page.operation("page.draft"))
def show(desk: NamedDependency[Desk], request: AnyRequest, draft: FromPath[str]) -> Response[bytes]:
    return page.show(desk, request, "agency/draft", view(desk, draft))


@get("/agency/drafts/{draft:str}/{section:str}", **page.operation("page.draft"))
def show_section(
    desk: NamedDependency[Desk], request: AnyRequest, draft: FromPath[str], section: FromPath[str]
) -> Response[bytes]:
    keys_page = section == "trustees"
    return page.show(desk, request, _template(section), view(desk, draft, section), libraries=keys_page)


@post("/agency/drafts/{draft:str}/{section:str}", **page.operation("page.draft_write"))
def save(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, draft: FromPath[str], section: FromPath[str]
) -> Response[bytes]:
    """Save a section, and go on to the next one that lacks something."""
    form = sent.read(body)
    read = agency_forms.FORMS.get(section)
    if read is None:
        raise _no_section()

    def act(unit: Unit, caller: Caller) -> dict[str, str]:
        paper = papers.load_own(unit.connection, caller, draft)
        procedure = procedures.in_force(str(paper.content["procedure"]), unit.now)
        if section not in drafting.sections(procedure):
            raise _no_section()
        members = read(form, procedure)
        try:
            saved = papers.save(unit, caller, draft, members)
        except Malformed as refusal:
            # The form's fields have the criteria's own names.
            refusal.field = agency_forms.invited_field(refusal.field)
            refusal.field = (refusal.field or "").removeprefix("evaluation.criteria.") or None
            raise
        return {"next": section if form.ticked("recount") else _next(saved, unit.now)}

    return page.submit(desk, request, form, [Lock(draft)], act, _to(draft), _again(desk, draft, section))


@post("/agency/drafts/{draft:str}/files", **streams.page_operation("page.draft_write", most=uploads.MOST + (1 << 20)))
async def add_files(desk: NamedDependency[Desk], request: AnyRequest, draft: FromPath[str]) -> Response[bytes]:
    """Store files, and name them in the draft; one of the same name takes the other's place."""

    def take(form: Sent, files: list[uploads.File]) -> Response[bytes]:
        uploads.store(desk, files)

        def act(unit: Unit, caller: Caller) -> dict[str, str]:
            paper = papers.load_own(unit.connection, caller, draft)
            if not files:
                raise Malformed("file_missing", "请选择文件。", "Choose a file.", field="files")
            named = added(unit, caller, files, paper.content.get("documents", []))
            return {"next": _next(papers.save(unit, caller, draft, {"documents": named}), unit.now)}

        return page.submit(desk, request, form, [Lock(draft)], act, _to(draft), _again(desk, draft, "documents"))

    return await uploads.receive(desk, request, take)


@post("/agency/drafts/{draft:str}/removals", **page.operation("page.draft_write"))
def remove_file(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, draft: FromPath[str]
) -> Response[bytes]:
    """Take a file out of the draft."""
    form = sent.read(body)

    def act(unit: Unit, caller: Caller) -> dict[str, str]:
        paper = papers.load_own(unit.connection, caller, draft)
        kept = [one for one in paper.content.get("documents", []) if one["name"] != form.fields.get("name")]
        papers.save(unit, caller, draft, {"documents": kept or None})
        return {"next": "documents"}

    return page.submit(desk, request, form, [Lock(draft)], act, _to(draft), _again(desk, draft, "documents"))


@post("/agency/drafts/{draft:str}/hand-on", **page.operation("tender.draft"))
def hand_on(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, draft: FromPath[str]) -> Response[bytes]:
    """Make the tender's draft of it, which its trustees see."""
    form = sent.read(body)

    def act(unit: Unit, caller: Caller) -> dict[str, str]:
        return {"tender": papers.hand_on(unit, caller, draft)}

    def then(answer: dict[str, str]) -> str:
        return f"/agency/lots/{answer['tender']}?done=handed_on"

    return page.submit(desk, request, form, [Lock("drafts")], act, then, _again(desk, draft, "check"))


@post("/agency/drafts/{draft:str}/drop", **page.operation("page.draft_write"))
def drop(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, draft: FromPath[str]) -> Response[bytes]:
    form = sent.read(body)

    def act(unit: Unit, caller: Caller) -> dict[str, str]:
        papers.drop(unit, caller, draft)
        return {}

    return page.submit(desk, request, form, [Lock(draft)], act, lambda _: "/agency", _again(desk, draft, None))


def first_content(unit: Unit, caller: Caller, procedure: Procedure, subject: str) -> dict[str, Any]:
    """What a working paper of the caller's organisation begins with: the law's least, its own region, a free code."""
    region = str(
        unit.connection.scalar(select(organisations.c.region).where(organisations.c.code == caller.organisation))
    )
    content = drafting.first_content(procedure, subject, region, unit.now)
    return {**content, "tender": _free_code(unit, caller, region)}


def keeps_rules(connection: Connection, paper: WorkingPaper, procedure: Procedure) -> bool:
    """Whether a working paper lacks nothing and, published on the planned day, breaks no rule."""
    found = _check(connection, paper, procedure)
    return bool(found["checked"] and not found["broken"])


def added(unit: Unit, caller: Caller, files: list[uploads.File], there: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Stored files noted as the agency's; the documents that a draft then names."""
    named = {one["name"]: one for one in there}
    for file in files:
        documents.add(unit, caller, sha256=file.sha256, name=file.name, media_type=file.media_type, size=file.size)
        named[file.name] = {"name": file.name, "media_type": file.media_type, "sha256": file.sha256, "size": file.size}
    return list(named.values())


def view(desk: Desk, draft: str, section: str | None = None) -> Callable[[Connection, Caller | None], dict[str, Any]]:
    """What the pages of a working paper show; of a section what it needs besides."""

    def found(connection: Connection, caller: Caller | None) -> dict[str, Any]:
        paper = papers.load_own(connection, known(caller), draft)
        now = desk.glance_time()
        procedure = procedures.in_force(str(paper.content["procedure"]), now)
        if section not in {None, "check", *drafting.sections(procedure)}:
            raise _no_section()
        facts = {
            "draft": draft,
            "content": paper.content,
            "tender": paper.tender,
            "written_at": clock.text(paper.written_at),
            "procedure": procedure,
            "missing": drafting.missing(paper.content, procedure),
            "section": section,
            "vault": vault_of(known(caller)),
        }
        more = _MORE.get(section or "")
        return facts | (more(connection, paper, procedure) if more else {})

    return found


def _dates(_connection: Connection, paper: WorkingPaper, procedure: Procedure) -> dict[str, Any]:
    content = paper.content
    publish_by = clock.parse(content["publish_by"])
    named = ("publish_by", *drafting.SECTIONS["dates"][1:4])
    facts: dict[str, Any] = {"at": {name: agency_forms.fields_of(content.get(name)) for name in named}}
    try:
        counted = drafting.counted(content, procedure, calendar.china(), publish_by)
    except Held as refusal:
        return facts | {"counted": {}, "uncounted": {"zh": refusal.zh, "en": refusal.en}}
    lines = {
        one.field: {**asdict(one), "earliest": None if one.earliest is None else clock.text(one.earliest)}
        for one in counted
    }
    return facts | {"counted": lines, "uncounted": None}


def _trustees(connection: Connection, paper: WorkingPaper, procedure: Procedure) -> dict[str, Any]:
    listed = keys.listed(connection)
    quorums = paper.content.get("policy", {}).get("quorums", [])
    chosen = {name for quorum in quorums for name in quorum}
    if not chosen:
        # The smallest rule, and nobody of the operator's: what most agencies take.
        independent = [one["trustee"] for one in listed if not one["operator"]]
        chosen = set(independent[: min(choice.trustees for choice in procedure.opening.choices)])
    return {"trustees": listed, "chosen": chosen}


def _check(connection: Connection, paper: WorkingPaper, procedure: Procedure) -> dict[str, Any]:
    """What the rules say of it, as if it were published on the planned day."""
    if any(drafting.missing(paper.content, procedure).values()):
        return {"broken": [], "checked": False, "terms": None}
    read = drafts.read({name: value for name, value in paper.content.items() if name not in drafting.APART})
    moment = clock.parse(paper.content["publish_by"])
    operator = frozenset(one["trustee"] for one in keys.listed(connection) if one["operator"])
    facts: PublicationFacts | AuctionFacts
    if procedure.auction is None:
        terms = None
        facts = drafts.publication_facts(read, procedure, moment, operator)
    else:
        terms = drafts.composed_terms(read, procedure)
        facts = drafts.auction_facts(read, procedure, moment, operator)
    try:
        rules.check_publication(procedure, calendar.china(), facts)
    except RuleBroken as refusal:
        return {"broken": refusal.facts.get("broken", []), "checked": True, "terms": terms}
    return {"broken": [], "checked": True, "terms": terms}


def _basics(_connection: Connection, _paper: WorkingPaper, _procedure: Procedure) -> dict[str, Any]:
    return {"regions": regions.regions()}


def _evaluation(_connection: Connection, paper: WorkingPaper, procedure: Procedure) -> dict[str, Any]:
    """Members of the criteria that only one of the procedure's methods has: their fields are there to be filled in."""
    return {
        "own_members": [SHAPES[method.name].own for method in procedure.methods],
        "evaluation": paper.content.get("evaluation") or drafting.first_evaluation(procedure),
        "valuation": paper.content.get("valuation", {}),
    }


def _auction(_connection: Connection, paper: WorkingPaper, procedure: Procedure) -> dict[str, Any]:
    """What the form of an auction begins with, and the first lawful times."""
    content, china = paper.content, calendar.china()
    stated = content.get("auction")
    start_price = None if stated is None else money.parse(stated["start_price"])
    opens_at = drafting.first_opening(procedure, china, clock.parse(content["publish_by"]), start_price)
    chosen = opens_at if stated is None else clock.parse(stated["opens_at"])
    earliest = {"opens_at": opens_at, "closes_at": drafting.first_closing(procedure, china, chosen)}
    auction = stated or drafting.first_auction(procedure) | {name: clock.text(at) for name, at in earliest.items()}
    return {
        "auction": auction,
        "timed": auction["timed"],
        "valuation": content.get("valuation", {}),
        "earliest": {name: clock.text(at) for name, at in earliest.items()},
        "at": {name: agency_forms.fields_of(auction[name]) for name in earliest},
    }


_MORE: dict[str, Callable[[Connection, WorkingPaper, Procedure], dict[str, Any]]] = {
    "basics": _basics,
    "auction": _auction,
    "evaluation": _evaluation,
    "dates": _dates,
    "trustees": _trustees,
    "check": _check,
}


def _template(section: str) -> str:
    if section not in _SECTIONS:
        raise _no_section()
    return f"agency/draft_{section}"


def _again(desk: Desk, draft: str, section: str | None) -> Again:
    template = "agency/draft" if section is None else _template(section)
    return Again(template, view(desk, draft, section), libraries=section == "trustees")


def _to(draft: str) -> Callable[[dict[str, str]], str]:
    return lambda answer: f"/agency/drafts/{draft}/{answer['next']}"


def _next(paper: WorkingPaper, now: datetime) -> str:
    """The first section that lacks something, else the check."""
    lacking = drafting.missing(paper.content, procedures.in_force(str(paper.content["procedure"]), now))
    return next((name for name, lacks in lacking.items() if lacks), "check")


def _free_code(unit: Unit, caller: Caller, region: str) -> str:
    """A code to begin with: the agency's next number of the year in its region. The clerk may write another."""
    prefix = f"{region}-{calendar.beijing_day(unit.now).year}-"
    taken = unit.connection.scalars(
        select(tenders.c.tender).where(tenders.c.agency == caller.organisation, tenders.c.tender.startswith(prefix))
    )
    numbers = [int(code.removeprefix(prefix)) for code in taken if code.removeprefix(prefix).isdigit()]
    waiting = sum(1 for one in papers.listed(unit.connection, caller) if one.tender is None)
    return f"{prefix}{max(numbers, default=0) + waiting + 1:04}"


def _no_section() -> Unknown:
    return Unknown("not_found", "没有这个页面。", "There is no such page.")


HANDLERS = [begin, show, show_section, save, add_files, remove_file, hand_on, drop]
