"""Tables of the edge: tokens, one-time links and sessions, all only as hashes."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table

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

#: Browsers that are signed in. session: hash of the cookie's secret. strong: with a second factor or a passkey.
sessions = Table(
    "sessions",
    metadata,
    Column("session", String(64), primary_key=True),
    Column("person", String(32), ForeignKey(_PERSON, ondelete="RESTRICT"), nullable=False),
    Column("strong", Boolean, nullable=False),
    Column("device", String(200), nullable=False),
    Column("begun_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("ended_at", Moment, nullable=True),
    Index(None, "person"),
)
