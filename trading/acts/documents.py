"""Files of an agency: uploaded for its tenders, public once a notice names them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select, update

from notary.errors import Unknown
from notary.work import Unit
from trading.caller import Caller
from trading.rows import documents


def add(unit: Unit, caller: Caller, *, sha256: str, name: str, media_type: str, size: int) -> None:
    """Note that the caller's organisation has stored a file (sha256 in hex, size in bytes). Again does nothing."""
    there = select(documents.c.sha256).where(
        documents.c.sha256 == sha256, documents.c.organisation == caller.organisation
    )
    if unit.connection.execute(there).first():
        return
    unit.connection.execute(
        insert(documents).values(
            sha256=sha256,
            name=name,
            media_type=media_type,
            size=size,
            organisation=caller.organisation,
            public=False,
            created_at=unit.now,
        )
    )


def check_stored(unit: Unit, organisation: str, named: Sequence[dict[str, Any]]) -> None:
    """Raise Unknown (document_unknown) naming the first document that the organisation has not stored so."""
    hashes = [document["sha256"] for document in named]
    stored = {
        (row.sha256, row.size)
        for row in unit.connection.execute(
            select(documents.c.sha256, documents.c.size).where(
                documents.c.organisation == organisation, documents.c.sha256.in_(hashes)
            )
        )
    }
    for number, document in enumerate(named):
        if (document["sha256"], document["size"]) not in stored:
            raise Unknown(
                "document_unknown",
                f"文件“{document['name']}”尚未上传，或大小不符。",
                f"The document {document['name']} has not been uploaded, or has another size.",
                field=f"documents[{number}].sha256",
            )


def make_public(unit: Unit, organisation: str, named: Sequence[dict[str, Any]]) -> None:
    """Show these documents to everybody from now on."""
    hashes = [document["sha256"] for document in named]
    unit.connection.execute(
        update(documents)
        .where(documents.c.organisation == organisation, documents.c.sha256.in_(hashes))
        .values(public=True)
    )
