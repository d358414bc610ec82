"""Reads of result letters: the addressee's own, the agency's, the supervisor's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from notary import clock
from trading.acts import result_letters as acts
from trading.acts import stages
from trading.acts.stages import Tender
from trading.caller import Caller
from trading.rows import result_letters


def seen(connection: Connection, caller: Caller, tender: str) -> list[dict[str, Any]]:
    """The letters of a published lot that the caller may read, by `bidder` and `name`; `sha256` and `issued` of those
    that the agency has signed.

    A bidder reads its own, the agency all of its lot, a supervisor everything. Raises Unknown.
    """
    row = stages.load_published(connection, tender)
    signed = {
        one.bidder: one for one in connection.execute(select(result_letters).where(result_letters.c.tender == tender))
    }
    return [
        {
            "bidder": bidder,
            "name": name,
            "issued": clock.text(signed[bidder].issued_at) if bidder in signed else None,
            "sha256": signed[bidder].sha256 if bidder in signed else None,
            "unsigned": bidder not in signed,
        }
        for bidder, name in acts.addressees(connection, row).items()
        if _may_read(caller, row, bidder)
    ]


def issued(connection: Connection, caller: Caller, tender: str, bidder: str) -> dict[str, Any]:
    """`sha256` and `size` of an issued letter that the caller may read. Raises Unknown."""
    row = stages.load_published(connection, tender)
    table = result_letters.c
    found = connection.execute(
        select(table.sha256, table.size).where(table.tender == tender, table.bidder == bidder)
    ).one_or_none()
    if found is None or not _may_read(caller, row, bidder):
        raise acts.unknown()
    return {"sha256": found.sha256, "size": found.size}


def _may_read(caller: Caller, row: Tender, bidder: str) -> bool:
    if "supervisor" in caller.roles or ("agency" in caller.roles and caller.organisation == row.agency):
        return True
    return "bidder" in caller.roles and caller.organisation == bidder
