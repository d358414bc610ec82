"""Auctions: when each must be looked at next; applications and what the agency decided of them."""

from __future__ import annotations

from alembic.op import add_column, create_index, create_table
from sqlalchemy import Column, String, Text

from migrations.schema import Moment, make_append_only, refers

revision = "v0018"
down_revision = "v0017"


def upgrade() -> None:
    """Add the column and the tables. No auction is there yet: no notice could state one before."""
    add_column("auctions", Column("look_at", Moment, nullable=True))
    create_index("ix_auctions_look_at", "auctions", ["look_at"])
    create_table(
        "auction_applications",
        Column("application", String(32), primary_key=True),
        Column("tender", String(64), refers("auctions.tender"), nullable=False),
        Column("organisation", String(18), refers("organisations.code"), nullable=False),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("statement", Text, nullable=False),
        Column("applied_at", Moment, nullable=False),
    )
    create_index(
        "ix_auction_applications_in_order",
        "auction_applications",
        ["tender", "applied_at"],
    )
    create_index(
        "ix_auction_applications_own",
        "auction_applications",
        ["organisation", "tender"],
    )
    create_table(
        "auction_admissions",
        Column("application", String(32), refers("auction_applications.application"), primary_key=True),
        Column("clause", String(40), nullable=True),
        Column("reason", Text, nullable=True),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("decided_at", Moment, nullable=False),
    )
    for table in ("auction_applications", "auction_admissions"):
        make_append_only(table)
