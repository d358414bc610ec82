"""Ways back in for whoever has lost every factor: one administrator proposes, another approves, and there is a wait.

During the wait the person is told on every sign-in and may stop it. There is no way by mail, and no single person can
do it. In the end nothing of the old account lets anybody in, and a one-time link is handed over in person.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from api import accounts, auth
from api.administration import known, note
from api.rows import recoveries
from notary import chance, clock
from notary.errors import Conflict, Malformed, Unknown
from notary.rows import AnyRow
from notary.work import Unit

#: For how long a recovery may be finished once it has waited.
LAPSES = timedelta(days=7)


def propose(unit: Unit, by: str, person: str, reason: str) -> str:
    """Propose a recovery; its id. reason: how the person's identity was checked. Raises Conflict, Malformed."""
    known(unit.connection, person)
    if not 1 <= len(reason) <= 500:
        raise Malformed("reason_wrong", "理由应为 1 至 500 字。", "A reason has 1 to 500 characters.", field="reason")
    if accounts.of(unit.connection, person) is None:
        raise Conflict(
            "no_account", "此人没有账户，直接发一次性链接即可。", "There is no account: a one-time link will do."
        )
    if current(unit.connection, person) is not None:
        raise Conflict("recovery_there", "此人已有进行中的账户恢复。", "A recovery of this account is under way.")
    recovery = chance.token(16).hex()
    row = {"recovery": recovery, "person": person, "reason": reason, "proposed_by": by, "proposed_at": unit.now}
    unit.connection.execute(insert(recoveries).values(row))
    note(unit, by, "recovery_proposed", person, recovery=recovery)
    return recovery


def approve(unit: Unit, by: str, recovery: str, hours: int) -> None:
    """The second person's approval: the wait begins. Raises Conflict (recovery_same_person, recovery_not_open)."""
    row = _open(unit.connection, recovery)
    if row.approved_at is not None:
        raise Conflict("recovery_approved", "已批准，正在等候。", "It is approved already, and waits.")
    if by in {row.proposed_by, row.person}:
        raise Conflict(
            "recovery_same_person",
            "须由另一名管理员批准，提出人和本人都不能批准。",
            "Another administrator approves: neither the one who proposed it nor the person itself.",
        )
    values = {"approved_by": by, "approved_at": unit.now, "ripe_at": unit.now + timedelta(hours=hours)}
    unit.connection.execute(update(recoveries).where(recoveries.c.recovery == recovery).values(values))
    note(unit, by, "recovery_approved", row.person, recovery=recovery)


def stop(unit: Unit, by: str, recovery: str) -> None:
    """Stop it: the person itself, or any administrator. Raises Conflict (recovery_not_open)."""
    row = _open(unit.connection, recovery)
    _end(unit, recovery, "stopped")
    note(unit, by, "recovery_stopped", row.person, recovery=recovery)


def finish(unit: Unit, by: str, recovery: str) -> str:
    """After the wait: the old account is gone; the secret of a new one-time link. Raises Conflict."""
    row = _open(unit.connection, recovery)
    if row.ripe_at is None or unit.now < row.ripe_at:
        raise Conflict(
            "recovery_waits",
            "尚未批准或等候时间未满。",
            "It is not approved yet, or the wait is not over.",
        )
    if by == row.person:
        raise Conflict("recovery_own", "请由另一名管理员办理。", "Another administrator does this.")
    if unit.now > row.ripe_at + LAPSES:
        raise Conflict("recovery_lapsed", "已逾期失效，请重新提出。", "It has lapsed: propose it again.")
    _end(unit, recovery, "finished")
    accounts.wipe(unit, row.person)
    note(unit, by, "recovery_finished", row.person, recovery=recovery)
    return auth.issue_claim(unit, row.person)


def current(connection: Connection, person: str) -> AnyRow | None:
    """The recovery of a person's account that is under way."""
    return connection.execute(
        select(recoveries).where(recoveries.c.person == person, recoveries.c.ended_at.is_(None))
    ).one_or_none()


def listed(connection: Connection) -> list[dict[str, Any]]:
    """Recoveries under way, oldest first."""
    rows = connection.execute(
        select(recoveries).where(recoveries.c.ended_at.is_(None)).order_by(recoveries.c.proposed_at)
    )
    return [shown(row) for row in rows]


def shown(row: AnyRow) -> dict[str, Any]:
    """A recovery for a page."""
    return {
        "recovery": row.recovery,
        "person": row.person,
        "reason": row.reason,
        "proposed_by": row.proposed_by,
        "proposed_at": clock.text(row.proposed_at),
        "approved_by": row.approved_by,
        "ripe_at": clock.text(row.ripe_at) if row.ripe_at else None,
    }


def _open(connection: Connection, recovery: str) -> AnyRow:
    row = connection.execute(select(recoveries).where(recoveries.c.recovery == recovery)).one_or_none()
    if row is None:
        raise Unknown("recovery_unknown", "没有这项账户恢复。", "There is no such recovery.")
    if row.ended_at is not None:
        raise Conflict("recovery_not_open", "该账户恢复已结束。", "That recovery has ended.")
    return row


def _end(unit: Unit, recovery: str, ending: str) -> None:
    unit.connection.execute(
        update(recoveries).where(recoveries.c.recovery == recovery).values(ended_at=unit.now, ending=ending)
    )
