"""Auctions: terms, numbers, events, statements."""

from __future__ import annotations

from alembic.op import create_index, create_table
from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Integer, String, Text, UniqueConstraint

from migrations.schema import Moment, make_append_only, refers

revision = "v0014"
down_revision = "v0013"


def upgrade() -> None:
    """Create the tables."""
    create_table(
        "auctions",
        Column("tender", String(64), refers("tenders.tender"), primary_key=True),
        Column("terms", Text, nullable=False),
        Column("alive_at", Moment, nullable=False),
        Column("ended_at", Moment, nullable=True),
    )
    create_index("ix_auctions_ended_at", "auctions", ["ended_at"])
    create_table(
        "auction_numbers",
        Column("tender", String(64), refers("auctions.tender"), primary_key=True),
        Column("bidder", String(6), primary_key=True),
        Column("organisation", String(18), refers("organisations.code"), nullable=False),
        Column("leaf", String(64), nullable=False),
        Column("given_at", Moment, nullable=False),
        UniqueConstraint("tender", "organisation"),
    )
    create_table(
        "auction_events",
        Column("tender", String(64), refers("auctions.tender"), primary_key=True),
        Column("number", Integer, primary_key=True),
        Column("event", String(64), nullable=False, unique=True),
        Column("link", Text, nullable=False),
        Column("leaf", String(64), nullable=False),
        Column("at", Moment, nullable=False),
        CheckConstraint("number > 0", name="number"),
    )
    create_table(
        "auction_statements",
        Column("statement", String(64), primary_key=True),
        Column("tender", String(64), nullable=False),
        Column("bidder", String(6), nullable=False),
        Column("sequence", Integer, nullable=False),
        Column("signed", Text, nullable=False),
        Column("receipt", String(32), nullable=False, unique=True),
        Column("acceptance", Text, nullable=False),
        Column("leaf", String(64), nullable=False),
        Column("accepted_at", Moment, nullable=False),
        ForeignKeyConstraint(
            ["tender", "bidder"], ["auction_numbers.tender", "auction_numbers.bidder"], ondelete="RESTRICT"
        ),
        UniqueConstraint("tender", "bidder", "sequence"),
    )
    for table in ("auction_numbers", "auction_events", "auction_statements"):
        make_append_only(table)
