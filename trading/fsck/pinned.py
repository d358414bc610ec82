"""Pinned procedures (I9): each is what its id says, and each lot has that of its notice."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from notary import canonical, signing
from notary.errors import Malformed
from notary.findings import Finding, absent, stray, unsound
from notary.fsck.entries import stream
from trading.acts import pinned
from trading.prior_rows import prior_notices
from trading.procedures import ImpossibleProcedure
from trading.rows import pinned_procedures, tenders


def check_pinned(connection: Connection) -> Iterator[Finding]:
    """Every kept version, and the version of every published lot."""
    wanted = set(connection.scalars(select(tenders.c.procedure_version).distinct())) - {None}
    wanted |= set(connection.scalars(select(prior_notices.c.procedure_version).distinct()))
    for row in stream(connection, select(pinned_procedures).order_by(pinned_procedures.c.version)):
        where = f"pinned_procedures version={row.version}"
        if not _is_of(row.content, row.version):
            yield unsound("I9", f"{where} content", "not_of_this_id")
        if row.version not in wanted:
            yield stray("I9", where)
        wanted.discard(row.version)
    for version in sorted(wanted):
        yield absent("I9", f"pinned_procedures version={version}")


def _is_of(content: str, version: str) -> bool:
    """Whether the content is that of the id, and can be read."""
    try:
        return pinned.read(content).version == version == signing.object_id(canonical.loads_canonical(content.encode()))
    except (ImpossibleProcedure, Malformed):
        return False
