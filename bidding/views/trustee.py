"""What a trustee's desk shows: the lots that name it, and what is left for it to do in each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, exists, or_, select

from bidding.rows import auction_closings, key_set_signatures, key_sets, opening_keys, rehearsals, releases, trustees
from notary import canonical, clock
from notary.errors import Unknown
from notary.rows import AnyRow
from trading import procedures
from trading.acts import pinned
from trading.caller import Caller
from trading.draft import envelope_kinds, quorums_of
from trading.procedures import Procedure
from trading.rows import organisations, tenders

_MOST = 100
#: Lots that still want something of a trustee come first.
_WANTING = ("draft", "proposed", "open", "closed")
_DONE = ("offered", "composed", "signed", "rehearsed", "released")


def own(connection: Connection, caller: Caller) -> list[dict[str, Any]]:
    """The trustees that the caller's organisation is: `trustee`, `name`, `identity` (hex)."""
    found = connection.execute(
        select(trustees).where(trustees.c.organisation == caller.organisation).order_by(trustees.c.trustee)
    )
    return [{"trustee": row.trustee, "name": row.name, "identity": row.identity} for row in found]


def lots(connection: Connection, caller: Caller) -> list[dict[str, Any]]:
    """The lots that name one of the caller's trustees, those to be opened first on top, each with its `next` task."""
    found = []
    for one in own(connection, caller):
        rows = connection.execute(
            _listed(one["trustee"])
            # A filter only, for the whole policy is looked at below: names of trustees have no quotes in them.
            .where(tenders.c.content.contains(f'"{one["trustee"]}"', autoescape=True))
            .where(or_(tenders.c.stage.in_(_WANTING), _offered(one["trustee"])))
            .order_by(tenders.c.deadline.desc(), tenders.c.tender)
            .limit(_MOST)
        ).all()
        found += [_lot(connection, row, one) for row in rows if one["trustee"] in _named(row)]
    return sorted(found, key=lambda lot: (lot["stage"] not in _WANTING, lot["deadline"]))


def lot(connection: Connection, caller: Caller, tender: str) -> dict[str, Any]:
    """One lot as its trustee sees it. Raises Unknown where none of the caller's trustees is named."""
    for one in own(connection, caller):
        row = connection.execute(_listed(one["trustee"]).where(tenders.c.tender == tender)).one_or_none()
        if row is not None and one["trustee"] in _named(row):
            return _lot(connection, row, one)
    raise Unknown("tender_unknown", "没有这个项目。", "There is no such tender.", field="tender")


def _listed(trustee: str) -> Select[Any]:
    """Lots with what this trustee has done for each so far."""
    of_lot = key_sets.c.tender == tenders.c.tender

    def done(table: Any, *more: Any) -> Any:
        return exists().where(key_sets.c.key_set == table.c.key_set, of_lot, table.c.trustee == trustee, *more)

    return select(
        tenders,
        organisations.c.name.label("agency_name"),
        _offered(trustee, opening_keys.c.proved_at.is_not(None)).label("offered"),
        exists().where(of_lot).label("composed"),
        done(key_set_signatures).label("signed"),
        done(rehearsals, rehearsals.c.rehearsed_at.is_not(None)).label("rehearsed"),
        done(releases).label("released"),
        exists().where(auction_closings.c.tender == tenders.c.tender).label("awaited"),
    ).join(organisations, organisations.c.code == tenders.c.agency)


def _lot(connection: Connection, row: AnyRow, one: dict[str, Any]) -> dict[str, Any]:
    done = {name: bool(getattr(row, name)) for name in _DONE}
    content = canonical.loads(row.content.encode())
    return {
        "tender": row.tender,
        "title": row.title,
        "agency": row.agency_name,
        "stage": row.stage,
        "held": row.held,
        "deadline": clock.text(row.deadline),
        "kind": envelope_kinds(content, _procedure(connection, row))[0],
        "trustee": one,
        "quorums": [list(quorum) for quorum in quorums_of(content)],
        **done,
        "next": _next(row.stage, done, awaited=row.awaited),
    }


def _next(stage: str, done: dict[str, bool], *, awaited: bool) -> str:
    """offer, wait_for_others, sign, rehearse, wait, release or nothing. awaited: an auction waits for its opening."""
    if stage in {"draft", "proposed"} and not done["signed"]:
        if not done["offered"]:
            return "offer"
        return "sign" if done["composed"] else "wait_for_others"
    if (stage == "closed" or (stage == "open" and awaited)) and not done["released"]:
        return "release"
    if stage == "open" and not done["released"]:
        return "wait" if done["rehearsed"] else "rehearse"
    return "nothing"


def _procedure(connection: Connection, row: AnyRow) -> Procedure:
    """The pinned version; a draft's as of the moment it was made."""
    if row.procedure_version is None:
        return procedures.in_force(row.procedure, row.created_at)
    return pinned.load(connection, row.procedure_version)


def _named(row: AnyRow) -> set[str]:
    return {name for quorum in quorums_of(canonical.loads(row.content.encode())) for name in quorum}


def _offered(trustee: str, *more: Any) -> Any:
    return exists().where(opening_keys.c.tender == tenders.c.tender, opening_keys.c.trustee == trustee, *more)
