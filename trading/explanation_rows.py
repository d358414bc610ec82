"""Tables of requests to explain a low price, and of the explanations."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table, Text, UniqueConstraint

from notary.rows import Moment, append_only, metadata

explanation_requests = Table(
    "explanation_requests",
    metadata,
    Column("leaf", String(64), primary_key=True),
    Column("tender", String(64), ForeignKey("tenders.tender", ondelete="RESTRICT"), nullable=False),
    Column("bidder", String(18), ForeignKey("organisations.code", ondelete="RESTRICT"), nullable=False),
    Column("person", String(32), ForeignKey("people.person", ondelete="RESTRICT"), nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("answer_by", Moment, nullable=False),  # the first moment that is too late
    UniqueConstraint("tender", "bidder"),
)
append_only(explanation_requests)

#: Explanations as they were given. Of these the record has a commitment.
explanations = Table(
    "explanations",
    metadata,
    Column("asked", String(64), ForeignKey("explanation_requests.leaf", ondelete="RESTRICT"), primary_key=True),
    Column("tender", String(64), ForeignKey("tenders.tender", ondelete="RESTRICT"), nullable=False),
    Column("organisation", String(18), ForeignKey("organisations.code", ondelete="RESTRICT"), nullable=False),
    Column("person", String(32), ForeignKey("people.person", ondelete="RESTRICT"), nullable=False),
    Column("content", Text, nullable=False),  # canonical JSON: sunbid/explanation/1
    Column("salt", String(64), nullable=False),
    Column("given_at", Moment, nullable=False),
    Column("leaf", String(64), nullable=False),
)
append_only(explanations)
