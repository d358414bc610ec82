"""Confirmations of openings by their bidders."""

from __future__ import annotations

from alembic.op import create_table
from sqlalchemy import Column, String, Text

from migrations.schema import Moment, make_append_only, refers

revision = "v0011"
down_revision = "v0010"


def upgrade() -> None:
    """Create the table of confirmations."""
    create_table(
        "opening_confirmations",
        Column("tender", String(64), refers("tenders.tender"), primary_key=True),
        Column("bidder", String(18), refers("organisations.code"), primary_key=True),
        Column("signed", Text, nullable=False),
        Column("leaf", String(64), nullable=False),
        Column("confirmed_at", Moment, nullable=False),
    )
    make_append_only("opening_confirmations")
