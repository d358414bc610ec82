"""The administrator's desk: organisations, trustees, the system's state, and the log of what administrators did."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import RawBody
from sqlalchemy import Connection

from api import administration, checks, recovery, registration
from api.desk import AnyRequest, Desk
from api.pages import own, page, sent
from api.pages.page import Again
from bidding.acts import keys as trustee_acts
from bidding.statements import Signed
from notary import forms
from notary.errors import Malformed
from notary.forms import Form, Hex32, TrusteeCode
from notary.work import Lock
from trading import agenda, calendar
from trading.acts import parties
from trading.caller import Caller, known
from trading.views import draws

HOME = "/administrator"
_ORGANISATIONS = f"{HOME}/organisations"
_TRUSTEES = f"{HOME}/trustees"


class IdentityFile(Form, frozen=True):
    """What `sunbid trustee init` writes: the trustee's code, its identity key, and the proof that it holds it."""

    trustee: TrusteeCode
    identity: Hex32
    proof: Signed


@get(HOME, **page.operation("page.administrator"))
def show_administrator(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    def view(connection: Connection, caller: Caller | None) -> dict[str, Any]:
        return {
            "draws": draws.waiting(connection, known(caller)),
            "registrations": len(registration.waiting(connection)),
            "recoveries": len(recovery.listed(connection)),
            "jobs": sum(one["count"] for one in administration.jobs(connection)),
            "log": _named(connection, administration.log(connection, 10)),
        }

    return page.show(desk, request, "administrator/home", view)


@get(_ORGANISATIONS, **page.operation("page.administrator_organisations"))
def show_organisations(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    return page.show(desk, request, "administrator/organisations", _organisations)


@post(_ORGANISATIONS, **page.operation("administration.organisation"))
def add_organisation(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    form = sent.read(body)
    own.fresh(desk, request, form, _ORGANISATIONS)

    def act(unit: Any, caller: Caller) -> dict[str, str]:
        code = registration.code_of(form.wanted("code"))
        parties.add_organisation(unit, code=code, name=form.wanted("name"), region=form.wanted("region"))
        administration.note(unit, caller.person, "organisation_added", code)
        return {"code": code}

    again = Again("administrator/organisations", _organisations)
    return page.submit(
        desk, request, form, [Lock("parties")], act, lambda _answer: f"{_ORGANISATIONS}?done=added", again
    )


@get(_TRUSTEES, **page.operation("page.administrator_trustees"))
def show_trustees(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    return page.show(desk, request, "administrator/trustees", _trustees)


@post(_TRUSTEES, **page.operation("administration.trustee"))
def add_trustee(desk: NamedDependency[Desk], request: AnyRequest, body: RawBody) -> Response[bytes]:
    """From the file that `sunbid trustee init` or the trustee's page has written: code, identity key and proof."""
    form = sent.read(body)
    own.fresh(desk, request, form, _TRUSTEES)

    def act(unit: Any, caller: Caller) -> dict[str, str]:
        file = _identity_file(form.wanted("file"))
        code = registration.code_of(form.wanted("organisation"), "organisation")
        administration.note(unit, caller.person, "trustee_added", file.trustee, organisation=code)
        trustee_acts.add_trustee(
            unit,
            trustee=file.trustee,
            name=form.wanted("name"),
            organisation=code,
            identity=file.identity,
            operator=form.ticked("operator"),
            proof=file.proof,
        )
        return {"trustee": file.trustee}

    again = Again("administrator/trustees", _trustees)
    return page.submit(desk, request, form, [Lock("parties")], act, lambda _answer: f"{_TRUSTEES}?done=added", again)


@get(f"{HOME}/system", **page.operation("page.administrator_system"))
def show_system(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    """What `sunbid doctor` finds, what is due, what is left to do, and which years' working days are confirmed."""
    own.reader(desk, request)
    looked = [{"check": one.check, "well": one.well, "zh": one.zh, "en": one.en} for one in checks.run(desk.settings)]
    now = desk.work.now()

    def view(connection: Connection, _caller: Caller | None) -> dict[str, Any]:
        return {
            "checks": looked,
            "due": [{"tender": tender, "act": act} for tender, act in agenda.due(connection, now)],
            "jobs": administration.jobs(connection),
            "years": [_year(one) for _, one in sorted(calendar.china().years.items(), reverse=True)],
        }

    return page.show(desk, request, "administrator/system", view)


@get(f"{HOME}/log", **page.operation("page.administration_log"))
def show_log(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    def view(connection: Connection, _caller: Caller | None) -> dict[str, Any]:
        return {"log": _named(connection, administration.log(connection))}

    return page.show(desk, request, "administrator/log", view)


def _organisations(connection: Connection, _caller: Caller | None) -> dict[str, Any]:
    return {"organisations": administration.found_organisations(connection)}


def _trustees(connection: Connection, _caller: Caller | None) -> dict[str, Any]:
    return {"trustees": trustee_acts.listed(connection)}


def _identity_file(text: str) -> IdentityFile:
    """The trustee's identity file. Raises Malformed (identity_file_wrong)."""
    try:
        return forms.read(text.encode(), IdentityFile)
    except Malformed as error:
        raise _wrong_file() from error


def _wrong_file() -> Malformed:
    return Malformed(
        "identity_file_wrong",
        "这不是受托人的身份文件，请粘贴受托人交来的文件全文。",
        "That is no trustee's identity file: paste the whole file that the trustee has handed over.",
        field="file",
    )


def _year(one: calendar.CalendarYear) -> dict[str, Any]:
    return {
        "year": str(one.year),
        "confirmed": one.state == "confirmed",
        "source": one.source,
        "off": len(one.days_off),
        "make_up": [day.isoformat() for day in sorted(one.make_up)],
    }


def _named(connection: Connection, log: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With the names of people, for those who may read them: the log itself has ids only."""
    names = administration.names(connection, {row[key] for row in log for key in ("person", "subject")})
    return [
        {
            **row,
            "who": names.get(row["person"], ""),
            "whom": names.get(row["subject"], row["subject"]),
            "more": "; ".join(f"{key}: {_text(value)}" for key, value in row["detail"].items()),
        }
        for row in log
    ]


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


HANDLERS = [
    show_administrator,
    show_organisations,
    add_organisation,
    show_trustees,
    add_trustee,
    show_system,
    show_log,
]
