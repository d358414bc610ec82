"""The closed list of reasons for which an auction refuses an act, in the words that the refused party reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from notary.errors import Conflict, Forbidden, Held, Refusal, TooLate


class Reason(NamedTuple):
    """kind: what the edge makes of it. field: the member of the statement at fault, if one is."""

    kind: type[Refusal]
    field: str | None
    zh: str
    en: str


REASONS: Mapping[str, Reason] = {
    "not_registered": Reason(
        Forbidden,
        "bidder",
        "该号牌没有登记参加本次竞价。",
        "This number is not registered for this auction.",
    ),
    "number_taken": Reason(Conflict, "bidder", "该号牌已经登记。", "This number is registered already."),
    "registration_over": Reason(
        TooLate, None, "报名已经截止，不再登记号牌。", "Registration is over: no further number is given."
    ),
    "quote_wrong": Reason(
        Conflict,
        "price",
        "逐轮降价须有不高于起始价的首轮报价，其他方式没有。",
        "Descending rounds need a first quote not above the start price, other kinds have none.",
    ),
    "replayed": Reason(
        Conflict,
        "sequence",
        "该声明的序号已经用过；重放的声明不予接受。",
        "The sequence number of this statement has been used: a replay is not taken.",
    ),
    "not_started": Reason(
        Conflict,
        None,
        "竞价尚未开始，本次报价未被接受；开始后请按当时的状态重新签署。",
        "The auction has not begun. Nothing was taken: sign anew after the start.",
    ),
    "preparing": Reason(
        Conflict,
        None,
        "现在是准备时间，不接受报价；请在限时竞价开始后重新签署。",
        "This is the time to prepare: no bids are taken. Sign anew when the bidding begins.",
    ),
    "suspended": Reason(
        Held,
        None,
        "竞价已暂停，不接受报价；已接受的报价仍然有效，恢复后请重新签署。",
        "The auction is suspended. Accepted bids stand; sign anew after it goes on.",
    ),
    "after_end": Reason(
        TooLate,
        None,
        "竞价已经截止；恰在截止时刻到达的报价亦为迟到。",
        "The bidding is over; a bid at exactly the end is late.",
    ),
    "view_stale": Reason(
        Conflict,
        "seen",
        "签署时所见并非现在的状态，报价未被接受；请查看最新价格后重新签署。",
        "What you saw is not the present state. Nothing was taken: look at the price and sign anew.",
    ),
    "takes_bids": Reason(
        Conflict, "sealed", "现在接受公开报价，不接受密封报价。", "Open bids are taken now, no sealed offers."
    ),
    "takes_offers": Reason(
        Conflict,
        "price",
        "现在只接受一次性密封报价。",
        "Only one sealed offer of each bidder is taken now.",
    ),
    "offered_already": Reason(
        Conflict, "bidder", "每一竞买人只能密封报价一次。", "Each bidder makes one sealed offer only."
    ),
    "leading_already": Reason(
        Conflict, "bidder", "您已是最高报价，不得自行加价。", "You lead already and may not raise your own bid."
    ),
    "below_start": Reason(Conflict, "price", "报价低于起始价。", "The price is below the start price."),
    "not_above_by_step": Reason(
        Conflict,
        "price",
        "报价应至少高于当前最高价一个加价幅度。",
        "The price must be above the leading one by at least the step.",
    ),
    "not_below_by_step": Reason(
        Conflict,
        "price",
        "报价应至少低于本单位现价一个降价幅度。",
        "The price must be below your present one by at least the step.",
    ),
    "not_a_multiple": Reason(
        Conflict, "price", "加价或降价应为幅度的整数倍。", "The difference must be a whole multiple of the step."
    ),
    "above_cap": Reason(Conflict, "price", "报价高于最高限价。", "The price is above the cap."),
    "not_your_turn": Reason(Conflict, "bidder", "现在不是该号牌的报价轮次。", "It is another bidder's turn."),
    "ground_unknown": Reason(
        Conflict, "ground", "规则没有列出这一事由，或者它不产生这一效果。", "No such ground is listed for this effect."
    ),
    "not_running": Reason(
        Conflict, None, "竞价已经结束，不能进行此操作。", "The auction is over: this cannot be done."
    ),
    "stopped_already": Reason(Conflict, None, "竞价已经暂停。", "The auction is suspended already."),
    "not_stopped": Reason(Conflict, None, "竞价没有暂停。", "The auction is not suspended."),
    "resumes_in_the_past": Reason(
        Conflict, "resumes_at", "恢复时间应晚于现在。", "The time to go on must be in the future."
    ),
    "nothing_to_open": Reason(Conflict, None, "现在没有需要开启的内容。", "There is nothing to open at this stage."),
    "offers_differ": Reason(
        Conflict,
        "prices",
        "开启的报价与收到的报价不一致：应一次全部开启，不多不少。",
        "What is opened is not what was taken: all offers are opened at once, none more or less.",
    ),
    "nothing_to_draw": Reason(
        Conflict,
        "bidder",
        "没有需要抽签的并列报价，或者该号牌不在其中。",
        "No tie is to be drawn, or not with this one.",
    ),
    "clock_behind": Reason(
        Held,
        None,
        "系统时钟早于上一事件的时间，请稍后再试。",
        "The clock is behind the last event: try again in a moment.",
    ),
}


def refused(reason: str, **facts: Any) -> Refusal:
    """The refusal to raise. facts: JSON-ready, of what is public about the auction."""
    kind, field, zh, en = REASONS[reason]
    return kind(reason, zh, en, field=field, **facts)
