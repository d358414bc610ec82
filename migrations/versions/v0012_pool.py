"""The pool of experts."""

from __future__ import annotations

from alembic.op import create_index, create_table
from sqlalchemy import Boolean, Column, String

from migrations.schema import Moment, refers

revision = "v0012"
down_revision = "v0011"


def upgrade() -> None:
    """Create the tables of the pool."""
    create_table(
        "pool_experts",
        Column("person", String(32), refers("people.person"), primary_key=True),
        Column("suspended", Boolean, nullable=False),
        Column("changed_at", Moment, nullable=False),
    )
    create_table(
        "pool_specialities",
        Column("person", String(32), refers("pool_experts.person"), primary_key=True),
        Column("speciality", String(40), primary_key=True),
    )
    create_index("ix_pool_specialities_speciality", "pool_specialities", ["speciality"])
    create_table(
        "pool_employments",
        Column("person", String(32), refers("pool_experts.person"), primary_key=True),
        Column("employer", String(18), primary_key=True),
        Column("until", String(10), nullable=True),
    )
