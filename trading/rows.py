"""Tables of tenders and their life. Columns and constraints only. Money is integer 分."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from notary.rows import Moment, Serial, append_only, metadata

organisations = Table(
    "organisations",
    metadata,
    Column("code", String(18), primary_key=True),  # 统一社会信用代码, GB 32100-2015
    Column("name", String(200), nullable=False),
    Column("region", String(12), nullable=False),
    Column("created_at", Moment, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("person", String(32), primary_key=True),  # opaque; the name never leaves this table
    Column("organisation", String(18), ForeignKey("organisations.code", ondelete="RESTRICT"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("created_at", Moment, nullable=False),
)

roles = Table(
    "roles",
    metadata,
    Column("person", String(32), ForeignKey("people.person", ondelete="RESTRICT"), primary_key=True),
    Column("role", String(16), primary_key=True),
)

#: Public keys under which statements, releases and scores are checked; logged as `key_registered`.
keys = Table(
    "keys",
    metadata,
    Column("public_key", String(64), primary_key=True),
    Column("owner", String(64), nullable=False),  # code of an organisation or trustee, or an expert's id
    Column("purpose", String(16), nullable=False),
    Column("leaf", String(64), nullable=False),
    Column("registered_at", Moment, nullable=False),
    CheckConstraint("purpose IN ('statement', 'trustee', 'score', 'draw')", name="purpose"),
    Index(None, "owner", "purpose"),
)
append_only(keys)

tenders = Table(
    "tenders",
    metadata,
    Column("tender", String(64), primary_key=True),
    Column("lot", String(8), nullable=False),
    Column("procedure", String(64), nullable=False),
    Column("procedure_version", String(64), nullable=True),  # pinned at publication
    Column("agency", String(18), ForeignKey("organisations.code", ondelete="RESTRICT"), nullable=False),
    Column("title", String(300), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("held", Boolean, nullable=False),
    Column("content", Text, nullable=False),  # canonical JSON: the tender as it stands (docs/http.md)
    Column("number", Integer, nullable=False),  # of the latest notice: 0 the publication, 1, 2, … amendments
    Column("notice_leaf", String(64), nullable=True),
    Column("deadline", Moment, nullable=False),
    Column("due_at", Moment, nullable=True),  # when the next timed act is due; the tick takes it
    Column("published_at", Moment, nullable=True),
    Column("created_at", Moment, nullable=False),
    Index(None, "due_at"),
    Index(None, "stage", "deadline"),
    Index(None, "created_at", "tender"),
    Index(None, "published_at", "tender"),
    Index(None, "stage", "published_at", "tender"),
    Index(None, "deadline", "tender"),
)

#: Versions of procedures that lots were published under (trading.pinned).
pinned_procedures = Table(
    "pinned_procedures",
    metadata,
    Column("version", String(64), primary_key=True),  # SHA-256 of the content, hex
    Column("content", Text, nullable=False),  # canonical JSON
)
append_only(pinned_procedures)

#: By what a search finds a tender in a list: terms of trading.terms. Derived (trading.acts.listing).
listed_terms = Table(
    "listed_terms",
    metadata,
    Column("list", String(8), primary_key=True),
    Column("term", String(40), primary_key=True),
    Column("moment", Moment, primary_key=True),  # by which the list is ordered: of the publication, of the award
    Column("tender", String(64), ForeignKey("tenders.tender", ondelete="RESTRICT"), primary_key=True),
    sqlite_with_rowid=False,
)

documents = Table(
    "documents",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("organisation", String(18), ForeignKey("organisations.code", ondelete="RESTRICT"), primary_key=True),
    Column("public", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
)

questions = Table(
    "questions",
    metadata,
    Column("question", String(32), primary_key=True),
    Column("tender", String(64), ForeignKey("tenders.tender", ondelete="RESTRICT"), nullable=False),
    Column("organisation", String(18), ForeignKey("organisations.code", ondelete="RESTRICT"), nullable=False),
    Column("text", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("answer", Text, nullable=True),
    Column("answered_at", Moment, nullable=True),
    Column("leaf", String(64), nullable=True),
    Index(None, "tender", "asked_at"),
)

#: What one person asks for and another of the same organisation approves.
proposals = Table(
    "proposals",
    metadata,
    Column("proposal", String(32), primary_key=True),
    Column("tender", String(64), ForeignKey("tenders.tender", ondelete="RESTRICT"), nullable=False),
    Column("act", String(16), nullable=False),
    Column("content", Text, nullable=False),  # canonical JSON
    Column("content_sha256", String(64), nullable=False),
    Column("proposed_by", String(32), ForeignKey("people.person", ondelete="RESTRICT"), nullable=False),
    Column("proposed_at", Moment, nullable=False),
    Column("approved_by", String(32), ForeignKey("people.person", ondelete="RESTRICT"), nullable=True),
    Column("approved_at", Moment, nullable=True),
    CheckConstraint("act IN ('publication', 'amendment', 'award', 'failure', 'invitation', 'prior')", name="act"),
    CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name="two_persons"),
    Index(None, "tender"),
)

committee = Table(
    "committee",
    metadata,
    Column("tender", String(64), ForeignKey("tenders.tender", ondelete="RESTRICT"), primary_key=True),
    Column("person", String(32), ForeignKey("people.person", ondelete="RESTRICT"), primary_key=True),
    Column("role", String(8), nullable=False),
    CheckConstraint("role IN ('expert', 'buyer')", name="role"),
)

scores = Table(
    "scores",
    metadata,
    Column("leaf", String(64), primary_key=True),
    Column("tender", String(64), ForeignKey("tenders.tender", ondelete="RESTRICT"), nullable=False),
    Column("person", String(32), ForeignKey("people.person", ondelete="RESTRICT"), nullable=False),
    Column("score", Text, nullable=False),  # the signed object, canonical JSON; an expert's latest one counts
    Column("signed_at", Moment, nullable=False),
    Index(None, "tender", "person"),
)
append_only(scores)

evaluations = Table(
    "evaluations",
    metadata,
    Column("tender", String(64), ForeignKey("tenders.tender", ondelete="RESTRICT"), primary_key=True),
    Column("evaluation", Text, nullable=False),  # canonical JSON of docs/spec/evaluation.md
    Column("leaf", String(64), nullable=False),
    Column("evaluated_at", Moment, nullable=False),
)
append_only(evaluations)

publicities = Table(
    "publicities",
    metadata,
    Column("tender", String(64), ForeignKey("tenders.tender", ondelete="RESTRICT"), primary_key=True),
    Column("candidates", Text, nullable=False),  # canonical JSON
    Column("published_at", Moment, nullable=False),
    Column("objections_until", Moment, nullable=False),
    Column("leaf", String(64), nullable=False),
)
append_only(publicities)

awards = Table(
    "awards",
    metadata,
    Column("tender", String(64), ForeignKey("tenders.tender", ondelete="RESTRICT"), primary_key=True),
    Column("winner", String(18), nullable=False),
    Column("price_fen", BigInteger, nullable=False),
    Column("awarded_at", Moment, nullable=False),
    Column("leaf", String(64), nullable=False),
    CheckConstraint("price_fen > 0 AND price_fen < 1000000000000000", name="price"),
    Index(None, "awarded_at", "tender"),
    Index(None, "winner"),
)
append_only(awards)

papers = Table(
    "papers",
    metadata,
    Column("tender", String(64), ForeignKey("tenders.tender", ondelete="RESTRICT"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("author", String(18), nullable=False),
    Column("entry", String(64), nullable=False),  # commitment of the act that the paper states
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("leaf", String(64), nullable=False),
    Column("issued_at", Moment, nullable=False),
    UniqueConstraint("sha256"),
)
append_only(papers)

#: Letters to bidders that have not won, each of one bidder. Nobody else but agency and supervisor reads the file.
result_letters = Table(
    "result_letters",
    metadata,
    Column("tender", String(64), ForeignKey("tenders.tender", ondelete="RESTRICT"), primary_key=True),
    Column("bidder", String(18), ForeignKey("organisations.code", ondelete="RESTRICT"), primary_key=True),
    Column("author", String(18), nullable=False),
    Column("award", String(64), nullable=False),  # commitment of the award that it tells of
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("leaf", String(64), nullable=False),
    Column("issued_at", Moment, nullable=False),
    UniqueConstraint("sha256"),
)
append_only(result_letters)

#: An agency's working papers: what its clerks have filled in so far, saved at each step, until a tender is made of it.
drafts = Table(
    "drafts",
    metadata,
    Column("draft", String(32), primary_key=True),
    Column("organisation", String(18), ForeignKey("organisations.code", ondelete="RESTRICT"), nullable=False),
    Column("content", Text, nullable=False),  # canonical JSON: members of docs/http.md as far as they are known
    Column("tender", String(64), nullable=True),  # the code, once a tender was made of it
    Column("written_by", String(32), ForeignKey("people.person", ondelete="RESTRICT"), nullable=False),
    Column("written_at", Moment, nullable=False),
    Index(None, "organisation", "written_at"),
    Index(None, "tender"),
)

#: Proposals that the second person did not approve (退回), and why.
send_backs = Table(
    "send_backs",
    metadata,
    Column("proposal", String(32), ForeignKey("proposals.proposal", ondelete="RESTRICT"), primary_key=True),
    Column("person", String(32), ForeignKey("people.person", ondelete="RESTRICT"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("sent_back_at", Moment, nullable=False),
)
append_only(send_backs)

#: Which official looked at what of a lot before its opening. Never in the public log; supervisors read it.
access_log = Table(
    "access_log",
    metadata,
    Column("serial", Serial, primary_key=True, autoincrement=True),
    Column("tender", String(64), ForeignKey("tenders.tender", ondelete="RESTRICT"), nullable=False),
    Column("person", String(32), ForeignKey("people.person", ondelete="RESTRICT"), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("seen", String(40), nullable=False),  # the operation
    Column("seen_at", Moment, nullable=False),
    Index(None, "tender"),
)
append_only(access_log)

#: What each member of a committee declared before scoring: free of interest, or recused (回避).
declarations = Table(
    "declarations",
    metadata,
    Column("tender", String(64), ForeignKey("tenders.tender", ondelete="RESTRICT"), primary_key=True),
    Column("person", String(32), ForeignKey("people.person", ondelete="RESTRICT"), primary_key=True),
    Column("recused", Boolean, nullable=False),
    Column("reason", Text, nullable=False),  # of a recusal, else empty
    Column("declared_at", Moment, nullable=False),
)
append_only(declarations)

#: An expert's score sheet while it is being filled in; what counts is the signed one (`scores`).
score_drafts = Table(
    "score_drafts",
    metadata,
    Column("tender", String(64), ForeignKey("tenders.tender", ondelete="RESTRICT"), primary_key=True),
    Column("person", String(32), ForeignKey("people.person", ondelete="RESTRICT"), primary_key=True),
    Column("sheet", Text, nullable=False),  # canonical JSON: scores, rejections, notes
    Column("saved_at", Moment, nullable=False),
)

#: Who is invited to bid, where the procedure invites. Nobody learns of it before the opening but whom it concerns.
invitations = Table(
    "invitations",
    metadata,
    Column("tender", String(64), ForeignKey("tenders.tender", ondelete="RESTRICT"), primary_key=True),
    Column("organisation", String(18), ForeignKey("organisations.code", ondelete="RESTRICT"), primary_key=True),
    Column("leaf", String(64), nullable=False),
    Column("invited_at", Moment, nullable=False),
    Index(None, "organisation"),
)
append_only(invitations)

#: The pool of experts (评标专家库): who can be drawn. None of this is ever in the record.
pool_experts = Table(
    "pool_experts",
    metadata,
    Column("person", String(32), ForeignKey("people.person", ondelete="RESTRICT"), primary_key=True),
    Column("suspended", Boolean, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

pool_specialities = Table(
    "pool_specialities",
    metadata,
    Column("person", String(32), ForeignKey("pool_experts.person", ondelete="RESTRICT"), primary_key=True),
    Column("speciality", String(40), primary_key=True),
    Index(None, "speciality"),
)

#: For whom experts of the pool work or worked, besides the organisation that they are registered with.
pool_employments = Table(
    "pool_employments",
    metadata,
    Column("person", String(32), ForeignKey("pool_experts.person", ondelete="RESTRICT"), primary_key=True),
    Column("employer", String(18), primary_key=True),  # its code; it need not be registered here
    Column("until", String(10), nullable=True),  # the last day, 2026-11-24; null while it lasts
)

#: Of each draw the secret that its pseudonyms' salts come from (trading.drawing.salt_of); `committee_set` shows a few.
draw_secrets = Table(
    "draw_secrets",
    metadata,
    Column("draw", String(64), primary_key=True),  # commitment of the pool's entry
    Column("secret", String(64), nullable=False),
)
append_only(draw_secrets)
