"""Procedures as data: read and check ``trading/catalogue/*.toml`` into frozen structs.

Each procedure states every field; :data:`LIMITS` is the closed set of limits, and each version states every one of them
or says why it is absent. Data that cannot be (an unknown act, quorums that are disjoint, an article younger than the
procedure) stops the start with :class:`ImpossibleProcedure`, which names file, field and article.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from notary import signing
from notary.errors import Unknown
from trading import calendar
from trading.forms import Form
from trading.lifecycle import FIRST, TABLE

_CATALOGUE = Path(__file__).with_name("catalogue")


class ImpossibleProcedure(ValueError):
    """The catalogue holds something that cannot be; the program does not start."""


class LimitKind(NamedTuple):
    """What a limit's name means. measure: `days` counts time from or back to a moment, `number` compares a number."""

    measure: Literal["days", "number"]
    zh: str
    en: str


LIMITS: Mapping[str, LimitKind] = {
    "document_period": LimitKind("days", "招标文件发出至投标截止", "From issue of the documents to the deadline"),
    "document_offer": LimitKind("days", "招标文件提供期限", "Documents are offered"),
    "notice_period": LimitKind("days", "招标公告期限", "The notice stands"),
    "clarification": LimitKind("days", "影响投标的澄清、修改至投标截止", "From an amendment that affects bids to the deadline"),
    "question_cutoff": LimitKind("days", "对招标文件提出异议的截止", "Last objections to the documents"),
    "question_answer": LimitKind("days", "答复对招标文件的异议", "Answer to objections to the documents"),
    "inquiry_answer": LimitKind("days", "答复询问", "Answer to inquiries"),
    "opening_delay": LimitKind("days", "开标与投标截止同时", "Opening at the deadline"),
    "withdrawal_refund": LimitKind("days", "撤回投标后退还保证金", "Deposit back after a withdrawal"),
    "loser_refund": LimitKind("days", "退还未中标人保证金", "Deposit back to the others"),
    "winner_refund": LimitKind("days", "退还中标人保证金", "Deposit back to the winner"),
    "report_delivery": LimitKind("days", "送交评标报告", "Delivery of the report"),
    "candidates_publication": LimitKind("days", "公示中标候选人", "Publication of the candidates"),
    "publicity": LimitKind("days", "中标候选人公示期", "Publicity of the candidates"),
    "objection_answer": LimitKind("days", "答复对评标结果的异议", "Answer to objections to the result"),
    "challenge": LimitKind("days", "提出质疑", "Challenge"),
    "winner_decision": LimitKind("days", "确定中标人", "Decision on the winner"),
    "award_announcement": LimitKind("days", "公告中标结果", "Announcement of the result"),
    "award_publicity": LimitKind("days", "中标公告期限", "The announcement stands"),
    "contract": LimitKind("days", "订立书面合同", "Contract in writing"),
    "contract_publication": LimitKind("days", "公告合同", "Publication of the contract"),
    "contract_filing": LimitKind("days", "合同备案", "Filing of the contract"),
    "supervisor_report": LimitKind("days", "向监督部门提交书面报告", "Report to the supervisor"),
    "complaint": LimitKind("days", "提出投诉", "Complaint"),
    "complaint_acceptance": LimitKind("days", "决定是否受理投诉", "Decision to take up a complaint"),
    "complaint_ruling": LimitKind("days", "作出投诉处理决定", "Ruling on a complaint"),
    "suspension": LimitKind("days", "暂停的最长期限", "Longest suspension"),
    "archive": LimitKind("days", "采购文件保存", "Files are kept"),
    "low_price_explanation": LimitKind("days", "说明报价合理性的时间", "Time to explain a low price"),
    "min_bidders": LimitKind("number", "投标人数量", "Number of bids"),
    "min_valid_bids": LimitKind("number", "合格投标人数量", "Number of valid bids"),
    "min_takers": LimitKind("number", "获取招标文件的家数", "Number that took the documents"),
    "minimum_prices": LimitKind("number", "最低限价", "Minimum price"),
    "ceiling_share": LimitKind("number", "最高限价", "Ceiling price"),
    "deposit_share": LimitKind("number", "投标保证金比例", "Deposit, share"),
    "deposit_amount": LimitKind("number", "投标保证金金额", "Deposit, amount"),
    "late_refund_surcharge": LimitKind("number", "逾期退还保证金的利率上浮", "Surcharge on late refunds"),
    "performance_bond": LimitKind("number", "履约保证金", "Performance bond"),
    "contract_addition": LimitKind("number", "追加采购", "Additions to the contract"),
    "committee_size": LimitKind("number", "评标委员会人数", "Size of the committee"),
    "committee_experts": LimitKind("number", "专家比例", "Share of experts"),
    "committee_size_large": LimitKind("number", "大额或复杂项目评标委员会人数", "Size of the committee, large or complex"),
    "committee_large_budget": LimitKind("number", "大额项目预算", "Budget of a large project"),
    "more_time": LimitKind("number", "要求延长评标时间的成员", "Members who may ask for more time"),
    "candidates": LimitKind("number", "中标候选人数量", "Number of candidates"),
    "price_weight_works": LimitKind("number", "工程价格分权重", "Weight of the price, works"),
    "price_weight_goods": LimitKind("number", "货物价格分权重", "Weight of the price, goods"),
    "price_weight_services": LimitKind("number", "服务价格分权重", "Weight of the price, services"),
    "low_price_mean": LimitKind("number", "异常低价：与平均报价比", "Abnormally low: against the mean"),
    "low_price_next": LimitKind("number", "异常低价：与次低报价比", "Abnormally low: against the next lowest"),
    "low_price_ceiling": LimitKind("number", "异常低价：与最高限价比", "Abnormally low: against the ceiling"),
    "low_price_raised": LimitKind("number", "招标文件可上调的比例", "Share to which the documents may raise it"),
}


class _Frozen(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Every field required, none unknown."""


class Limit(_Frozen):
    """One limit of the law.

    value and unit: how many; bound: `min` >=, `max` <=, `above` >, `below` < (以上、以内 include the number).
    way and anchor: `after` or `before` an event, or `of` a base number. roll: a last day off rolls to a working day.
    effect: what a breach does. cites: law and article; since: when that article took effect; mark, confirmed: how sure.
    """

    value: int
    unit: Literal["calendar_day", "working_day", "hour", "minute", "year", "count", "percent", "third", "yuan"]
    bound: Literal["min", "max", "above", "below"]
    way: Literal["after", "before", "of"]
    anchor: Literal[
        "publication", "amendment", "deadline", "objection", "inquiry", "withdrawal", "contract", "evaluation_end", "report",
        "candidates", "award_notice", "winner_fixed", "result", "challenge", "knowledge", "complaint", "acceptance",
        "answer", "request", "notice", "bids", "takers", "estimate", "deposit", "contract_price", "committee", "full_marks",
        "mean_price", "next_price", "ceiling", "interest",
    ]  # fmt: skip
    roll: bool
    effect: Literal["refuse", "extend", "suspend", "fail", "deem", "flag", "show"]
    cites: str
    since: date
    mark: Literal["V1", "V2", "V3", "U"]
    confirmed: bool


class Words(_Frozen):
    zh: str
    en: str


class Clause(_Frozen):
    """A ground of rejection."""

    id: str
    cites: str
    zh: str
    en: str


class Rejection(_Frozen):
    """The closed list; over_ceiling is the clause for a price above the ceiling."""

    over_ceiling: str
    clauses: tuple[Clause, ...]


class Choice(_Frozen):
    """An opening policy: any `keys` of `trustees` trustees."""

    keys: int
    trustees: int


class Opening(_Frozen):
    choices: tuple[Choice, ...]
    max_quorums: int
    cites: str


class Committee(_Frozen):
    odd: bool
    buyer_may_chair: bool
    cites: str


class Method(_Frozen):
    """An evaluation method, by its name in :data:`trading.evaluation.METHODS`."""

    name: str
    zh: str
    en: str
    cites: str


class Item(_Frozen):
    key: str
    zh: str
    en: str


class Notice(_Frozen):
    """A paper that the procedure publishes, and what it must say."""

    zh: str
    en: str
    cites: str
    items: tuple[Item, ...]


class Procedure(_Frozen):
    """One version of one procedure, in force from `since` until a later version of the same name."""

    name: str
    category: str
    since: date
    zh: str
    en: str
    subjects: tuple[Literal["works", "goods", "services"], ...]
    envelope_kinds: tuple[str, ...]
    legal_basis: tuple[str, ...]
    fees: Words
    steps: tuple[Words, ...]
    documents: tuple[Words, ...]
    stages: dict[str, tuple[str, ...]]
    limits: dict[str, Limit]
    absent: dict[str, str]
    committee: Committee
    opening: Opening
    methods: tuple[Method, ...]
    rejection: Rejection
    form: Form
    notices: dict[str, Notice]

    @property
    def content(self) -> dict[str, Any]:
        """The JSON-ready whole, dates as ``2022-09-01``; :func:`from_content` reads it back."""
        return {"type": "sunbid/procedure/1"} | msgspec.to_builtins(self)  # type: ignore[no-any-return]

    @property
    def version(self) -> str:
        """SHA-256 of the content in hex, its id: what a tender is pinned to when it is published."""
        return signing.object_id(self.content)

    @property
    def form_schema(self) -> dict[str, Any]:
        """The dated form schema that a key set names by its id (:func:`notary.signing.object_id`)."""
        record = {"type": "sunbid/form-schema/1", "procedure": self.name, "since": self.since.isoformat()}
        return record | msgspec.to_builtins(self.form)  # type: ignore[no-any-return]

    def limit(self, name: str) -> Limit | None:
        """The limit of that name, None where the procedure says that it has none. Raises KeyError for unknown names."""
        if name not in LIMITS:
            raise KeyError(name)
        return self.limits.get(name)


def from_content(content: Mapping[str, Any]) -> Procedure:
    """The procedure of a stored content. Raises ImpossibleProcedure."""
    table = {key: value for key, value in content.items() if key != "type"}
    return _procedure(table, str(content.get("name")))


@cache
def catalogue() -> tuple[Procedure, ...]:
    """All versions of all procedures, read and checked once."""
    return load(_CATALOGUE.glob("*.toml"))


def load(files: Iterable[Path]) -> tuple[Procedure, ...]:
    """The checked procedures of these files, ordered by name and since. Raises ImpossibleProcedure."""
    found = [
        _procedure(table, f"{file.name}: {table.get('name')}")
        for file in files
        for table in tomllib.loads(file.read_text("utf-8"))["procedure"]
    ]
    found.sort(key=lambda procedure: (procedure.name, procedure.since))
    for earlier, later in zip(found, found[1:], strict=False):
        if (earlier.name, earlier.since) == (later.name, later.since):
            raise ImpossibleProcedure(f"{later.name}: since {later.since} is given twice")
    return tuple(found)


def procedures() -> dict[str, Procedure]:
    """Version id -> procedure."""
    return {procedure.version: procedure for procedure in catalogue()}


def in_force(name: str, moment: datetime, known: tuple[Procedure, ...] | None = None) -> Procedure:
    """The version of a procedure in force on the Beijing day of a moment. Raises Unknown."""
    day = calendar.beijing_day(moment)
    versions = [p for p in (catalogue() if known is None else known) if p.name == name and p.since <= day]
    if not versions:
        raise Unknown("procedure_unknown", "没有这种交易程序。", "There is no such procedure.", field="procedure")
    return versions[-1]


def _procedure(table: Mapping[str, Any], where: str) -> Procedure:
    try:
        procedure = msgspec.convert(table, Procedure)
    except msgspec.ValidationError as error:
        raise ImpossibleProcedure(f"{where}: {error}") from error
    for problem in _problems(procedure):
        raise ImpossibleProcedure(f"{where}: {problem}")
    return procedure


def _problems(procedure: Procedure) -> Iterable[str]:
    yield from _limit_problems(procedure)
    yield from _stage_problems(procedure.stages)
    yield from _opening_problems(procedure.opening)
    yield from procedure.form.problems()
    clauses = [clause.id for clause in procedure.rejection.clauses]
    if procedure.rejection.over_ceiling not in clauses or len(set(clauses)) != len(clauses):
        yield "rejection.clauses: a clause is given twice, or over_ceiling is none of them"
    if ("publicity" in procedure.stages) != ("publicity" in procedure.limits):
        yield "limits.publicity and the stage publicity go together"
    for field in ("subjects", "envelope_kinds", "legal_basis", "methods", "documents", "steps", "notices"):
        if not getattr(procedure, field):
            yield f"{field}: empty"


def _limit_problems(procedure: Procedure) -> Iterable[str]:
    for name in LIMITS:
        if (name in procedure.limits) == (name in procedure.absent):
            yield f"limits.{name}: must be stated, or given as absent with the reason"
    for name in sorted((procedure.limits.keys() | procedure.absent.keys()) - LIMITS.keys()):
        yield f"limits.{name}: there is no such limit"
    for name, limit in procedure.limits.items():
        if problem := _limit_problem(limit, LIMITS[name].measure, procedure.since):
            yield f"limits.{name} ({limit.cites}): {problem}"


def _limit_problem(limit: Limit, measure: str, since: date) -> str | None:
    timed = limit.unit in {"calendar_day", "working_day", "hour", "minute", "year"}
    return next(
        (
            problem
            for problem, wrong in {
                "negative": limit.value < 0,
                f"the unit {limit.unit} does not fit": timed != (measure == "days"),
                f"the way {limit.way} does not fit": timed == (limit.way == "of"),
                "the article is younger than the procedure": limit.since > since,
                "only what was read (V1, V2) can be confirmed": limit.confirmed and limit.mark in {"V3", "U"},
                "names no article": not any(sign.isdigit() for sign in limit.cites),
                "counts back in days only": limit.way == "before" and not limit.unit.endswith("_day"),
            }.items()
            if wrong
        ),
        None,
    )


def _stage_problems(stages: Mapping[str, tuple[str, ...]]) -> Iterable[str]:
    for stage, acts in stages.items():
        for act in acts:
            if (stage, act) not in TABLE:
                yield f"stages.{stage}: {act} is not in the stage table"
        if len(set(acts)) != len(acts):
            yield f"stages.{stage}: an act is given twice"
    reached = {FIRST} | {TABLE[stage, act] for stage, acts in stages.items() for act in acts if (stage, act) in TABLE}
    for stage in sorted(stages.keys() - reached):
        yield f"stages.{stage}: no act leads there"
    ends = {stage for stage in reached if stage not in stages and any(stage == known for known, _ in TABLE)}
    for stage in sorted(ends):
        yield f"stages.{stage}: nothing leads on"


def _opening_problems(opening: Opening) -> Iterable[str]:
    for choice in opening.choices:
        if not 2 <= choice.keys <= choice.trustees or 2 * choice.keys <= choice.trustees:
            yield f"opening.choices: {choice.keys} of {choice.trustees} has disjoint or single-handed quorums"
    if not opening.choices or not 1 <= opening.max_quorums <= 12:
        yield "opening: no choice, or more than 12 quorums"
