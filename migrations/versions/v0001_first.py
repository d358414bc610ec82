"""The first tables: the record, the parties, tenders and their awards."""

from __future__ import annotations

from alembic.op import create_index, create_table
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)

from migrations.schema import Moment, Serial, create_refusal, make_append_only, make_one_way, refers

revision = "v0001"
down_revision = None


def upgrade() -> None:
    """Create them, and the triggers that refuse to change what is recorded."""
    create_refusal()
    _record()
    _desk()
    _parties()
    _tenders()
    _questions_and_proposals()
    _evaluations()
    _awards()


def _record() -> None:
    """The record (notary/rows.py)."""
    create_table(
        "entries",
        Column("serial", Serial, primary_key=True, autoincrement=True),
        Column("commitment", String(64), unique=True, nullable=False),
        Column("kind", String(32), nullable=False),
        Column("tender", String(64), nullable=False),
        Column("lot", String(8), nullable=False),
        Column("time", Moment, nullable=False),
        Column("head_salt", String(64), nullable=False),
        Column("body", Text, nullable=False),
        Column("body_salt", String(64), nullable=False),
        Column("disclosed", Boolean, nullable=False),
    )
    create_index("ix_entries_tender_entries_kind", "entries", ["tender", "kind"])
    make_append_only(
        "entries", frozen=("serial", "commitment", "kind", "tender", "lot", "time", "head_salt", "body", "body_salt")
    )
    make_one_way("entries", "disclosed")
    create_table(
        "numbered",
        Column("index", BigInteger, primary_key=True, autoincrement=False),
        Column("serial", Serial, refers("entries.serial"), unique=True, nullable=False),
        CheckConstraint('"index" >= 0', name="index"),
    )
    make_append_only("numbered")
    create_table(
        "heads",
        Column("size", BigInteger, primary_key=True, autoincrement=False),
        Column("previous", BigInteger, unique=True, nullable=False),
        Column("time", Moment, nullable=False),
        CheckConstraint("size > previous", name="grows"),
    )
    make_append_only("heads")
    create_table(
        "checkpoints",
        Column("size", BigInteger, refers("heads.size"), primary_key=True, autoincrement=False),
        Column("note", Text, nullable=False),
    )
    make_append_only("checkpoints")


def _desk() -> None:
    """What the desk and its jobs keep."""
    create_table(
        "outbox",
        Column("serial", Serial, primary_key=True, autoincrement=True),
        Column("job", String(64), nullable=False),
        Column("payload", Text, nullable=False),
        Column("due_at", Moment, nullable=False),
    )
    create_index("ix_outbox_due_at", "outbox", ["due_at"])
    create_table(
        "requests",
        Column("key", String(64), primary_key=True),
        Column("caller", String(64), primary_key=True),
        Column("operation", String(128), nullable=False),
        Column("body_sha256", LargeBinary(32), nullable=False),
        Column("status", Integer, nullable=False),
        Column("answer", Text, nullable=False),
        Column("time", Moment, nullable=False),
    )


def _parties() -> None:
    """Who takes part."""
    create_table(
        "organisations",
        Column("code", String(18), primary_key=True),
        Column("name", String(200), nullable=False),
        Column("region", String(12), nullable=False),
        Column("created_at", Moment, nullable=False),
    )
    create_table(
        "people",
        Column("person", String(32), primary_key=True),
        Column("organisation", String(18), refers("organisations.code"), nullable=False),
        Column("name", String(100), nullable=False),
        Column("created_at", Moment, nullable=False),
    )
    create_table(
        "roles",
        Column("person", String(32), refers("people.person"), primary_key=True),
        Column("role", String(16), primary_key=True),
    )
    create_table(
        "keys",
        Column("public_key", String(64), primary_key=True),
        Column("owner", String(64), nullable=False),
        Column("purpose", String(16), nullable=False),
        Column("leaf", String(64), nullable=False),
        Column("registered_at", Moment, nullable=False),
        CheckConstraint("purpose IN ('statement', 'trustee', 'score')", name="purpose"),
    )
    create_index("ix_keys_owner_keys_purpose", "keys", ["owner", "purpose"])
    make_append_only("keys")
    create_table(
        "tokens",
        Column("sha256", String(64), primary_key=True),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("issued_at", Moment, nullable=False),
        Column("expires_at", Moment, nullable=False),
        Column("revoked_at", Moment, nullable=True),
    )
    create_index("ix_tokens_person", "tokens", ["person"])
    create_table(
        "claims",
        Column("sha256", String(64), primary_key=True),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("expires_at", Moment, nullable=False),
        Column("used_at", Moment, nullable=True),
    )


def _tenders() -> None:
    """Tenders and their documents."""
    create_table(
        "tenders",
        Column("tender", String(64), primary_key=True),
        Column("lot", String(8), nullable=False),
        Column("procedure", String(64), nullable=False),
        Column("procedure_version", String(64), nullable=True),
        Column("agency", String(18), refers("organisations.code"), nullable=False),
        Column("title", String(300), nullable=False),
        Column("stage", String(16), nullable=False),
        Column("held", Boolean, nullable=False),
        Column("content", Text, nullable=False),
        Column("number", Integer, nullable=False),
        Column("notice_leaf", String(64), nullable=True),
        Column("deadline", Moment, nullable=False),
        Column("due_at", Moment, nullable=True),
        Column("published_at", Moment, nullable=True),
        Column("created_at", Moment, nullable=False),
    )
    create_index("ix_tenders_due_at", "tenders", ["due_at"])
    create_index("ix_tenders_created_at_tenders_tender", "tenders", ["created_at", "tender"])
    create_index("ix_tenders_stage_tenders_deadline", "tenders", ["stage", "deadline"])
    create_table(
        "documents",
        Column("sha256", String(64), primary_key=True),
        Column("name", String(255), nullable=False),
        Column("media_type", String(100), nullable=False),
        Column("size", BigInteger, nullable=False),
        Column("organisation", String(18), refers("organisations.code"), primary_key=True),
        Column("public", Boolean, nullable=False),
        Column("created_at", Moment, nullable=False),
    )


def _questions_and_proposals() -> None:
    """What is asked of the agency, and what its people ask of each other."""
    create_table(
        "questions",
        Column("question", String(32), primary_key=True),
        Column("tender", String(64), refers("tenders.tender"), nullable=False),
        Column("organisation", String(18), refers("organisations.code"), nullable=False),
        Column("text", Text, nullable=False),
        Column("asked_at", Moment, nullable=False),
        Column("answer", Text, nullable=True),
        Column("answered_at", Moment, nullable=True),
        Column("leaf", String(64), nullable=True),
    )
    create_index("ix_questions_tender_questions_asked_at", "questions", ["tender", "asked_at"])
    create_table(
        "proposals",
        Column("proposal", String(32), primary_key=True),
        Column("tender", String(64), refers("tenders.tender"), nullable=False),
        Column("act", String(16), nullable=False),
        Column("content", Text, nullable=False),
        Column("content_sha256", String(64), nullable=False),
        Column("proposed_by", String(32), refers("people.person"), nullable=False),
        Column("proposed_at", Moment, nullable=False),
        Column("approved_by", String(32), refers("people.person"), nullable=True),
        Column("approved_at", Moment, nullable=True),
        CheckConstraint("act IN ('publication', 'amendment', 'award', 'failure')", name="act"),
        CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name="two_persons"),
    )
    create_index("ix_proposals_tender", "proposals", ["tender"])


def _evaluations() -> None:
    """Committee, scores, ranking."""
    create_table(
        "committee",
        Column("tender", String(64), refers("tenders.tender"), primary_key=True),
        Column("person", String(32), refers("people.person"), primary_key=True),
        Column("role", String(8), nullable=False),
        CheckConstraint("role IN ('expert', 'buyer')", name="role"),
    )
    create_table(
        "scores",
        Column("leaf", String(64), primary_key=True),
        Column("tender", String(64), refers("tenders.tender"), nullable=False),
        Column("person", String(32), refers("people.person"), nullable=False),
        Column("score", Text, nullable=False),
        Column("signed_at", Moment, nullable=False),
    )
    create_index("ix_scores_tender_scores_person", "scores", ["tender", "person"])
    make_append_only("scores")
    create_table(
        "evaluations",
        Column("tender", String(64), refers("tenders.tender"), primary_key=True),
        Column("evaluation", Text, nullable=False),
        Column("leaf", String(64), nullable=False),
        Column("evaluated_at", Moment, nullable=False),
    )
    make_append_only("evaluations")


def _awards() -> None:
    """Candidates, awards, papers."""
    create_table(
        "publicities",
        Column("tender", String(64), refers("tenders.tender"), primary_key=True),
        Column("candidates", Text, nullable=False),
        Column("published_at", Moment, nullable=False),
        Column("objections_until", Moment, nullable=False),
        Column("leaf", String(64), nullable=False),
    )
    make_append_only("publicities")
    create_table(
        "awards",
        Column("tender", String(64), refers("tenders.tender"), primary_key=True),
        Column("winner", String(18), nullable=False),
        Column("price_fen", BigInteger, nullable=False),
        Column("awarded_at", Moment, nullable=False),
        Column("leaf", String(64), nullable=False),
        CheckConstraint("price_fen > 0 AND price_fen < 1000000000000000", name="price"),
    )
    make_append_only("awards")
    create_table(
        "papers",
        Column("tender", String(64), refers("tenders.tender"), primary_key=True),
        Column("name", String(64), primary_key=True),
        Column("author", String(18), nullable=False),
        Column("entry", String(64), nullable=False),
        Column("sha256", String(64), nullable=False),
        Column("size", BigInteger, nullable=False),
        Column("leaf", String(64), nullable=False),
        Column("issued_at", Moment, nullable=False),
        UniqueConstraint("sha256"),
    )
    make_append_only("papers")
