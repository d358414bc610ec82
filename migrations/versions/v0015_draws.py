"""Draws of experts: the secrets of their pseudonyms, and keys of their parties."""

from __future__ import annotations

from alembic import op
from alembic.op import create_index, create_table
from sqlalchemy import CheckConstraint, Column, PrimaryKeyConstraint, String

from migrations.schema import Moment, make_append_only

revision = "v0015"
down_revision = "v0014"

_PURPOSES = "purpose IN ('statement', 'trustee', 'score', 'draw')"
_CHECK = "ck_keys_purpose"


def upgrade() -> None:
    """Create the table of the secrets; keys may be for draws."""
    create_table(
        "draw_secrets",
        Column("draw", String(64), primary_key=True),
        Column("secret", String(64), nullable=False),
    )
    make_append_only("draw_secrets")
    if op.get_context().dialect.name == "postgresql":
        op.drop_constraint(op.f(_CHECK), "keys", type_="check")
        op.create_check_constraint(op.f(_CHECK), "keys", _PURPOSES)
    else:
        _make_keys_again()


def _make_keys_again() -> None:
    """SQLite cannot change a constraint: the table is copied. Its triggers and its index go with the old one."""
    create_table(
        "keys_again",
        Column("public_key", String(64), nullable=False),
        Column("owner", String(64), nullable=False),
        Column("purpose", String(16), nullable=False),
        Column("leaf", String(64), nullable=False),
        Column("registered_at", Moment, nullable=False),
        PrimaryKeyConstraint("public_key", name=op.f("pk_keys")),
        CheckConstraint(_PURPOSES, name=op.f(_CHECK)),
    )
    op.execute("INSERT INTO keys_again SELECT public_key, owner, purpose, leaf, registered_at FROM keys")
    op.drop_table("keys")
    op.rename_table("keys_again", "keys")
    create_index("ix_keys_owner_keys_purpose", "keys", ["owner", "purpose"])
    make_append_only("keys")
