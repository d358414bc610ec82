"""Objections and their answers."""

from __future__ import annotations

from alembic.op import create_index, create_table
from sqlalchemy import Boolean, CheckConstraint, Column, String, Text

from migrations.schema import Moment, make_append_only, refers

revision = "v0010"
down_revision = "v0009"


def upgrade() -> None:
    """Create the tables of objections."""
    create_table(
        "objections",
        Column("objection", String(32), primary_key=True),
        Column("tender", String(64), refers("tenders.tender"), nullable=False),
        Column("organisation", String(18), refers("organisations.code"), nullable=False),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("against", String(16), nullable=False),
        Column("content", Text, nullable=False),
        Column("salt", String(64), nullable=False),
        Column("filed_at", Moment, nullable=False),
        Column("answer_by", Moment, nullable=True),
        Column("suspends", Boolean, nullable=False),
        Column("leaf", String(64), nullable=False),
        CheckConstraint("against IN ('documents', 'opening', 'result')", name="against"),
    )
    create_index("ix_objections_tender_objections_filed_at", "objections", ["tender", "filed_at"])
    create_index("ix_objections_organisation_objections_filed_at", "objections", ["organisation", "filed_at"])
    create_table(
        "objection_answers",
        Column("objection", String(32), refers("objections.objection"), primary_key=True),
        Column("outcome", String(16), nullable=False),
        Column("content", Text, nullable=False),
        Column("salt", String(64), nullable=False),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("answered_at", Moment, nullable=False),
        Column("leaf", String(64), nullable=False),
        CheckConstraint("outcome IN ('upheld', 'partly_upheld', 'dismissed')", name="outcome"),
    )
    for table in ("objections", "objection_answers"):
        make_append_only(table)
