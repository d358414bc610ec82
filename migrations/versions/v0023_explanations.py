"""Requests to explain a low price, and the explanations."""

from __future__ import annotations

from alembic.op import create_table
from sqlalchemy import Column, String, Text, UniqueConstraint

from migrations.schema import Moment, make_append_only, refers

revision = "v0023"
down_revision = "v0022"


def upgrade() -> None:
    """Create the tables."""
    create_table(
        "explanation_requests",
        Column("leaf", String(64), primary_key=True),
        Column("tender", String(64), refers("tenders.tender"), nullable=False),
        Column("bidder", String(18), refers("organisations.code"), nullable=False),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("asked_at", Moment, nullable=False),
        Column("answer_by", Moment, nullable=False),
        UniqueConstraint("tender", "bidder"),
    )
    create_table(
        "explanations",
        Column("asked", String(64), refers("explanation_requests.leaf"), primary_key=True),
        Column("tender", String(64), refers("tenders.tender"), nullable=False),
        Column("organisation", String(18), refers("organisations.code"), nullable=False),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("content", Text, nullable=False),
        Column("salt", String(64), nullable=False),
        Column("given_at", Moment, nullable=False),
        Column("leaf", String(64), nullable=False),
    )
    for table in ("explanation_requests", "explanations"):
        make_append_only(table)
