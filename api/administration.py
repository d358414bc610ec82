"""What administrators do with people and roles. Each act leaves a row that the supervisor reads and nobody changes.

Whoever keeps the system is not whoever watches it: nobody is administrator and supervisor at once, and nobody changes
its own roles (GB/T 22239-2019, 8.1.4.2: administrators are kept apart).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select

from api import accounts, auth
from api.rows import accounts as account_rows
from api.rows import administration_log
from notary import canonical, clock
from notary.errors import Conflict, Malformed, Unknown
from notary.rows import AnyRow, outbox
from notary.work import Unit
from trading.caller import ROLES
from trading.rows import organisations, people, roles

MOST = 200


def note(unit: Unit, by: str, act: str, subject: str, **detail: Any) -> None:
    """Leave the trace of an act. subject: an id or code; detail: codes, ids and numbers, never names of people."""
    row = {"time": unit.now, "person": by, "act": act, "subject": subject}
    unit.connection.execute(insert(administration_log).values(row | {"detail": canonical.dumps(detail).decode()}))


def log(connection: Connection, limit: int = MOST) -> list[dict[str, Any]]:
    """The latest traces, newest first: time, person, act, subject, detail."""
    rows = connection.execute(select(administration_log).order_by(administration_log.c.serial.desc()).limit(limit))
    return [
        {
            "time": clock.text(row.time),
            "person": row.person,
            "act": row.act,
            "subject": row.subject,
            "detail": canonical.loads(row.detail.encode()),
        }
        for row in rows
    ]


def check_apart(wanted: Collection[str]) -> None:
    """Raise Conflict (roles_apart) for roles that one person may not have together."""
    if {"administrator", "supervisor"} <= set(wanted):
        raise Conflict(
            "roles_apart",
            "同一人不得既是管理员又是监督人员。",
            "Nobody is administrator and supervisor at once.",
            field="roles",
            cites="GB/T 22239-2019 8.1.4.2",
        )


def set_roles(unit: Unit, by: str, person: str, wanted: Collection[str]) -> None:
    """Give a person exactly these roles, from its next request on; none of them: it may only see its own account.

    Raises Malformed (role_unknown), Unknown, Conflict (roles_own, roles_apart).
    """
    known(unit.connection, person)
    if by == person:
        raise Conflict(
            "roles_own", "不能更改自己的角色，请由另一名管理员办理。", "Another administrator changes your roles."
        )
    if not set(wanted) <= set(ROLES):
        raise Malformed("role_unknown", "没有这种角色。", "There is no such role.", field="roles")
    check_apart(wanted)
    before = sorted(unit.connection.scalars(select(roles.c.role).where(roles.c.person == person)))
    unit.connection.execute(delete(roles).where(roles.c.person == person))
    for role in sorted(set(wanted)):
        unit.connection.execute(insert(roles).values(person=person, role=role))
    note(unit, by, "roles_set", person, before=before, after=sorted(set(wanted)))


def link(unit: Unit, by: str, person: str) -> str:
    """A one-time link's secret for a person without an account. Raises Unknown, Conflict (account_there)."""
    known(unit.connection, person)
    if accounts.of(unit.connection, person) is not None:
        raise Conflict(
            "account_there",
            "此人已有账户；忘记密码且丢失第二因素的，请提出账户恢复（须两名管理员）。",
            "This person has an account. If every factor is lost, propose a recovery: it takes two administrators.",
        )
    note(unit, by, "link_issued", person)
    return auth.issue_claim(unit, person)


def shut_out(unit: Unit, by: str, person: str) -> None:
    """End everything that the person is signed in with; it may sign in again. Raises Unknown."""
    known(unit.connection, person)
    accounts.shut(unit, person)
    note(unit, by, "sessions_ended", person)


def known(connection: Connection, person: str) -> AnyRow:
    """The row of a person. Raises Unknown."""
    row = connection.execute(select(people).where(people.c.person == person)).one_or_none()
    if row is None:
        raise Unknown("person_unknown", "没有这个人员。", "There is no such person.", field="person")
    return row


def person(connection: Connection, which: str) -> dict[str, Any]:
    """A person as an administrator sees it. Raises Unknown."""
    known(connection, which)
    return _listed(connection, people.c.person == which)[0]


def found_people(connection: Connection, words: str) -> list[dict[str, Any]]:
    """People whose name, organisation or login has the words, at most 200."""
    text = f"%{words}%"
    return _listed(
        connection,
        or_(
            people.c.name.like(text),
            organisations.c.name.like(text),
            people.c.organisation == words,
            account_rows.c.login.like(text),
        ),
    )


def found_organisations(connection: Connection) -> list[dict[str, Any]]:
    """The organisations, newest first, at most 200, with how many people they have."""
    counted = select(people.c.organisation, func.count().label("people")).group_by(people.c.organisation).subquery()
    rows = connection.execute(
        select(organisations, counted.c.people)
        .join(counted, counted.c.organisation == organisations.c.code, isouter=True)
        .order_by(organisations.c.created_at.desc(), organisations.c.code)
        .limit(MOST)
    )
    return [
        {
            "code": row.code,
            "name": row.name,
            "region": row.region,
            "people": row.people or 0,
            "since": clock.text(row.created_at),
        }
        for row in rows
    ]


def jobs(connection: Connection) -> list[dict[str, Any]]:
    """What committed acts have left to do, by kind: job, how many, since when. Payloads stay where they are."""
    rows = connection.execute(
        select(outbox.c.job, func.count().label("count"), func.min(outbox.c.due_at).label("since"))
        .group_by(outbox.c.job)
        .order_by(outbox.c.job)
    )
    return [{"job": row.job, "count": row.count, "since": clock.text(row.since)} for row in rows]


def names(connection: Connection, which: Collection[str]) -> dict[str, str]:
    """Names of people by id, for those who may read them."""
    rows = connection.execute(select(people.c.person, people.c.name).where(people.c.person.in_(which)))
    return {row.person: row.name for row in rows}


def _listed(connection: Connection, condition: Any) -> list[dict[str, Any]]:
    rows = connection.execute(
        select(people, organisations.c.name.label("of"), account_rows.c.login)
        .join(organisations, organisations.c.code == people.c.organisation)
        .join(account_rows, account_rows.c.person == people.c.person, isouter=True)
        .where(condition)
        .order_by(people.c.created_at.desc(), people.c.person)
        .limit(MOST)
    ).all()
    given = connection.execute(select(roles).where(roles.c.person.in_([row.person for row in rows]))).all()
    return [
        {
            "person": row.person,
            "name": row.name,
            "organisation": {"code": row.organisation, "name": row.of},
            "login": row.login,
            "roles": sorted(one.role for one in given if one.person == row.person),
            "second": accounts.has_second(connection, row.person),
        }
        for row in rows
    ]
