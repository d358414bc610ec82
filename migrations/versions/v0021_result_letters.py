"""Result letters: each loser is told its own result."""

from __future__ import annotations

from alembic.op import create_table
from sqlalchemy import BigInteger, Column, String

from migrations.schema import Moment, make_append_only, refers

revision = "v0021"
down_revision = "v0020"


def upgrade() -> None:
    """Create the table."""
    create_table(
        "result_letters",
        Column("tender", String(64), refers("tenders.tender"), primary_key=True),
        Column("bidder", String(18), refers("organisations.code"), primary_key=True),
        Column("author", String(18), nullable=False),
        Column("award", String(64), nullable=False),
        Column("sha256", String(64), nullable=False, unique=True),
        Column("size", BigInteger, nullable=False),
        Column("leaf", String(64), nullable=False),
        Column("issued_at", Moment, nullable=False),
    )
    make_append_only("result_letters")
