"""Lists that the public reads and searches."""

from __future__ import annotations

from alembic.op import create_index, create_table
from sqlalchemy import Column, String

from migrations.schema import Moment, refers

revision = "v0005"
down_revision = "v0004"


def upgrade() -> None:
    """Create the terms by which lists are searched, and the indexes by which they are ordered."""
    create_table(
        "listed_terms",
        Column("list", String(8), primary_key=True),
        Column("term", String(40), primary_key=True),
        Column("moment", Moment, primary_key=True, autoincrement=False),
        Column("tender", String(64), refers("tenders.tender"), primary_key=True),
        sqlite_with_rowid=False,
    )
    create_index("ix_tenders_published_at_tenders_tender", "tenders", ["published_at", "tender"])
    create_index("ix_tenders_stage_tenders_published_at_tenders_tender", "tenders", ["stage", "published_at", "tender"])
    create_index("ix_tenders_deadline_tenders_tender", "tenders", ["deadline", "tender"])
    create_index("ix_awards_awarded_at_awards_tender", "awards", ["awarded_at", "tender"])
    create_index("ix_awards_winner", "awards", ["winner"])
    create_index("ix_offers_bidder_offers_tender", "offers", ["bidder", "tender"])
