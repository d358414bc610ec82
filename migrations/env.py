"""What Alembic runs around the revisions: on the connection that `migrations.upgrade` was given, in its transaction."""

from __future__ import annotations

from alembic import context
from sqlalchemy import MetaData

from migrations.schema import NAMES

context.configure(
    connection=context.config.attributes["connection"],
    # Only for the names of constraints: revisions say what they do, and never look at today's tables.
    target_metadata=MetaData(naming_convention=NAMES),
)
with context.begin_transaction():
    context.run_migrations()
