"""What an auction has sealed to the trustees' quorums, and which of it is to be opened."""

from __future__ import annotations

from alembic.op import create_index, create_table
from sqlalchemy import CheckConstraint, Column, String, Text, UniqueConstraint

from migrations.schema import Moment, refers

revision = "v0019"
down_revision = "v0018"


def upgrade() -> None:
    """Create the tables of sealed envelopes and of their closings."""
    create_table(
        "auction_envelopes",
        Column("envelope", String(64), primary_key=True),
        Column("tender", String(64), refers("tenders.tender"), nullable=False),
        Column("kind", String(16), nullable=False),
        Column("sealer", String(18), nullable=False),
        Column("sealed", Text, nullable=True),
        Column("sealed_at", Moment, nullable=False),
        Column("destroyed_leaf", String(64), nullable=True),
        UniqueConstraint("tender", "kind", "sealer"),
        CheckConstraint("(sealed IS NULL) = (destroyed_leaf IS NOT NULL)", name="destroyed"),
    )
    create_table(
        "auction_closings",
        Column("tender", String(64), refers("auctions.tender"), primary_key=True),
        Column("kind", String(16), primary_key=True),
        Column("leaf", String(64), nullable=False),
        Column("closed_at", Moment, nullable=False),
        Column("due_at", Moment, nullable=True),
        Column("opened_at", Moment, nullable=True),
    )
    create_index("ix_auction_closings_due_at", "auction_closings", ["due_at"])
