"""Boxes with which an agency hands the bids' documents to a committee."""

from __future__ import annotations

from alembic.op import create_index, create_table
from sqlalchemy import Column, String, Text

from migrations.schema import Moment, Serial, make_append_only, refers

revision = "v0009"
down_revision = "v0008"


def upgrade() -> None:
    """Create the table of boxes."""
    create_table(
        "committee_boxes",
        Column("serial", Serial, primary_key=True, autoincrement=True),
        Column("tender", String(64), refers("tenders.tender"), nullable=False),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("box", Text, nullable=False),
        Column("handed_at", Moment, nullable=False),
    )
    create_index("ix_committee_boxes_tender", "committee_boxes", ["tender"])
    make_append_only("committee_boxes")
