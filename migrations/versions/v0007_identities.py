"""Identities of people elsewhere: certificates and other providers."""

from __future__ import annotations

from alembic.op import create_index, create_table
from sqlalchemy import Column, String

from migrations.schema import Moment, refers

revision = "v0007"
down_revision = "v0006"


def upgrade() -> None:
    """Create the table of identities."""
    create_table(
        "identities",
        Column("identity", String(64), primary_key=True),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("kind", String(16), nullable=False),
        Column("name", String(100), nullable=False),
        Column("added_at", Moment, nullable=False),
    )
    create_index("ix_identities_person", "identities", ["person"])
