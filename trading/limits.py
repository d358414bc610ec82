"""The closed set of limits of the law that a procedure states, and what one limit says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple

import msgspec


class LimitKind(NamedTuple):
    """What a limit's name means. measure: `days` counts time from or back to a moment, `number` compares a number.

    auction: only procedures with an auction state it; to the others it means nothing.
    """

    measure: Literal["days", "number"]
    zh: str
    en: str
    auction: bool = False


LIMITS: Mapping[str, LimitKind] = {
    "document_period": LimitKind("days", "招标文件发出至投标截止", "From issue of the documents to the deadline"),
    "document_offer": LimitKind("days", "招标文件提供期限", "Documents are offered"),
    "notice_period": LimitKind("days", "招标公告期限", "The notice stands"),
    "clarification": LimitKind(
        "days", "影响投标的澄清、修改至投标截止", "From an amendment that affects bids to the deadline"
    ),
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
    "opening_objection": LimitKind("days", "对开标当场提出异议", "Objections to the opening, on the spot"),
    "opening_answer": LimitKind("days", "当场答复对开标的异议", "Answer to objections to the opening"),
    "objection_answer": LimitKind("days", "答复对评标结果的异议", "Answer to objections to the result"),
    "challenge": LimitKind("days", "提出质疑", "Challenge"),
    "winner_decision": LimitKind("days", "确定中标人", "Decision on the winner"),
    "award_announcement": LimitKind("days", "公告中标结果", "Announcement of the result"),
    "award_publicity": LimitKind("days", "中标（成交）公告期限", "The announcement stands"),
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
    "committee_look_back": LimitKind(
        "days", "曾受雇于招标人或投标人的回避年限", "Recusal after working for the agency or a bidder"
    ),
    "min_bidders": LimitKind("number", "投标人数量", "Number of bids"),
    "min_valid_bids": LimitKind("number", "合格投标人数量", "Number of valid bids"),
    "min_takers": LimitKind("number", "获取招标文件的家数", "Number that took the documents"),
    "minimum_prices": LimitKind("number", "最低限价", "Minimum price"),
    "ceiling_share": LimitKind("number", "最高限价", "Ceiling price"),
    "deposit_share": LimitKind("number", "投标（竞买）保证金比例", "Deposit, share"),
    "deposit_amount": LimitKind("number", "投标保证金金额", "Deposit, amount"),
    "late_refund_surcharge": LimitKind("number", "逾期退还保证金的利率上浮", "Surcharge on late refunds"),
    "performance_bond": LimitKind("number", "履约保证金", "Performance bond"),
    "contract_addition": LimitKind("number", "追加采购", "Additions to the contract"),
    "committee_size": LimitKind("number", "评标委员会人数", "Size of the committee"),
    "committee_experts": LimitKind("number", "专家比例", "Share of experts"),
    "committee_size_large": LimitKind(
        "number", "大额或复杂项目评标委员会人数", "Size of the committee, large or complex"
    ),
    "committee_large_budget": LimitKind("number", "大额项目预算", "Budget of a large project"),
    "more_time": LimitKind("number", "要求延长评标时间的成员", "Members who may ask for more time"),
    "candidates": LimitKind("number", "中标候选人数量", "Number of candidates"),
    "min_invited": LimitKind("number", "邀请的家数", "Number of the invited"),
    "invited_pool": LimitKind("number", "从中选取的合格供应商", "Qualified suppliers that they are drawn from"),
    "price_weight_works": LimitKind("number", "工程价格分权重", "Weight of the price, works"),
    "price_weight_goods": LimitKind("number", "货物价格分权重", "Weight of the price, goods"),
    "price_weight_services": LimitKind("number", "服务价格分权重", "Weight of the price, services"),
    "low_price_mean": LimitKind("number", "异常低价：与平均报价比", "Abnormally low: against the mean"),
    "low_price_next": LimitKind("number", "异常低价：与次低报价比", "Abnormally low: against the next lowest"),
    "low_price_ceiling": LimitKind("number", "异常低价：与最高限价比", "Abnormally low: against the ceiling"),
    "low_price_raised": LimitKind("number", "招标文件可上调的比例", "Share to which the documents may raise it"),
    "prior_notice": LimitKind("days", "事前公示期", "The prior notice stands"),
    "comment_answer": LimitKind("days", "答复对事前公示的意见", "Answer to comments on the prior notice"),
    "auction_notice": LimitKind("days", "公告至竞价开始", "From the notice to the start of the auction", auction=True),
    "listing_period": LimitKind("days", "挂牌时间", "The listing stands", auction=True),
    "auction_display": LimitKind("days", "拍卖标的展示", "The object is on display", auction=True),
    "registration_close": LimitKind(
        "days", "竞买申请截止至挂牌截止", "From the end of registration to that of the listing", auction=True
    ),
    "contention_window": LimitKind(
        "days", "判断是否限时竞价的时段", "Who bids in it calls for timed bidding", auction=True
    ),
    "preparation_time": LimitKind("days", "限时竞价准备时间", "Preparation for timed bidding", auction=True),
    "countdown_time": LimitKind("days", "限时竞价倒计时", "Countdown of timed bidding", auction=True),
    "resume_notice": LimitKind("days", "中止后公告恢复时间", "Notice before a suspended auction goes on", auction=True),
    "down_payment_time": LimitKind("days", "缴纳首付款", "Down payment", auction=True),
    "min_registered": LimitKind("number", "竞买人数量", "Number of registered bidders", auction=True),
    "deposit_least": LimitKind("number", "竞买保证金比例下限", "Deposit, least share", auction=True),
    "down_payment": LimitKind("number", "首付款比例", "Down payment, share", auction=True),
    "disclosure": LimitKind(
        "days", "信息披露至报名截止", "Disclosure, from the notice to the end of registration", auction=True
    ),
    "disclosure_large": LimitKind(
        "days", "大额项目信息披露至报名截止", "The same, where the start price is large", auction=True
    ),
    "disclosure_large_price": LimitKind("number", "大额项目的起始价", "Start price that is large", auction=True),
    "extension": LimitKind("days", "每次延长信息披露", "Each extension of the disclosure", auction=True),
    "sale_publicity": LimitKind("days", "成交结果公示期", "The sale is public before it is confirmed", auction=True),
    "full_payment": LimitKind("days", "一次付清价款", "The whole price is paid", auction=True),
    "balance_time": LimitKind("days", "分期付款的余款", "The rest, where it is paid in instalments", auction=True),
    "appraisal_share": LimitKind("number", "首次披露的起始价与评估结果比", "First start price, against the appraisal"),
    "approval_share": LimitKind(
        "number",
        "降价后无须重新批准的起始价与评估结果比",
        "Lower start price without a new approval, against the appraisal",
    ),
}
#: Of these only a procedure with a prior notice says anything.
PRIOR = frozenset({"prior_notice", "comment_answer"})
#: Of these only a procedure whose bidders are invited says anything.
INVITING = frozenset({"min_invited", "invited_pool"})
#: Of these only a procedure in which what is sold was appraised.
VALUED = frozenset({"appraisal_share", "approval_share"})


Anchor = Literal[
    "publication", "amendment", "deadline", "opening", "objection", "inquiry", "challenge", "withdrawal", "request",
    "answer", "evaluation_end", "report", "candidates", "winner_fixed", "award_notice", "result", "contract",
    "knowledge", "complaint", "acceptance", "notice", "employment", "start", "close", "announcement",
    "bids", "takers", "estimate", "deposit", "contract_price", "committee", "full_marks", "mean_price", "next_price",
    "ceiling", "threshold", "interest", "invited", "registered", "start_price", "appraisal", "sale",
    "prior_notice", "comment",
]  # fmt: skip


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One limit of the law.

    value and unit: how many; bound: `min` >=, `max` <=, `above` >, `below` < (以上、以内 include the number).
    way and anchor: `after` or `before` an event, or `of` a base number. roll: a last day off rolls to a working day.
    effect: what a breach does. cites: law and article; since: when that article took effect; mark, confirmed: how sure.
    """

    value: int
    unit: Literal["calendar_day", "working_day", "hour", "minute", "year", "count", "percent", "third", "yuan"]
    bound: Literal["min", "max", "above", "below"]
    way: Literal["after", "before", "of"]
    anchor: Anchor
    roll: bool
    effect: Literal["refuse", "extend", "suspend", "fail", "deem", "flag", "show"]
    cites: str
    since: date
    mark: Literal["V1", "V2", "V3", "U"]
    confirmed: bool


def wanted(*, auction: bool, inviting: bool, valued: bool, prior: bool) -> frozenset[str]:
    """The names of the limits that a procedure must state, or say why it has none."""
    having = {INVITING: inviting, VALUED: valued, PRIOR: prior}
    needless = {name for names, has in having.items() if not has for name in names}
    return frozenset(name for name, kind in LIMITS.items() if (auction or not kind.auction) and name not in needless)
