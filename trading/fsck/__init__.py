"""fsck of tenders: what every table says follows from the entries, by the stage table and the rule of two persons."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from notary.findings import Finding
from notary.fsck.mirrors import check_mirror
from notary.store import Store
from trading.fsck.documents import check_documents
from trading.fsck.draws import check_draws, check_seated
from trading.fsck.invitations import check_invitations
from trading.fsck.judging import check_committees, check_disclosed, check_named
from trading.fsck.keys import check_keys
from trading.fsck.mirrors import MIRRORS
from trading.fsck.objections import check_objections
from trading.fsck.pinned import check_pinned
from trading.fsck.questions import check_questions
from trading.fsck.tenders import check_proposals, check_tenders


def checks(connection: Connection, store: Store) -> dict[str, Iterator[Finding]]:
    """Every check of this room by its name; they run when they are read."""
    mirrored = {one.table.name: check_mirror(connection, one) for one in MIRRORS}
    return mirrored | {
        "tenders": check_tenders(connection),
        "pinned": check_pinned(connection),
        "proposals": check_proposals(connection),
        "asked": check_questions(connection),
        "objected": check_objections(connection),
        "invited": check_invitations(connection),
        "committee": check_committees(connection),
        "named": check_named(connection),
        "drawn": check_draws(connection),
        "seated": check_seated(connection),
        "endorsed": check_keys(connection),
        "disclosure": check_disclosed(connection),
        "documents": check_documents(connection, store),
    }
