"""Tables of remedies: objections, complaints, and what was said to them."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

from notary.rows import Moment, append_only, metadata

#: Objections (异议、质疑) as they were made. Of these the record has a commitment; who objected stays here.
objections = Table(
    "objections",
    metadata,
    Column("objection", String(32), primary_key=True),
    Column("tender", String(64), ForeignKey("tenders.tender", ondelete="RESTRICT"), nullable=False),
    Column("organisation", String(18), ForeignKey("organisations.code", ondelete="RESTRICT"), nullable=False),
    Column("person", String(32), ForeignKey("people.person", ondelete="RESTRICT"), nullable=False),
    Column("against", String(16), nullable=False),
    Column("content", Text, nullable=False),  # canonical JSON: sunbid/objection/1 (docs/spec/log.md)
    Column("salt", String(64), nullable=False),
    Column("filed_at", Moment, nullable=False),
    Column("answer_by", Moment, nullable=True),
    Column("suspends", Boolean, nullable=False),
    Column("leaf", String(64), nullable=False),
    CheckConstraint("against IN ('documents', 'opening', 'result')", name="against"),
    Index(None, "tender", "filed_at"),
    Index(None, "organisation", "filed_at"),
)
append_only(objections)

objection_answers = Table(
    "objection_answers",
    metadata,
    Column("objection", String(32), ForeignKey("objections.objection", ondelete="RESTRICT"), primary_key=True),
    Column("outcome", String(16), nullable=False),
    Column("content", Text, nullable=False),  # canonical JSON: sunbid/objection-answer/1
    Column("salt", String(64), nullable=False),
    Column("person", String(32), ForeignKey("people.person", ondelete="RESTRICT"), nullable=False),
    Column("answered_at", Moment, nullable=False),
    Column("leaf", String(64), nullable=False),
    CheckConstraint("outcome IN ('upheld', 'partly_upheld', 'dismissed')", name="outcome"),
)
append_only(objection_answers)

#: Complaints (投诉) about objections, one of each. Of these the record has a commitment; who complained stays here.
complaints = Table(
    "complaints",
    metadata,
    Column("complaint", String(32), primary_key=True),
    Column("objection", String(32), ForeignKey("objections.objection", ondelete="RESTRICT"), nullable=False),
    Column("tender", String(64), ForeignKey("tenders.tender", ondelete="RESTRICT"), nullable=False),
    Column("organisation", String(18), ForeignKey("organisations.code", ondelete="RESTRICT"), nullable=False),
    Column("person", String(32), ForeignKey("people.person", ondelete="RESTRICT"), nullable=False),
    Column("content", Text, nullable=False),  # canonical JSON: sunbid/complaint/1 (docs/spec/log.md)
    Column("salt", String(64), nullable=False),
    Column("filed_at", Moment, nullable=False),
    Column("decide_by", Moment, nullable=True),
    Column("leaf", String(64), nullable=False),
    UniqueConstraint("objection"),
    Index(None, "tender", "filed_at"),
)
append_only(complaints)

#: The supervisor's decision whether a complaint is taken up (受理), and whether the lot is suspended meanwhile.
complaint_decisions = Table(
    "complaint_decisions",
    metadata,
    Column("complaint", String(32), ForeignKey("complaints.complaint", ondelete="RESTRICT"), primary_key=True),
    Column("taken_up", Boolean, nullable=False),
    Column("suspends", Boolean, nullable=False),
    Column("suspended_until", Moment, nullable=True),  # None: until the ruling
    Column("rule_by", Moment, nullable=True),
    Column("content", Text, nullable=False),  # canonical JSON: sunbid/complaint-decision/1
    Column("salt", String(64), nullable=False),
    Column("person", String(32), ForeignKey("people.person", ondelete="RESTRICT"), nullable=False),
    Column("decided_at", Moment, nullable=False),
    Column("leaf", String(64), nullable=False),
    CheckConstraint("taken_up OR NOT suspends", name="suspends"),
)
append_only(complaint_decisions)

#: How a complaint ended: the ruling (处理决定), whose text is public, or its withdrawal.
complaint_ends = Table(
    "complaint_ends",
    metadata,
    Column("complaint", String(32), ForeignKey("complaints.complaint", ondelete="RESTRICT"), primary_key=True),
    Column("outcome", String(16), nullable=False),
    Column("ruling", Text, nullable=True),  # None of a withdrawal
    Column("person", String(32), ForeignKey("people.person", ondelete="RESTRICT"), nullable=False),
    Column("ended_at", Moment, nullable=False),
    Column("leaf", String(64), nullable=False),
    CheckConstraint("outcome IN ('upheld', 'partly_upheld', 'dismissed', 'withdrawn')", name="outcome"),
)
append_only(complaint_ends)
