"""The procedures that lots were published under."""

from __future__ import annotations

from alembic.op import create_table
from sqlalchemy import Column, String, Text

from migrations.schema import make_append_only

revision = "v0013"
down_revision = "v0012"


def upgrade() -> None:
    """Create the table of the pinned versions."""
    create_table(
        "pinned_procedures",
        Column("version", String(64), primary_key=True),
        Column("content", Text, nullable=False),
    )
    make_append_only("pinned_procedures")
