"""Prior notices, comments on them and their answers; two persons of the agency publish a notice."""

from __future__ import annotations

from alembic import op
from alembic.op import create_index, create_table
from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Integer, PrimaryKeyConstraint, String, Text

from migrations.schema import Moment, make_append_only, refers

revision = "v0020"
down_revision = "v0019"

_ACTS = "act IN ('publication', 'amendment', 'award', 'failure', 'invitation', 'prior')"
_CHECK = "ck_proposals_act"


def upgrade() -> None:
    """Create the tables; proposals may be of prior notices."""
    create_table(
        "prior_notices",
        Column("leaf", String(64), primary_key=True),
        Column("tender", String(64), refers("tenders.tender"), nullable=False),
        Column("number", Integer, nullable=False),
        Column("procedure_version", String(64), nullable=False),
        Column("content", Text, nullable=False),
        Column("published_at", Moment, nullable=False),
        Column("until", Moment, nullable=False),
    )
    create_index("ix_prior_notices_tender_prior_notices_number", "prior_notices", ["tender", "number"], unique=True)
    create_index("ix_prior_notices_published_at_prior_notices_tender", "prior_notices", ["published_at", "tender"])
    create_table(
        "comments",
        Column("comment", String(32), primary_key=True),
        Column("tender", String(64), refers("tenders.tender"), nullable=False),
        Column("notice", String(64), refers("prior_notices.leaf"), nullable=False),
        Column("organisation", String(18), refers("organisations.code"), nullable=False),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("content", Text, nullable=False),
        Column("salt", String(64), nullable=False),
        Column("filed_at", Moment, nullable=False),
        Column("answer_by", Moment, nullable=True),
        Column("leaf", String(64), nullable=False),
    )
    create_index("ix_comments_tender_comments_filed_at", "comments", ["tender", "filed_at"])
    create_index("ix_comments_organisation_comments_filed_at", "comments", ["organisation", "filed_at"])
    create_table(
        "comment_answers",
        Column("comment", String(32), refers("comments.comment"), primary_key=True),
        Column("outcome", String(16), nullable=False),
        Column("content", Text, nullable=False),
        Column("salt", String(64), nullable=False),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("answered_at", Moment, nullable=False),
        Column("leaf", String(64), nullable=False),
        CheckConstraint("outcome IN ('upheld', 'partly_upheld', 'dismissed')", name="outcome"),
    )
    for table in ("prior_notices", "comments", "comment_answers"):
        make_append_only(table)
    if op.get_context().dialect.name == "postgresql":
        op.drop_constraint(op.f(_CHECK), "proposals", type_="check")
        op.create_check_constraint(op.f(_CHECK), "proposals", _ACTS)
    else:
        _make_proposals_again()


def _make_proposals_again() -> None:
    """SQLite cannot change a constraint: the table is copied, and the one that refers to it waits aside meanwhile."""
    op.execute("CREATE TABLE send_backs_aside AS SELECT * FROM send_backs")
    op.drop_table("send_backs")
    create_table(
        "proposals_again",
        Column("proposal", String(32), nullable=False),
        Column("tender", String(64), nullable=False),
        Column("act", String(16), nullable=False),
        Column("content", Text, nullable=False),
        Column("content_sha256", String(64), nullable=False),
        Column("proposed_by", String(32), nullable=False),
        Column("proposed_at", Moment, nullable=False),
        Column("approved_by", String(32), nullable=True),
        Column("approved_at", Moment, nullable=True),
        PrimaryKeyConstraint("proposal", name=op.f("pk_proposals")),
        _refers("proposals", "tender", "tenders.tender"),
        _refers("proposals", "proposed_by", "people.person"),
        _refers("proposals", "approved_by", "people.person"),
        CheckConstraint(_ACTS, name=op.f(_CHECK)),
        CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name=op.f("ck_proposals_two_persons")),
    )
    op.execute(
        "INSERT INTO proposals_again SELECT proposal, tender, act, content, content_sha256, proposed_by, proposed_at, "
        "approved_by, approved_at FROM proposals"
    )
    op.drop_table("proposals")
    op.rename_table("proposals_again", "proposals")
    create_index("ix_proposals_tender", "proposals", ["tender"])
    create_table(
        "send_backs",
        Column("proposal", String(32), refers("proposals.proposal"), primary_key=True),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("reason", Text, nullable=False),
        Column("sent_back_at", Moment, nullable=False),
    )
    op.execute("INSERT INTO send_backs SELECT proposal, person, reason, sent_back_at FROM send_backs_aside")
    op.drop_table("send_backs_aside")
    make_append_only("send_backs")


def _refers(table: str, column: str, to: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint([column], [to], name=op.f(f"fk_{table}_{column}"), ondelete="RESTRICT")
