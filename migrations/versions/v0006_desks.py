"""Desks of agencies, experts and supervisors: working papers, send-backs, declarations, who looked at what."""

from __future__ import annotations

from alembic.op import create_index, create_table
from sqlalchemy import Boolean, Column, String, Text

from migrations.schema import Moment, Serial, make_append_only, refers

revision = "v0006"
down_revision = "v0005"


def upgrade() -> None:
    """Create the tables of the desks."""
    create_table(
        "drafts",
        Column("draft", String(32), primary_key=True),
        Column("organisation", String(18), refers("organisations.code"), nullable=False),
        Column("content", Text, nullable=False),
        Column("tender", String(64), nullable=True),
        Column("written_by", String(32), refers("people.person"), nullable=False),
        Column("written_at", Moment, nullable=False),
    )
    create_index("ix_drafts_organisation_drafts_written_at", "drafts", ["organisation", "written_at"])
    create_index("ix_drafts_tender", "drafts", ["tender"])
    create_table(
        "send_backs",
        Column("proposal", String(32), refers("proposals.proposal"), primary_key=True),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("reason", Text, nullable=False),
        Column("sent_back_at", Moment, nullable=False),
    )
    create_table(
        "access_log",
        Column("serial", Serial, primary_key=True, autoincrement=True),
        Column("tender", String(64), refers("tenders.tender"), nullable=False),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("stage", String(16), nullable=False),
        Column("seen", String(40), nullable=False),
        Column("seen_at", Moment, nullable=False),
    )
    create_index("ix_access_log_tender", "access_log", ["tender"])
    create_table(
        "declarations",
        Column("tender", String(64), refers("tenders.tender"), primary_key=True),
        Column("person", String(32), refers("people.person"), primary_key=True),
        Column("recused", Boolean, nullable=False),
        Column("reason", Text, nullable=False),
        Column("declared_at", Moment, nullable=False),
    )
    create_table(
        "score_drafts",
        Column("tender", String(64), refers("tenders.tender"), primary_key=True),
        Column("person", String(32), refers("people.person"), primary_key=True),
        Column("sheet", Text, nullable=False),
        Column("saved_at", Moment, nullable=False),
    )
    for table in ("send_backs", "access_log", "declarations"):
        make_append_only(table)
