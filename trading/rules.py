"""The law as small functions over plain facts. A rule that is broken raises RuleBroken: rule, article, earliest date.

Articles, numbers and dates stand in the catalogue (:mod:`trading.procedures`), so that a change of law is a change of
data; here stands only which fact each limit speaks of. Nothing reads a clock or a database.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any, NamedTuple

from notary import clock
from notary.errors import RuleBroken
from trading import invitations, prior, valuation
from trading.calendar import Calendar
from trading.committee import CommitteeFacts, check_committee
from trading.criteria import Criteria
from trading.invitations import Invited
from trading.low_price import check_raised
from trading.periods import broken_rule as _broken
from trading.periods import due, not_before, number
from trading.prior import PriorFacts
from trading.procedures import Procedure, Subject
from trading.valuation import Valued


@dataclass(frozen=True)
class PolicyFacts:
    """quorums: trustees' codes; operator: the codes of the trustees that belong to the platform's operator."""

    quorums: tuple[tuple[str, ...], ...]
    operator: frozenset[str]


@dataclass(frozen=True)
class PublicationFacts:
    """A tender about to be published. Moments are aware UTC, money is 分.

    budget: what shares are taken of; where the agency sells, the floor, which is also `floor`.
    """

    subject: Subject
    published_at: datetime
    documents_offered_until: datetime
    questions_until: datetime
    deadline: datetime
    opens_at: datetime
    budget: int
    ceiling: int | None
    minimum_price: int | None
    deposit: int
    criteria: Criteria
    fixed_price: bool  # 执行国家统一定价标准或者固定价格采购: the price is no criterion
    committee: CommitteeFacts
    policy: PolicyFacts
    invited: Invited | None = None
    prior: PriorFacts | None = None
    floor: int | None = None
    valuation: Valued | None = None


@dataclass(frozen=True)
class AuctionFacts:
    """A tender that an auction decides, about to be published. Moments are aware UTC, money is 分.

    policy: who opens what the auction has sealed; None where that is nothing.
    """

    subject: Subject
    published_at: datetime
    registration_until: datetime
    opens_at: datetime
    closes_at: datetime
    start_price: int
    deposit: int
    least_bidders: int
    valuation: Valued | None = None
    policy: PolicyFacts | None = None
    prior: PriorFacts | None = None


@dataclass(frozen=True)
class AmendmentFacts:
    """An amendment (澄清、修改) about to be published. changes: the names of the tender's fields that change."""

    amended_at: datetime
    deadline: datetime
    new_deadline: datetime
    affects_bids: bool
    changes: tuple[str, ...]


class Rule(NamedTuple):
    """name: what a refusal's facts call it; check raises RuleBroken. The catalogue has article and date (since)."""

    name: str
    check: Callable[[Procedure, Calendar, Any], None]


def _subject(procedure: Procedure, _calendar: Calendar, facts: PublicationFacts | AuctionFacts) -> None:
    if facts.subject not in procedure.subjects:
        cites = procedure.legal_basis[0]
        raise _broken("subject", "标的不适用本程序", "this procedure is not for such a subject", "subject", cites)


def _document_period(procedure: Procedure, calendar: Calendar, facts: PublicationFacts) -> None:
    not_before(procedure, calendar, "document_period", facts.published_at, facts.deadline, "deadline")


def _document_offer(procedure: Procedure, calendar: Calendar, facts: PublicationFacts) -> None:
    until = facts.documents_offered_until
    not_before(procedure, calendar, "document_offer", facts.published_at, until, "documents_offered_until")


def _question_cutoff(procedure: Procedure, calendar: Calendar, facts: PublicationFacts) -> None:
    not_before(procedure, calendar, "question_cutoff", facts.deadline, facts.questions_until, "questions_until")


def _opening_delay(procedure: Procedure, calendar: Calendar, facts: PublicationFacts) -> None:
    latest = due(procedure, calendar, "opening_delay", facts.deadline)
    if latest is not None and not facts.deadline <= facts.opens_at <= latest:
        cites = procedure.limits["opening_delay"].cites
        zh, en = "开标应在投标截止的同一时间", "bids are opened at the deadline"
        raise _broken("opening_delay", zh, en, "opens_at", cites, earliest=clock.text(facts.deadline))


def _minimum_price(procedure: Procedure, _calendar: Calendar, facts: PublicationFacts) -> None:
    number(procedure, "minimum_prices", int(facts.minimum_price is not None), 0, "minimum_price")


def _ceiling(procedure: Procedure, _calendar: Calendar, facts: PublicationFacts) -> None:
    if facts.ceiling is not None:
        number(procedure, "ceiling_share", facts.ceiling, facts.budget, "ceiling")


def _deposit_share(procedure: Procedure, _calendar: Calendar, facts: PublicationFacts) -> None:
    number(procedure, "deposit_share", facts.deposit, facts.budget, "deposit")


def _deposit_amount(procedure: Procedure, _calendar: Calendar, facts: PublicationFacts) -> None:
    number(procedure, "deposit_amount", facts.deposit, 0, "deposit")


def _method(procedure: Procedure, _calendar: Calendar, facts: PublicationFacts) -> None:
    if facts.criteria.method not in {method.name for method in procedure.methods}:
        cites = "；".join(method.cites for method in procedure.methods)
        raise _broken("method", "评标方法不适用本程序", "this method is not allowed here", "evaluation.method", cites)


def _ties(procedure: Procedure, _calendar: Calendar, facts: PublicationFacts) -> None:
    """Equal bids are parted as the method's article says (87号令 57: 得分相同的，按投标报价由低到高顺序排列)."""
    method = next((method for method in procedure.methods if method.name == facts.criteria.method), None)
    if method is not None and facts.criteria.ties[: len(method.ties)] != method.ties:
        listed = ", ".join(method.ties)
        zh, en = f"并列的应先按 {listed} 排序", f"equal bids are parted by {listed} first"
        raise _broken("ties", zh, en, "evaluation.criteria.ties", method.cites)


def _price_weight(procedure: Procedure, _calendar: Calendar, facts: PublicationFacts) -> None:
    if facts.criteria.price_share is not None and not facts.fixed_price:
        weight, full = facts.criteria.price_share
        name = f"price_weight_{facts.subject}"  # no law weighs the price of what is sold
        if name in procedure.limits:
            number(procedure, name, weight, full, "evaluation.criteria.price_marks")


def _candidates(procedure: Procedure, _calendar: Calendar, facts: PublicationFacts) -> None:
    number(procedure, "candidates", facts.criteria.candidates, 0, "evaluation.criteria.candidates")


def _low_price(procedure: Procedure, _calendar: Calendar, facts: PublicationFacts) -> None:
    check_raised(procedure, facts.criteria.raised)


def _committee(procedure: Procedure, _calendar: Calendar, facts: PublicationFacts) -> None:
    check_committee(procedure, facts.committee)


def _policy(procedure: Procedure, _calendar: Calendar, facts: PublicationFacts) -> None:
    check_policy(procedure, facts.policy)


def _invitation(procedure: Procedure, _calendar: Calendar, facts: PublicationFacts) -> None:
    invitations.check_publication(procedure, facts.invited)


def _prior(procedure: Procedure, calendar: Calendar, facts: PublicationFacts | AuctionFacts) -> None:
    prior.check_publication(procedure, calendar, facts.prior, facts.published_at)


def _floor(procedure: Procedure, _calendar: Calendar, facts: PublicationFacts) -> None:
    if facts.floor is not None:
        field = "evaluation.criteria.floor.price"
        valuation.check_floor(procedure, facts.valuation, facts.floor, field)


def _auction_notice(procedure: Procedure, calendar: Calendar, facts: AuctionFacts) -> None:
    not_before(procedure, calendar, "auction_notice", facts.published_at, facts.opens_at, "auction.opens_at")


def _listing_period(procedure: Procedure, calendar: Calendar, facts: AuctionFacts) -> None:
    not_before(procedure, calendar, "listing_period", facts.opens_at, facts.closes_at, "auction.closes_at")


def _min_registered(procedure: Procedure, _calendar: Calendar, facts: AuctionFacts) -> None:
    number(procedure, "min_registered", facts.least_bidders, 0, "auction.least_bidders")


def _deposit_least(procedure: Procedure, _calendar: Calendar, facts: AuctionFacts) -> None:
    number(procedure, "deposit_least", facts.deposit, facts.start_price, "deposit")


def _deposit_most(procedure: Procedure, _calendar: Calendar, facts: AuctionFacts) -> None:
    number(procedure, "deposit_share", facts.deposit, facts.start_price, "deposit")


def _disclosure(procedure: Procedure, calendar: Calendar, facts: AuctionFacts) -> None:
    name = valuation.disclosure(procedure, facts.start_price)
    not_before(procedure, calendar, name, facts.published_at, facts.registration_until, "deadline")


def _valuation(procedure: Procedure, _calendar: Calendar, facts: AuctionFacts) -> None:
    valuation.check_floor(procedure, facts.valuation, facts.start_price, "auction.start_price")


def _auction_policy(procedure: Procedure, _calendar: Calendar, facts: AuctionFacts) -> None:
    if facts.policy is not None:
        check_policy(procedure, facts.policy)


AUCTION: tuple[Rule, ...] = (
    Rule("subject", _subject),
    Rule("disclosure", _disclosure),
    Rule("auction_notice", _auction_notice),
    Rule("listing_period", _listing_period),
    Rule("min_registered", _min_registered),
    Rule("deposit_least", _deposit_least),
    Rule("deposit_share", _deposit_most),
    Rule("valuation", _valuation),
    Rule("policy", _auction_policy),
    Rule("prior_notice", _prior),
)
PUBLICATION: tuple[Rule, ...] = (
    Rule("subject", _subject),
    Rule("document_period", _document_period),
    Rule("document_offer", _document_offer),
    Rule("question_cutoff", _question_cutoff),
    Rule("opening_delay", _opening_delay),
    Rule("minimum_prices", _minimum_price),
    Rule("ceiling_share", _ceiling),
    Rule("deposit_share", _deposit_share),
    Rule("deposit_amount", _deposit_amount),
    Rule("method", _method),
    Rule("ties", _ties),
    Rule("price_weight", _price_weight),
    Rule("candidates", _candidates),
    Rule("low_price", _low_price),
    Rule("committee", _committee),
    Rule("policy", _policy),
    Rule("invitation", _invitation),
    Rule("prior_notice", _prior),
    Rule("valuation", _floor),
)


def check_publication(procedure: Procedure, calendar: Calendar, facts: PublicationFacts | AuctionFacts) -> None:
    """Raise the first broken rule; its facts list all of them as `broken`: rule, field, cites, zh, en, earliest.

    Raises Held where a period reaches into a year without a calendar.
    """
    found: list[RuleBroken] = []
    for rule in PUBLICATION if procedure.auction is None else AUCTION:
        try:
            rule.check(procedure, calendar, facts)
        except RuleBroken as refusal:
            found.append(refusal)
    if found:
        found[0].facts["broken"] = [_listed(refusal) for refusal in found]
        raise found[0]


def check_policy(procedure: Procedure, policy: PolicyFacts) -> None:
    """Raise RuleBroken for quorums that are not one of the procedure's choices: all sets of `keys` of the trustees.

    Nor may the operator's own trustees make up a quorum: it could then read every bid before the hour.
    """
    opening = procedure.opening
    trustees = sorted({trustee for quorum in policy.quorums for trustee in quorum})
    sizes = {len(quorum) for quorum in policy.quorums}
    if len(sizes) != 1 or (min(sizes), len(trustees)) not in {(c.keys, c.trustees) for c in opening.choices}:
        raise _policy_broken(procedure, "不是本程序可选的开启规则", "it is none of the procedure's choices")
    if sorted(tuple(sorted(quorum)) for quorum in policy.quorums) != list(combinations(trustees, min(sizes))):
        raise _policy_broken(procedure, "组合有缺漏或者重复", "a quorum is missing or named twice")
    if any(policy.operator.issuperset(quorum) for quorum in policy.quorums):
        raise _policy_broken(procedure, "平台运营方不得独自凑成开启组合", "the operator alone would make up a quorum")


def required_deadline(procedure: Procedure, calendar: Calendar, facts: AmendmentFacts) -> datetime:
    """The earliest deadline that the amendment leaves: the old one, or later where bids are affected (顺延)."""
    earliest = due(procedure, calendar, "clarification", facts.amended_at) if facts.affects_bids else None
    return facts.deadline if earliest is None else max(facts.deadline, earliest)


def check_amendment(procedure: Procedure, calendar: Calendar, facts: AmendmentFacts) -> None:
    """Raise RuleBroken for a deadline before the required one, or for a field that may not change any more."""
    for name in facts.changes:
        if name not in procedure.amendable.fields:
            cites = procedure.amendable.cites
            raise _broken("amendable", "发布后不得改变此项", "this cannot change after publication", name, cites)
    if facts.new_deadline >= required_deadline(procedure, calendar, facts):
        return
    if facts.affects_bids:
        not_before(procedure, calendar, "clarification", facts.amended_at, facts.new_deadline, "deadline")
    period = procedure.limit("document_period")
    cites = procedure.amendable.cites if period is None else period.cites
    zh, en = "投标截止时间不得提前", "the deadline cannot move to an earlier time"
    raise _broken("deadline_moved_back", zh, en, "deadline", cites, earliest=clock.text(facts.deadline))


def check_award(procedure: Procedure, calendar: Calendar, candidates_published_at: datetime, moment: datetime) -> None:
    """Raise RuleBroken with `earliest` where the candidates have not been public long enough at the moment."""
    not_before(procedure, calendar, "publicity", candidates_published_at, moment, "publicity")


def _policy_broken(procedure: Procedure, zh: str, en: str) -> RuleBroken:
    return _broken("policy", zh, en, "policy.quorums", procedure.opening.cites)


def _listed(refusal: RuleBroken) -> dict[str, Any]:
    shown = {key: value for key, value in refusal.facts.items() if key != "broken"}
    return {"field": refusal.field, "cites": refusal.cites, "zh": refusal.zh, "en": refusal.en} | shown
