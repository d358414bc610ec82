"""Complaints, the decisions on them, and their ends."""

from __future__ import annotations

from alembic.op import create_index, create_table
from sqlalchemy import Boolean, CheckConstraint, Column, String, Text, UniqueConstraint

from migrations.schema import Moment, make_append_only, refers

revision = "v0017"
down_revision = "v0016"


def upgrade() -> None:
    """Create the tables of complaints."""
    create_table(
        "complaints",
        Column("complaint", String(32), primary_key=True),
        Column("objection", String(32), refers("objections.objection"), nullable=False),
        Column("tender", String(64), refers("tenders.tender"), nullable=False),
        Column("organisation", String(18), refers("organisations.code"), nullable=False),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("content", Text, nullable=False),
        Column("salt", String(64), nullable=False),
        Column("filed_at", Moment, nullable=False),
        Column("decide_by", Moment, nullable=True),
        Column("leaf", String(64), nullable=False),
        UniqueConstraint("objection"),
    )
    create_index("ix_complaints_tender_complaints_filed_at", "complaints", ["tender", "filed_at"])
    create_table(
        "complaint_decisions",
        Column("complaint", String(32), refers("complaints.complaint"), primary_key=True),
        Column("taken_up", Boolean, nullable=False),
        Column("suspends", Boolean, nullable=False),
        Column("suspended_until", Moment, nullable=True),
        Column("rule_by", Moment, nullable=True),
        Column("content", Text, nullable=False),
        Column("salt", String(64), nullable=False),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("decided_at", Moment, nullable=False),
        Column("leaf", String(64), nullable=False),
        CheckConstraint("taken_up OR NOT suspends", name="suspends"),
    )
    create_table(
        "complaint_ends",
        Column("complaint", String(32), refers("complaints.complaint"), primary_key=True),
        Column("outcome", String(16), nullable=False),
        Column("ruling", Text, nullable=True),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("ended_at", Moment, nullable=False),
        Column("leaf", String(64), nullable=False),
        CheckConstraint("outcome IN ('upheld', 'partly_upheld', 'dismissed', 'withdrawn')", name="outcome"),
    )
    for table in ("complaints", "complaint_decisions", "complaint_ends"):
        make_append_only(table)
