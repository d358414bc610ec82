"""Invitations: the rows by which bids are taken say what the entries say, and the first list is the one approved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from notary import canonical, record
from notary.findings import Finding, absent, differing, differs, stray
from notary.fsck.entries import is_sound, stream
from notary.rows import entries
from trading import invitations as rules
from trading.rows import invitations, proposals


def check_invitations(connection: Connection) -> Iterator[Finding]:
    """To each organisation that an entry names one row, and the other way round."""
    rows = {(row.tender, row.organisation): row._asdict() for row in stream(connection, select(invitations))}
    query = select(entries).where(entries.c.kind == rules.KIND).order_by(entries.c.serial)
    for row in stream(connection, query):
        if not is_sound(row):
            continue
        entry = record.of_row(row)
        expected = {"leaf": entry.commitment().hex(), "invited_at": entry.time}
        for code in entry.body["bidders"]:
            where = f"invitations tender={entry.tender} organisation={code}"
            found = rows.pop((entry.tender, code), None)
            if found is None:
                yield absent("I9", where)
            else:
                yield from differing("I9", where, expected, found)
        if entry.body["number"] == 0 and not _approved(connection, entry.tender, entry.time, entry.body["bidders"]):
            yield differs("I12", f"entries serial={row.serial} bidders")
    for tender, code in rows:
        yield stray("I9", f"invitations tender={tender} organisation={code}")


def _approved(connection: Connection, tender: str, moment: Any, bidders: list[str]) -> bool:
    """Whether the publication that was approved in that moment named these."""
    text = connection.scalar(
        select(proposals.c.content).where(
            proposals.c.tender == tender, proposals.c.act == "publication", proposals.c.approved_at == moment
        )
    )
    invited = None if text is None else canonical.loads(text.encode())["content"].get("invited")
    return invited is not None and sorted(invited["bidders"]) == bidders
