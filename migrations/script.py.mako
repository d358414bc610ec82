"""${message}."""

from __future__ import annotations

from alembic.op import add_column, create_index, create_table
from sqlalchemy import Column

from migrations.schema import Moment, refers

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """${message}."""
