"""People under the administrator's hands: who they are, their roles, links, sessions, recovery; registrations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from sqlalchemy import Connection

from api import administration, auth, recovery, registration
from api.desk import AnyRequest, Desk
from api.handlers import experts
from api.handlers.experts import ExpertForm
from api.pages import own, page, sent
from api.pages.administrator import HOME
from api.pages.page import Again
from api.pages.register import link_facts
from notary import forms
from notary.errors import Malformed, Refusal
from notary.work import Lock, Unit
from trading.acts import parties, pool
from trading.caller import ROLES, Caller

_PEOPLE = f"{HOME}/people"
_RECOVERIES = f"{HOME}/recoveries"
_REGISTRATIONS = f"{HOME}/registrations"
_LOCK = [Lock("parties")]


@get(_PEOPLE, **page.operation("page.administrator_people"))
def show_people(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    return page.show(desk, request, "administrator/people", _people(request))


@post(_PEOPLE, **page.operation("administration.person"))
def add_person(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    """A new person with its roles, and the one-time link for it, which is shown this once."""
    form = sent.read(body)
    session = own.fresh(desk, request, form, _PEOPLE)
    try:
        with desk.work.unit(*_LOCK) as unit:
            roles = form.lists.get("roles", ())
            administration.check_apart(roles)
            code = registration.code_of(form.wanted("organisation"), "organisation")
            person = parties.add_person(unit, organisation=code, name=form.wanted("name"), roles=roles)
            administration.note(unit, session.caller.person, "person_added", person, roles=sorted(roles))
            secret = auth.issue_claim(unit, person)
    except Refusal as refusal:
        return page.refused(desk, request, form, refusal, Again("administrator/people", _people(request)))
    facts = link_facts(desk, request, secret, f"{_PEOPLE}/{person}")
    return page.answer(desk, request, "accounts/link", facts, session)


@get(_PEOPLE + "/{person:str}", **page.operation("page.administrator_person"))
def show_person(desk: NamedDependency[Desk], request: AnyRequest, person: FromPath[str]) -> Response[bytes]:
    return page.show(desk, request, "administrator/person", _person(person))


@post(_PEOPLE + "/{person:str}/roles", **page.operation("administration.roles"))
def set_roles(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, person: FromPath[str]
) -> Response[bytes]:
    form = sent.read(body)
    own.fresh(desk, request, form, f"{_PEOPLE}/{person}")

    def act(unit: Any, caller: Caller) -> dict[str, str]:
        administration.set_roles(unit, caller.person, person, form.lists.get("roles", ()))
        return {"person": person}

    then = f"{_PEOPLE}/{person}?done=roles_set"
    return page.submit(
        desk, request, form, _LOCK, act, lambda _answer: then, Again("administrator/person", _person(person))
    )


@post(_PEOPLE + "/{person:str}/expert", **page.operation("expert.set"))
def set_expert(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, person: FromPath[str]
) -> Response[bytes]:
    """Take an expert into the pool, change what it knows of one, or suspend one."""
    form = sent.read(body)
    own.fresh(desk, request, form, f"{_PEOPLE}/{person}")
    then = f"{_PEOPLE}/{person}?done=expert_set"
    return page.submit(
        desk,
        request,
        form,
        _LOCK,
        lambda unit, caller: _set_expert(unit, caller, person, form),
        lambda _answer: then,
        Again("administrator/person", _person(person)),
    )


@post(_PEOPLE + "/{person:str}/link", **page.operation("administration.link"))
def issue_link(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, person: FromPath[str]
) -> Response[bytes]:
    form = sent.read(body)
    session = own.fresh(desk, request, form, f"{_PEOPLE}/{person}")
    try:
        with desk.work.unit(*_LOCK) as unit:
            secret = administration.link(unit, session.caller.person, person)
    except Refusal as refusal:
        return page.refused(desk, request, form, refusal, Again("administrator/person", _person(person)))
    return page.answer(
        desk, request, "accounts/link", link_facts(desk, request, secret, f"{_PEOPLE}/{person}"), session
    )


@post(_PEOPLE + "/{person:str}/sessions", **page.operation("administration.sessions"))
def shut_out(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, person: FromPath[str]) -> Response[bytes]:
    form = sent.read(body)
    own.fresh(desk, request, form, f"{_PEOPLE}/{person}")

    def act(unit: Any, caller: Caller) -> dict[str, str]:
        administration.shut_out(unit, caller.person, person)
        return {"person": person}

    then = f"{_PEOPLE}/{person}?done=sessions_ended"
    return page.submit(
        desk, request, form, _LOCK, act, lambda _answer: then, Again("administrator/person", _person(person))
    )


@post(_PEOPLE + "/{person:str}/recovery", **page.operation("recovery.propose"))
def propose_recovery(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, person: FromPath[str]
) -> Response[bytes]:
    form = sent.read(body)
    own.fresh(desk, request, form, f"{_PEOPLE}/{person}")

    def act(unit: Any, caller: Caller) -> dict[str, str]:
        return {"recovery": recovery.propose(unit, caller.person, person, form.wanted("reason"))}

    again = Again("administrator/person", _person(person))
    return page.submit(desk, request, form, _LOCK, act, lambda _answer: f"{_RECOVERIES}?done=proposed", again)


@get(_RECOVERIES, **page.operation("page.administrator_recoveries"))
def show_recoveries(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    return page.show(desk, request, "administrator/recoveries", _recoveries(desk))


@post(_RECOVERIES + "/{which:str}/{step:str}", **page.operation("recovery.decide"))
def decide_recovery(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, which: FromPath[str], step: FromPath[str]
) -> Response[bytes]:
    """step: approve, stop, or finish, which shows the one-time link this once."""
    form = sent.read(body)
    session = own.fresh(desk, request, form, _RECOVERIES)
    by, secret = session.caller.person, ""
    try:
        with desk.work.unit(*_LOCK) as unit:
            if step == "finish":
                secret = recovery.finish(unit, by, which)
            elif step == "approve":
                recovery.approve(unit, by, which, desk.settings.people.recovery_hours)
            else:
                recovery.stop(unit, by, which)
    except Refusal as refusal:
        return page.refused(desk, request, form, refusal, Again("administrator/recoveries", _recoveries(desk)))
    if secret:
        return page.answer(desk, request, "accounts/link", link_facts(desk, request, secret, _RECOVERIES), session)
    return page.go(request, f"{_RECOVERIES}?done=decided")


@post("/account/recovery/stop", **page.operation("account.stop_recovery"))
def stop_own_recovery(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    """Whoever is signed in has not lost its account, and says so."""
    session = own.member(desk, request, sent.read(body))
    with desk.work.unit(*_LOCK) as unit:
        row = recovery.current(unit.connection, session.caller.person)
        if row is not None:
            recovery.stop(unit, session.caller.person, row.recovery)
    return page.go(request, "/account?done=stopped")


@get(_REGISTRATIONS, **page.operation("page.administrator_registrations"))
def show_registrations(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    return page.show(desk, request, "administrator/registrations", _registrations)


@post(_REGISTRATIONS + "/{which:str}/{step:str}", **page.operation("registration.decide"))
def decide_registration(
    desk: NamedDependency[Desk], request: AnyRequest, body: RawBody, which: FromPath[str], step: FromPath[str]
) -> Response[bytes]:
    """step: take or refuse."""
    form = sent.read(body)
    own.fresh(desk, request, form, _REGISTRATIONS)

    def act(unit: Any, caller: Caller) -> dict[str, str]:
        (registration.take if step == "take" else registration.refuse)(unit, caller.person, which)
        return {"registration": which}

    again = Again("administrator/registrations", _registrations)
    return page.submit(desk, request, form, _LOCK, act, lambda _answer: f"{_REGISTRATIONS}?done=decided", again)


def _people(request: AnyRequest) -> Any:
    words = request.query_params.get("q", "").strip()[:100]

    def view(connection: Connection, _caller: Caller | None) -> dict[str, Any]:
        return {"people": administration.found_people(connection, words), "words": words, "all_roles": ROLES}

    return view


def _person(person: str) -> Any:
    def view(connection: Connection, _caller: Caller | None) -> dict[str, Any]:
        row, expert = recovery.current(connection, person), pool.load(connection, [person]).get(person)
        worked = expert.employments if expert else ()
        return {
            "one": administration.person(connection, person),
            "all_roles": ROLES,
            "expert": expert,
            "employments": [f"{one.employer} {one.until.isoformat() if one.until else ''}".strip() for one in worked],
            "recovery": recovery.shown(row) if row else None,
        }

    return view


def _set_expert(unit: Unit, caller: Caller, person: str, form: sent.Sent) -> dict[str, Any]:
    """Of what is wrong the whole field is named: the page has one for all lines."""
    try:
        return experts.set_(unit, caller, person, _expert_form(form))
    except Malformed as refusal:
        refusal.field = (refusal.field or "").partition("[")[0]
        raise


def _expert_form(form: sent.Sent) -> ExpertForm:
    """One speciality a line, and an employer's code a line, with the last day behind it where it is over."""
    lines = {name: form.text(name).splitlines() for name in ("specialities", "employments")}
    employments = [_employment(line.split()) for line in lines["employments"] if line.strip()]
    value = {
        "specialities": [line.strip() for line in lines["specialities"] if line.strip()],
        "employments": employments,
        "suspended": form.ticked("suspended"),
    }
    return forms.convert(value, ExpertForm)


def _employment(parts: Sequence[str]) -> dict[str, str]:
    if len(parts) > 2:
        raise Malformed(
            "employment_wrong",
            "每行一个单位代码，已离任的后面空一格写最后一日，如 2025-06-30。",
            "One employer's code a line; where it is over, a space and the last day, such as 2025-06-30.",
            field="employments",
        )
    return dict(zip(("employer", "until"), parts, strict=False))


def _recoveries(desk: Desk) -> Any:
    def view(connection: Connection, caller: Caller | None) -> dict[str, Any]:
        found = recovery.listed(connection)
        names = administration.names(connection, {one[key] for one in found for key in ("person", "proposed_by")})
        by = caller.person if caller else ""
        now = own.text_of(desk.glance_time())
        rows = [
            {
                **one,
                "name": names[one["person"]],
                "proposer": names[one["proposed_by"]],
                "ripe": one["ripe_at"] is not None and one["ripe_at"] <= now,
                "others": by not in {one["proposed_by"], one["person"]},
            }
            for one in found
        ]
        return {"recoveries": rows, "hours": desk.settings.people.recovery_hours}

    return view


def _registrations(connection: Connection, _caller: Caller | None) -> dict[str, Any]:
    return {"registrations": registration.waiting(connection)}


HANDLERS = [
    show_people,
    add_person,
    show_person,
    set_roles,
    set_expert,
    issue_link,
    shut_out,
    propose_recovery,
    show_recoveries,
    decide_recovery,
    stop_own_recovery,
    show_registrations,
    decide_registration,
]
