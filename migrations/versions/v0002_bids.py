"""Sealed bids: keys, uploads, statements, openings."""

from __future__ import annotations

from alembic.op import create_index, create_table
from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Integer, String, Text, UniqueConstraint

from migrations.schema import Moment, Serial, make_append_only, refers

revision = "v0002"
down_revision = "v0001"


def upgrade() -> None:
    """Create the tables of sealed bids."""
    _opening_keys()
    _uploads()
    _statements()
    _openings()


def _opening_keys() -> None:
    """Trustees and their keys."""
    create_table(
        "trustees",
        Column("trustee", String(32), primary_key=True),
        Column("name", String(200), nullable=False),
        Column("organisation", String(18), refers("organisations.code"), nullable=False),
        Column("identity", String(64), unique=True, nullable=False),
        Column("operator", Boolean, nullable=False),
        Column("leaf", String(64), nullable=False),
        Column("registered_at", Moment, nullable=False),
    )
    make_append_only("trustees")
    create_table(
        "opening_keys",
        Column("opening_key", String(64), primary_key=True),
        Column("trustee", String(32), refers("trustees.trustee"), nullable=False),
        Column("tender", String(64), refers("tenders.tender"), nullable=False),
        Column("kind", String(16), nullable=False),
        Column("challenge", String(64), nullable=False),
        Column("proved_at", Moment, nullable=True),
        Column("offered_at", Moment, nullable=False),
        UniqueConstraint("tender", "kind", "trustee"),
    )
    create_table(
        "key_sets",
        Column("key_set", String(64), primary_key=True),
        Column("tender", String(64), refers("tenders.tender"), nullable=False),
        Column("kind", String(16), nullable=False),
        Column("content", Text, nullable=False),
        Column("composed_at", Moment, nullable=False),
        UniqueConstraint("tender", "kind"),
    )
    make_append_only("key_sets")
    create_table(
        "key_set_signatures",
        Column("key_set", String(64), refers("key_sets.key_set"), primary_key=True),
        Column("trustee", String(32), refers("trustees.trustee"), primary_key=True),
        Column("signature", String(88), nullable=False),
    )
    make_append_only("key_set_signatures")
    create_table(
        "rehearsals",
        Column("key_set", String(64), refers("key_sets.key_set"), primary_key=True),
        Column("trustee", String(32), refers("trustees.trustee"), primary_key=True),
        Column("box", Text, nullable=False),
        Column("challenge", String(64), nullable=False),
        Column("leaf", String(64), nullable=True),
        Column("rehearsed_at", Moment, nullable=True),
    )


def _uploads() -> None:
    """Parts of envelopes, sent ahead."""
    create_table(
        "uploads",
        Column("upload", String(32), primary_key=True),
        Column("tender", String(64), refers("tenders.tender"), nullable=False),
        Column("bidder", String(18), refers("organisations.code"), nullable=False),
        Column("kind", String(16), nullable=False),
        Column("part_sizes", Text, nullable=False),
        Column("size", BigInteger, nullable=False),
        Column("created_at", Moment, nullable=False),
        CheckConstraint("size > 0", name="size"),
    )
    create_index("ix_uploads_tender_uploads_bidder", "uploads", ["tender", "bidder"])
    create_table(
        "parts",
        Column("upload", String(32), refers("uploads.upload"), primary_key=True),
        Column("number", Integer, primary_key=True),
        Column("size", BigInteger, nullable=False),
        Column("sha256", String(64), nullable=False),
        CheckConstraint("number >= 0", name="number"),
    )
    create_table(
        "removed_uploads",
        Column("upload", String(32), primary_key=True),
        Column("tender", String(64), refers("tenders.tender"), nullable=False),
        Column("bidder", String(18), refers("organisations.code"), nullable=False),
        Column("kind", String(16), nullable=False),
        Column("size", BigInteger, nullable=False),
        Column("created_at", Moment, nullable=False),
        Column("removed_at", Moment, nullable=False),
    )
    make_append_only("removed_uploads")


def _statements() -> None:
    """Bids accepted and refused."""
    create_table(
        "statements",
        Column("serial", Serial, primary_key=True, autoincrement=True),
        Column("statement", String(64), unique=True, nullable=False),
        Column("tender", String(64), refers("tenders.tender"), nullable=False),
        Column("bidder", String(18), refers("organisations.code"), nullable=False),
        Column("withdrawal", Boolean, nullable=False),
        Column("replaces", String(64), nullable=False),
        Column("signed", Text, nullable=False),
        Column("receipt", String(32), unique=True, nullable=False),
        Column("acceptance", Text, nullable=False),
        Column("leaf", String(64), nullable=False),
        Column("accepted_at", Moment, nullable=False),
        UniqueConstraint("tender", "bidder", "replaces"),
    )
    make_append_only("statements")
    create_table(
        "refusals",
        Column("receipt", String(32), primary_key=True),
        Column("tender", String(64), refers("tenders.tender"), nullable=False),
        Column("bidder", String(18), refers("organisations.code"), nullable=False),
        Column("statement", String(64), nullable=False),
        Column("reason", String(32), nullable=False),
        Column("refusal", Text, nullable=False),
        Column("leaf", String(64), nullable=False),
        Column("refused_at", Moment, nullable=False),
    )
    make_append_only("refusals")
    create_table(
        "envelopes",
        Column("envelope", String(64), primary_key=True),
        Column("statement", String(64), refers("statements.statement"), nullable=False),
        Column("kind", String(16), nullable=False),
        Column("upload", String(32), refers("uploads.upload"), unique=True, nullable=False),
        Column("destroyed_leaf", String(64), nullable=True),
        UniqueConstraint("statement", "kind"),
    )


def _openings() -> None:
    """Closing and opening."""
    create_table(
        "closings",
        Column("tender", String(64), refers("tenders.tender"), primary_key=True),
        Column("leaf", String(64), nullable=False),
        Column("count", Integer, nullable=False),
        Column("root", String(64), nullable=False),
        Column("closed_at", Moment, nullable=False),
    )
    make_append_only("closings")
    create_table(
        "releases",
        Column("key_set", String(64), refers("key_sets.key_set"), primary_key=True),
        Column("trustee", String(32), refers("trustees.trustee"), primary_key=True),
        Column("tender", String(64), refers("tenders.tender"), nullable=False),
        Column("private_key", String(64), nullable=False),
        Column("leaf", String(64), nullable=False),
        Column("released_at", Moment, nullable=False),
    )
    make_append_only("releases")
    create_table(
        "openings",
        Column("tender", String(64), refers("tenders.tender"), primary_key=True),
        Column("key_set", String(64), refers("key_sets.key_set"), nullable=False),
        Column("quorum", Integer, nullable=False),
        Column("intended_at", Moment, nullable=False),
        Column("leaf", String(64), nullable=True),
        Column("opened_at", Moment, nullable=True),
    )
    create_table(
        "offers",
        Column("statement", String(64), refers("statements.statement"), primary_key=True),
        Column("tender", String(64), refers("tenders.tender"), nullable=False),
        Column("position", Integer, nullable=False),
        Column("bidder", String(18), nullable=False),
        Column("outcome", String(16), nullable=False),
        Column("reason", String(64), nullable=True),
        Column("form", Text, nullable=True),
        Column("price_fen", BigInteger, nullable=True),
        CheckConstraint("outcome IN ('opened', 'invalid', 'unopenable')", name="outcome"),
        CheckConstraint("price_fen IS NULL OR (price_fen > 0 AND price_fen < 1000000000000000)", name="price"),
    )
    create_index("ix_offers_tender_offers_position", "offers", ["tender", "position"])
    make_append_only("offers")
