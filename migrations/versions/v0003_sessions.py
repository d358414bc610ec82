"""Sessions of browsers."""

from __future__ import annotations

from alembic.op import create_index, create_table
from sqlalchemy import Boolean, Column, String

from migrations.schema import Moment, refers

revision = "v0003"
down_revision = "v0002"


def upgrade() -> None:
    """Create the table of sessions."""
    create_table(
        "sessions",
        Column("session", String(64), primary_key=True),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("strong", Boolean, nullable=False),
        Column("device", String(200), nullable=False),
        Column("begun_at", Moment, nullable=False),
        Column("seen_at", Moment, nullable=False),
        Column("ends_at", Moment, nullable=False),
        Column("ended_at", Moment, nullable=True),
    )
    create_index("ix_sessions_person", "sessions", ["person"])
