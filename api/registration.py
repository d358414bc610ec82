"""Bidders who register themselves.

The rule: whoever first registers an organisation speaks for it, once an administrator has compared it with the licence
(or at once, where the operator has switched that off). After that nobody joins it from outside: its own people let
their colleagues in. Otherwise anybody could join a competitor, ask in its name and withdraw its bids. Several may ask
for one organisation while none is confirmed, so nobody keeps an organisation out by being quicker.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, select, update

from api import accounts, auth
from api.administration import note
from api.rows import registrations
from notary import chance, clock
from notary.errors import Conflict, Unknown
from notary.rows import AnyRow
from notary.work import Unit
from trading.acts import parties
from trading.caller import Caller
from trading.parties import check_code
from trading.rows import organisations

_WAITING, _TAKEN, _REFUSED = "waiting", "taken", "refused"


def code_of(text: str, field: str = "code") -> str:
    """A code as it was typed, without spaces and in capitals. Raises Malformed naming `field`."""
    return check_code("".join(text.split()).upper(), field)


def ask(unit: Unit, *, code: str, organisation: str, name: str, login: str, password: str) -> str:
    """Ask to take part; the registration's id. password: its hash. Raises Conflict (organisation_there, login_used)."""
    if unit.connection.execute(select(organisations.c.code).where(organisations.c.code == code)).first():
        raise Conflict(
            "organisation_there",
            "该单位已经登记。请由本单位已登记的人员在“同单位人员”中添加您。",
            "That organisation is registered. One of its own people adds you under “Colleagues”.",
            field="code",
        )
    parties.check_names(organisation, name)
    _check_login(unit.connection, login)
    registration = chance.token(16).hex()
    row = {
        "registration": registration,
        "code": code,
        "organisation": organisation,
        # Positions 3 to 8 of the code: the region of the authority that registered it (GB 32100-2015, 4.4).
        "region": code[2:8],
        "name": name,
        "login": login,
        "password": password,
        "state": _WAITING,
        "made_at": unit.now,
    }
    unit.connection.execute(insert(registrations).values(row))
    return registration


def take(unit: Unit, by: str, registration: str) -> str:
    """Let it take part: organisation, person and account are made; the person. Others that ask for it are refused."""
    row = _waiting(unit.connection, registration)
    parties.add_organisation(unit, code=row.code, name=row.organisation, region=row.region)
    person = parties.add_person(unit, organisation=row.code, name=row.name, roles=["bidder"])
    accounts.make(unit, person, row.login, row.password)
    _decide(unit, by, registration, _TAKEN)
    for other in unit.connection.scalars(
        select(registrations.c.registration).where(registrations.c.code == row.code, registrations.c.state == _WAITING)
    ).all():
        _decide(unit, by, other, _REFUSED)
    note(unit, by, "registration_taken", row.code, person=person)
    return person


def refuse(unit: Unit, by: str, registration: str) -> None:
    """Refuse it; it may be asked for again. Raises Unknown, Conflict."""
    row = _waiting(unit.connection, registration)
    _decide(unit, by, registration, _REFUSED)
    note(unit, by, "registration_refused", row.code)


def waiting(connection: Connection) -> list[dict[str, Any]]:
    """Registrations that wait, oldest first."""
    rows = connection.execute(
        select(registrations).where(registrations.c.state == _WAITING).order_by(registrations.c.made_at).limit(200)
    )
    return [
        {
            "registration": row.registration,
            "code": row.code,
            "organisation": row.organisation,
            "region": row.region,
            "name": row.name,
            "login": row.login,
            "made_at": clock.text(row.made_at),
        }
        for row in rows
    ]


def add_colleague(unit: Unit, caller: Caller, name: str) -> str:
    """Let a colleague in as a bidder of the caller's own organisation; the secret of the one-time link."""
    person = parties.add_person(unit, organisation=caller.organisation, name=name, roles=["bidder"])
    note(unit, caller.person, "colleague_added", person, organisation=caller.organisation)
    return auth.issue_claim(unit, person)


def _check_login(connection: Connection, login: str) -> None:
    asked = select(registrations.c.login).where(registrations.c.login == login, registrations.c.state == _WAITING)
    if accounts.found(connection, login) is not None or connection.execute(asked).first():
        raise Conflict(
            "login_used", "该登录名已被使用，请换一个。", "That login name is taken: choose another.", field="login"
        )


def _waiting(connection: Connection, registration: str) -> AnyRow:
    row = connection.execute(select(registrations).where(registrations.c.registration == registration)).one_or_none()
    if row is None:
        raise Unknown("registration_unknown", "没有这项注册。", "There is no such registration.")
    if row.state != _WAITING:
        raise Conflict("registration_decided", "该注册已办理。", "That registration is decided already.")
    return row


def _decide(unit: Unit, by: str, registration: str, state: str) -> None:
    # The password's hash is of no more use here.
    values = {"state": state, "decided_by": by, "decided_at": unit.now, "password": ""}  # nosec B105  # a hash taken away, no password
    unit.connection.execute(update(registrations).where(registrations.c.registration == registration).values(values))
