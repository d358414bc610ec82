"""What a trustee's desk shows: the lots that name it, and what is left for it to do in each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, and_, exists, or_, select, true

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
_IDLE = ("wait_for_others", "wait", "nothing")
_DONE = ("offered", "composed", "signed", "rehearsed", "released")


def own(connection: Connection, caller: Caller) -> list[dict[str, Any]]:
    """The trustees that the caller's organisation is: `trustee`, `name`, `identity` (hex)."""
    found = connection.execute(
        select(trustees).where(trustees.c.organisation == caller.organisation).order_by(trustees.c.trustee)
    )
    return [{"trustee": row.trustee, "name": row.name, "identity": row.identity} for row in found]


def lots(connection: Connection, caller: Caller) -> list[dict[str, Any]]:
    """The lots that name one of the caller's trustees, those to be opened first on top, each with its `next` task.

    A lot with several kinds of envelopes stands there once for each: these have keys of their own.
    """
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
        for row in rows:
            found += _lots(connection, row, one) if one["trustee"] in _named(row) else []
    return sorted(found, key=lambda lot: (lot["stage"] not in _WANTING, lot["deadline"]))


def lot(connection: Connection, caller: Caller, tender: str) -> dict[str, Any]:
    """One lot as its trustee sees it: of several kinds of envelopes the first that wants something of it.

    Raises Unknown where none of the caller's trustees is named.
    """
    for one in own(connection, caller):
        row = connection.execute(_listed(one["trustee"]).where(tenders.c.tender == tender)).one_or_none()
        if row is not None and one["trustee"] in _named(row):
            found = _lots(connection, row, one)
            return next((lot for lot in found if lot["next"] not in _IDLE), found[0])
    raise Unknown("tender_unknown", "没有这个项目。", "There is no such tender.", field="tender")


def _listed(trustee: str, kind: str | None = None) -> Select[Any]:
    """Lots with what this trustee has done for each so far. kind: for these envelopes; None: for any."""

    def of_kind(column: Any) -> Any:
        return true() if kind is None else column == kind

    of_lot = and_(key_sets.c.tender == tenders.c.tender, of_kind(key_sets.c.kind))

    def done(table: Any, *more: Any) -> Any:
        return exists().where(key_sets.c.key_set == table.c.key_set, of_lot, table.c.trustee == trustee, *more)

    return select(
        tenders,
        organisations.c.name.label("agency_name"),
        _offered(trustee, opening_keys.c.proved_at.is_not(None), of_kind(opening_keys.c.kind)).label("offered"),
        exists().where(of_lot).label("composed"),
        done(key_set_signatures).label("signed"),
        done(rehearsals, rehearsals.c.rehearsed_at.is_not(None)).label("rehearsed"),
        done(releases).label("released"),
        exists()
        .where(auction_closings.c.tender == tenders.c.tender, of_kind(auction_closings.c.kind))
        .label("awaited"),
    ).join(organisations, organisations.c.code == tenders.c.agency)


def _lots(connection: Connection, row: AnyRow, one: dict[str, Any]) -> list[dict[str, Any]]:
    """The lot once for each kind of its envelopes."""
    content = canonical.loads(row.content.encode())
    kinds = envelope_kinds(content, _procedure(connection, row))
    # The draft of an auction may have had envelopes of other kinds before.
    if len(kinds) == 1 and content.get("auction") is None:
        return [_lot(row, one, content, kinds[0])]
    of_kind = {
        kind: connection.execute(_listed(one["trustee"], kind).where(tenders.c.tender == row.tender)).one()
        for kind in kinds
    }
    return [_lot(found, one, content, kind) for kind, found in of_kind.items()]


def _lot(row: AnyRow, one: dict[str, Any], content: dict[str, Any], kind: str) -> dict[str, Any]:
    done = {name: bool(getattr(row, name)) for name in _DONE}
    return {
        "tender": row.tender,
        "title": row.title,
        "agency": row.agency_name,
        "stage": row.stage,
        "held": row.held,
        "deadline": clock.text(row.deadline),
        "kind": kind,
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
