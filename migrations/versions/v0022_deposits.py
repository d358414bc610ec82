"""Deposits: transfers, for whom they are, guarantees, and what became of them."""

from __future__ import annotations

from alembic.op import create_index, create_table
from sqlalchemy import BigInteger, CheckConstraint, Column, String, Text, UniqueConstraint

from migrations.schema import Moment, make_append_only, refers

revision = "v0022"
down_revision = "v0021"


def upgrade() -> None:
    """Create the tables."""
    create_table(
        "transfers",
        Column("reference", String(64), primary_key=True),
        Column("account", String(40), nullable=False),
        Column("payer", String(300), nullable=False),
        Column("amount_fen", BigInteger, nullable=False),
        Column("received_at", Moment, nullable=False),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("imported_at", Moment, nullable=False),
        CheckConstraint("amount_fen > 0", name="amount"),
    )
    create_table(
        "assignments",
        Column("reference", String(64), refers("transfers.reference"), primary_key=True),
        Column("tender", String(64), refers("tenders.tender"), nullable=False),
        Column("organisation", String(18), refers("organisations.code"), nullable=False),
        Column("reason", Text, nullable=True),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("assigned_at", Moment, nullable=False),
    )
    create_index("ix_assignments_tender_assignments_organisation", "assignments", ["tender", "organisation"])
    create_table(
        "guarantees",
        Column("tender", String(64), refers("tenders.tender"), primary_key=True),
        Column("issuer", String(300), primary_key=True),
        Column("number", String(300), primary_key=True),
        Column("organisation", String(18), refers("organisations.code"), nullable=False),
        Column("amount_fen", BigInteger, nullable=False),
        Column("expires_on", String(10), nullable=False),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("noted_at", Moment, nullable=False),
        CheckConstraint("amount_fen > 0", name="amount"),
    )
    create_table(
        "settlements",
        Column("reference", String(64), refers("transfers.reference"), primary_key=True),
        Column("ground", String(16), nullable=True),
        Column("reason", Text, nullable=True),
        Column("payment", String(64), nullable=True),
        Column("paid_on", String(10), nullable=True),
        Column("interest_fen", BigInteger, nullable=False),
        Column("late_from", String(10), nullable=True),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("settled_at", Moment, nullable=False),
        UniqueConstraint("payment"),
        CheckConstraint("(ground IS NULL) = (payment IS NOT NULL)", name="one_end"),
        CheckConstraint("(ground IS NULL) = (paid_on IS NOT NULL)", name="paid"),
        CheckConstraint("ground IS NULL OR reason IS NOT NULL", name="kept"),
        CheckConstraint("interest_fen >= 0", name="interest"),
    )
    for table in ("transfers", "assignments", "guarantees", "settlements"):
        make_append_only(table)
