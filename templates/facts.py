"""The shapes of the facts that papers are made of. Whoever acts writes them; a paper only sets them in type.

All words arrive ready: money in figures and 大写, moments as Beijing text, ``2026年11月23日（星期一）09:30``. A key
that has nothing to say holds None (or an empty list), it is never absent. Examples: ``tests/templates/examples``.
"""

from __future__ import annotations

from typing import TypedDict


class Words(TypedDict):
    """The same in Chinese and English; English may be empty."""

    zh: str
    en: str


class Money(TypedDict):
    """yuan: ``3680000.00``; upper: ``人民币叁佰陆拾捌万元整``."""

    yuan: str
    upper: str


class Field(TypedDict):
    """A labelled fact."""

    label: Words
    value: str | Money | Words


class Tender(TypedDict):
    """lot: None for a tender without lots."""

    code: str
    name: str
    lot: str | None


class Signatory(TypedDict):
    """Whom the law makes the author of the paper, and on which day (Beijing text)."""

    name: str
    role: Words
    date: str


class Paper(TypedDict):
    """What every paper has.

    issued_at: the record's time text (UTC); issued_text: the same in Beijing words. head: the name in red at the top.
    number: 文号. origin: the log's origin. where: where the dossier lies, printed in the line how to verify.
    """

    demonstration: bool
    issued_at: str
    issued_text: str
    head: str
    title: Words
    number: str | None
    tender: Tender
    origin: str
    where: str
    signatory: Signatory


class Table(TypedDict):
    """numeric: the columns (from 0) that hold figures and are set flush right."""

    head: list[Words]
    numeric: list[int]
    rows: list[list[str]]


class Section(TypedDict):
    """A numbered part of a notice: paragraphs, then labelled facts, then a table."""

    title: Words
    paragraphs: list[Words]
    fields: list[Field]
    table: Table | None


class TenderNotice(Paper):
    """招标公告, 采购公告, 出让公告, 转让公告, and changes to them: what it is called comes from `title`."""

    summary: list[Field]
    sections: list[Section]


class Attachment(TenderNotice):
    """A file that goes with a tender or a bid (工程量清单, 施工组织设计): no act of its own, so without a seal."""


class Column(TypedDict):
    """One field of the opening statement (开标一览表)."""

    title: Words
    numeric: bool


class OpenedBid(TypedDict):
    """values: one a column, or None for a bid that could not be opened or is invalid; then reason says why."""

    bidder: str
    code: str
    received: str
    receipt: str
    state: Words
    values: list[str | Money] | None
    reason: Words | None


class KeyRelease(TypedDict):
    """released: Beijing text, or None for a trustee that did not come."""

    trustee: str
    released: str | None
    note: Words | None


class NotOpened(TypedDict):
    """A bid that was replaced, withdrawn or late, or one that was destroyed unopened."""

    bidder: str
    moment: str
    what: Words


class Remark(TypedDict):
    """An objection or confirmation made on the spot (条例44), and its answer."""

    bidder: str
    text: str
    answer: str | None


class OpeningRecord(Paper):
    """开标记录."""

    summary: list[Field]
    columns: list[Column]
    bids: list[OpenedBid]
    trustees: list[KeyRelease]
    policy: Words
    not_opened: list[NotOpened]
    remarks: list[Remark]
    notes: list[Words]


class Candidate(TypedDict):
    """score: ``93.41``, or None where the method gives none. fields: duration, quality, named posts, licences."""

    rank: int
    bidder: str
    code: str
    price: Money
    score: str | None
    fields: list[Field]


class Rejected(TypedDict):
    """A bid that is not a candidate for another cause than its rank (否决投标)."""

    bidder: str
    reason: Words


class Remedy(TypedDict):
    """异议 or 投诉: to whom, by when, how; cites: the article."""

    title: Words
    to: str
    until: str
    how: Words
    cites: str


class CandidatesNotice(Paper):
    """中标候选人公示 (条例54)."""

    summary: list[Field]
    publicity: Words
    method: Words
    candidates: list[Candidate]
    rejected: list[Rejected]
    remedies: list[Remedy]


class AwardLetter(Paper):
    """中标通知书, 成交确认书. priced: what the price is called. paragraphs: its own sentences. copies: 抄送."""

    winner: str
    winner_code: str
    priced: Words
    price: Money
    paragraphs: list[Words]
    fields: list[Field]
    copies: list[str]


class ResultLetter(Paper):
    """中标结果通知书, 未中标告知书: to one bidder that has not won, of its own bid alone."""

    bidder: str
    bidder_code: str
    paragraphs: list[Words]
    sections: list[Section]


class Member(TypedDict):
    """name: as the law lets it be shown at the time. signed: Beijing text; leaf: of the signed sheet in the log, hex;
    dissent: the written opinion."""

    name: str
    role: Words
    signed: str
    leaf: str
    dissent: str | None


class Reviewed(TypedDict):
    """One bid in the preliminary review (初步评审). written: what members wrote who reject it."""

    bidder: str
    result: Words
    reason: Words | None
    written: list[str]


class Scores(TypedDict):
    """columns: the criteria; rows: bidder, one value a column, total, rank."""

    columns: list[Words]
    rows: list[ScoreRow]


class ScoreRow(TypedDict):
    bidder: str
    values: list[str]
    total: str
    rank: int | None


class Arithmetic(TypedDict):
    """How a bid's price or score came about, a line a step."""

    bidder: str
    lines: list[str]


class Marks(TypedDict):
    """What each member gave each bid for one part, or under one adjustment."""

    title: Words
    table: Table


class EvaluationReport(Paper):
    """评标报告 (法40, 条例53, 87号令58).

    outliers: of each mark far from the others' member, bidder, part, mark and mean of the others; share: from how many
    percent on.
    """

    summary: list[Field]
    method: Words
    formulas: list[Words]
    members: list[Member]
    reviewed: list[Reviewed]
    scores: Scores
    marks: list[Marks]
    outliers: list[list[str]]
    share: int
    arithmetic: list[Arithmetic]
    conclusion: list[Words]
    candidates: list[Candidate]
