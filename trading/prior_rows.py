"""Tables of prior notices and of what was said to them."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text

from notary.rows import Moment, append_only, metadata

#: Prior notices, each of a tender with its number. The entry has everything else.
prior_notices = Table(
    "prior_notices",
    metadata,
    Column("leaf", String(64), primary_key=True),
    Column("tender", String(64), ForeignKey("tenders.tender", ondelete="RESTRICT"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("procedure_version", String(64), nullable=False),
    Column("content", Text, nullable=False),  # canonical JSON: the body of the entry (docs/spec/log.md)
    Column("published_at", Moment, nullable=False),
    Column("until", Moment, nullable=False),  # the first moment after its period
    Index(None, "tender", "number", unique=True),
    Index(None, "published_at", "tender"),
)
append_only(prior_notices)

#: Comments as they were made. Of these the record has a commitment; who made one stays here.
comments = Table(
    "comments",
    metadata,
    Column("comment", String(32), primary_key=True),
    Column("tender", String(64), ForeignKey("tenders.tender", ondelete="RESTRICT"), nullable=False),
    Column("notice", String(64), ForeignKey("prior_notices.leaf", ondelete="RESTRICT"), nullable=False),
    Column("organisation", String(18), ForeignKey("organisations.code", ondelete="RESTRICT"), nullable=False),
    Column("person", String(32), ForeignKey("people.person", ondelete="RESTRICT"), nullable=False),
    Column("content", Text, nullable=False),  # canonical JSON: sunbid/comment/1 (docs/spec/log.md)
    Column("salt", String(64), nullable=False),
    Column("filed_at", Moment, nullable=False),
    Column("answer_by", Moment, nullable=True),
    Column("leaf", String(64), nullable=False),
    Index(None, "tender", "filed_at"),
    Index(None, "organisation", "filed_at"),
)
append_only(comments)

comment_answers = Table(
    "comment_answers",
    metadata,
    Column("comment", String(32), ForeignKey("comments.comment", ondelete="RESTRICT"), primary_key=True),
    Column("outcome", String(16), nullable=False),
    Column("content", Text, nullable=False),  # canonical JSON: sunbid/comment-answer/1
    Column("salt", String(64), nullable=False),
    Column("person", String(32), ForeignKey("people.person", ondelete="RESTRICT"), nullable=False),
    Column("answered_at", Moment, nullable=False),
    Column("leaf", String(64), nullable=False),
    CheckConstraint("outcome IN ('upheld', 'partly_upheld', 'dismissed')", name="outcome"),
)
append_only(comment_answers)
