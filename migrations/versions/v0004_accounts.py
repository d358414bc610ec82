"""Accounts, second factors, attempts, the log of administration, recovery and registration."""

from __future__ import annotations

from alembic.op import add_column, create_index, create_table
from sqlalchemy import BigInteger, Column, Integer, String, Text, UniqueConstraint

from migrations.schema import Moment, Serial, make_append_only, refers

revision = "v0004"
down_revision = "v0003"


def upgrade() -> None:
    """Create the tables, and the column of sessions that says when the person last proved who it is."""
    add_column("sessions", Column("proved_at", Moment, nullable=True))
    _factors()
    _attempts()
    _administration()


def _factors() -> None:
    create_table(
        "accounts",
        Column("person", String(32), refers("people.person"), primary_key=True),
        Column("login", String(64), nullable=False),
        Column("password", String(200), nullable=True),
        Column("made_at", Moment, nullable=False),
        Column("changed_at", Moment, nullable=False),
        UniqueConstraint("login"),
    )
    create_table(
        "authenticators",
        Column("authenticator", String(32), primary_key=True),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("name", String(100), nullable=False),
        Column("sealed", String(200), nullable=False),
        Column("step", BigInteger, nullable=False),
        Column("added_at", Moment, nullable=False),
    )
    create_table(
        "passkeys",
        Column("passkey", String(64), primary_key=True),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("name", String(100), nullable=False),
        Column("credential", Text, nullable=False),
        Column("public_key", Text, nullable=False),
        Column("uses", BigInteger, nullable=False),
        Column("added_at", Moment, nullable=False),
        Column("used_at", Moment, nullable=True),
    )
    create_table(
        "recovery_codes",
        Column("sha256", String(64), primary_key=True),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("used_at", Moment, nullable=True),
    )
    for table in ("authenticators", "passkeys", "recovery_codes"):
        create_index(f"ix_{table}_person", table, ["person"])


def _attempts() -> None:
    create_table(
        "challenges",
        Column("sha256", String(64), primary_key=True),
        Column("purpose", String(16), nullable=False),
        Column("person", String(32), nullable=False),
        Column("ends_at", Moment, nullable=False),
    )
    create_index("ix_challenges_ends_at", "challenges", ["ends_at"])
    create_table(
        "attempts",
        Column("scope", String(64), primary_key=True),
        Column("tries", Integer, nullable=False),
        Column("until", Moment, nullable=False),
        Column("last_at", Moment, nullable=False),
    )
    create_index("ix_attempts_last_at", "attempts", ["last_at"])


def _administration() -> None:
    create_table(
        "administration_log",
        Column("serial", Serial, primary_key=True, autoincrement=True),
        Column("time", Moment, nullable=False),
        Column("person", String(32), nullable=False),
        Column("act", String(32), nullable=False),
        Column("subject", String(64), nullable=False),
        Column("detail", Text, nullable=False),
    )
    create_index("ix_administration_log_subject", "administration_log", ["subject"])
    make_append_only("administration_log")
    create_table(
        "recoveries",
        Column("recovery", String(32), primary_key=True),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("reason", String(500), nullable=False),
        Column("proposed_by", String(32), nullable=False),
        Column("proposed_at", Moment, nullable=False),
        Column("approved_by", String(32), nullable=True),
        Column("approved_at", Moment, nullable=True),
        Column("ripe_at", Moment, nullable=True),
        Column("ended_at", Moment, nullable=True),
        Column("ending", String(16), nullable=True),
    )
    create_index("ix_recoveries_person", "recoveries", ["person"])
    create_table(
        "registrations",
        Column("registration", String(32), primary_key=True),
        Column("code", String(18), nullable=False),
        Column("organisation", String(200), nullable=False),
        Column("region", String(12), nullable=False),
        Column("name", String(100), nullable=False),
        Column("login", String(64), nullable=False),
        Column("password", String(200), nullable=False),
        Column("state", String(16), nullable=False),
        Column("made_at", Moment, nullable=False),
        Column("decided_by", String(32), nullable=True),
        Column("decided_at", Moment, nullable=True),
    )
    create_index("ix_registrations_state_registrations_made_at", "registrations", ["state", "made_at"])
