"""Tables of deposits: what the bank reported and what became of it. Nothing here is in the record. Money in 分."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, String, Table, Text

from notary.rows import Moment, append_only, metadata

_PERSON, _TENDER, _ORGANISATION = "people.person", "tenders.tender", "organisations.code"

transfers = Table(
    "transfers",
    metadata,
    Column("reference", String(64), primary_key=True),  # the bank's
    Column("account", String(40), nullable=False),
    Column("payer", String(300), nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("person", String(32), ForeignKey(_PERSON, ondelete="RESTRICT"), nullable=False),
    Column("imported_at", Moment, nullable=False),
    CheckConstraint("amount_fen > 0", name="amount"),
)
append_only(transfers)

#: For which lot and whom a transfer is: said once, and never of two.
assignments = Table(
    "assignments",
    metadata,
    Column("reference", String(64), ForeignKey("transfers.reference", ondelete="RESTRICT"), primary_key=True),
    Column("tender", String(64), ForeignKey(_TENDER, ondelete="RESTRICT"), nullable=False),
    Column("organisation", String(18), ForeignKey(_ORGANISATION, ondelete="RESTRICT"), nullable=False),
    Column("reason", Text, nullable=True),  # None: the bank has said so
    Column("person", String(32), ForeignKey(_PERSON, ondelete="RESTRICT"), nullable=False),
    Column("assigned_at", Moment, nullable=False),
    Index(None, "tender", "organisation"),
)
append_only(assignments)

guarantees = Table(
    "guarantees",
    metadata,
    Column("tender", String(64), ForeignKey(_TENDER, ondelete="RESTRICT"), primary_key=True),
    Column("issuer", String(300), primary_key=True),
    Column("number", String(300), primary_key=True),
    Column("organisation", String(18), ForeignKey(_ORGANISATION, ondelete="RESTRICT"), nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("expires_on", String(10), nullable=False),
    Column("person", String(32), ForeignKey(_PERSON, ondelete="RESTRICT"), nullable=False),
    Column("noted_at", Moment, nullable=False),
    CheckConstraint("amount_fen > 0", name="amount"),
)
append_only(guarantees)

#: The one end of a transfer: it went back with interest, or is kept on a ground.
settlements = Table(
    "settlements",
    metadata,
    Column("reference", String(64), ForeignKey("transfers.reference", ondelete="RESTRICT"), primary_key=True),
    Column("ground", String(16), nullable=True),
    Column("reason", Text, nullable=True),
    Column("payment", String(64), nullable=True, unique=True),  # the bank's number of the refund
    Column("paid_on", String(10), nullable=True),
    Column("interest_fen", BigInteger, nullable=False),
    Column("late_from", String(10), nullable=True),  # the first day on which the refund was late
    Column("person", String(32), ForeignKey(_PERSON, ondelete="RESTRICT"), nullable=False),
    Column("settled_at", Moment, nullable=False),
    CheckConstraint("(ground IS NULL) = (payment IS NOT NULL)", name="one_end"),
    CheckConstraint("(ground IS NULL) = (paid_on IS NOT NULL)", name="paid"),
    CheckConstraint("ground IS NULL OR reason IS NOT NULL", name="kept"),
    CheckConstraint("interest_fen >= 0", name="interest"),
)
append_only(settlements)
