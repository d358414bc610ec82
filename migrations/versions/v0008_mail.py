"""Mail: addresses of people, letters that wait, how far the record was read for them."""

from __future__ import annotations

from alembic.op import create_index, create_table
from sqlalchemy import BigInteger, Boolean, Column, Integer, String

from migrations.schema import Moment, refers

revision = "v0008"
down_revision = "v0007"


def upgrade() -> None:
    """Create the tables of mail."""
    create_table(
        "mail_addresses",
        Column("person", String(32), refers("people.person"), primary_key=True),
        Column("address", String(254), nullable=False),
        Column("language", String(2), nullable=False),
        Column("given_at", Moment, nullable=False),
        Column("confirmed_at", Moment, nullable=True),
    )
    create_table(
        "letters",
        Column("letter", String(32), primary_key=True),
        Column("kind", String(16), nullable=False),
        Column("event", String(100), nullable=False),
        Column("tender", String(64), nullable=False),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("tells_of_bid", Boolean, nullable=False),
        Column("state", String(8), nullable=False),
        Column("tries", Integer, nullable=False),
        Column("answer", String(40), nullable=False),
        Column("made_at", Moment, nullable=False),
        Column("next_at", Moment, nullable=False),
    )
    create_index("uq_letters_event_person", "letters", ["event", "person"], unique=True)
    create_index("ix_letters_state_letters_next_at", "letters", ["state", "next_at"])
    create_index("ix_letters_person", "letters", ["person"])
    create_table(
        "mail_progress",
        Column("name", String(16), primary_key=True),
        Column("reached", BigInteger, nullable=False),
    )
