"""Tables of the edge: tokens and one-time links, both only as hashes."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table

from notary.rows import Moment, metadata

_PERSON = "people.person"

tokens = Table(
    "tokens",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("person", String(32), ForeignKey(_PERSON, ondelete="RESTRICT"), nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("revoked_at", Moment, nullable=True),
    Index(None, "person"),
)

claims = Table(
    "claims",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("person", String(32), ForeignKey(_PERSON, ondelete="RESTRICT"), nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment, nullable=True),
)
