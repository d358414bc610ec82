"""Files of the agencies and papers: there, whole, and public exactly when a notice names them."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from notary import record
from notary.findings import Finding, absent, differs
from notary.fsck.entries import is_sound, stream
from notary.fsck.objects import check_object
from notary.rows import entries
from notary.store import Store
from trading.contracts import WITH_DOCUMENTS
from trading.fsck.story import NOTICES, PRIOR
from trading.rows import documents, papers, result_letters, tenders

Named = dict[tuple[str, str], dict[str, object]]


def check_documents(connection: Connection, store: Store) -> Iterator[Finding]:
    """Every document and paper lies in the store with size and hash; what a notice or contract names has its row."""
    named = _named(connection)
    for row in stream(connection, select(documents).order_by(documents.c.sha256)):
        where = f"documents sha256={row.sha256}"
        yield from check_object(store, f"documents/{row.sha256}", row.size, row.sha256)
        notice = named.pop((row.organisation, row.sha256), None)
        if row.public != (notice is not None):
            yield differs("I6", f"{where} public")
        if notice is not None and notice["size"] != row.size:
            yield differs("I3", f"{where} size")
    for organisation, sha256 in named:
        yield absent("I3", f"documents sha256={sha256} organisation={organisation}")
    for issued in (papers, result_letters):
        for row in stream(connection, select(issued.c.sha256, issued.c.size)):
            yield from check_object(store, f"documents/{row.sha256}", row.size, row.sha256)


def _named(connection: Connection) -> Named:
    """(agency, sha256) -> document, of all that any notice or contract names."""
    found: Named = {}
    kinds = (PRIOR, *NOTICES, *WITH_DOCUMENTS)
    query = select(entries, tenders.c.agency).join(tenders, tenders.c.tender == entries.c.tender)
    for row in stream(connection, query.where(entries.c.kind.in_(kinds))):
        if is_sound(row):
            body = record.of_row(row).body
            found |= {(row.agency, one["sha256"]): one for one in body["documents"]}
    return found
