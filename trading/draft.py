"""A tender's draft (docs/http.md): read strictly, and turned into the facts that the rules speak of. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

from msgspec import UNSET, Meta

from notary import canonical, clock, forms
from notary.errors import Malformed
from notary.forms import Form, Hex32, Line, Prose, TenderCode, TrusteeCode
from trading import criteria, invitations, money
from trading.auctions import draft as auctions
from trading.auctions import terms
from trading.auctions.draft import AuctionDraft
from trading.committee import CommitteeFacts
from trading.invitations import Invited
from trading.prior import PriorFacts, PriorGroundId
from trading.procedures import Procedure, Subject
from trading.rules import AuctionFacts, PolicyFacts, PublicationFacts
from trading.valuation import Valued

T = TypeVar("T")


class Document(Form, frozen=True):
    """A file of the tender documents, uploaded before. size: bytes."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    media_type: Annotated[str, Meta(pattern=r"^[a-z]+/[a-z0-9][a-z0-9.+-]{0,79}$")]
    sha256: Hex32
    size: Annotated[int, Meta(ge=1, le=256 << 20)]


class Evaluation(Form, frozen=True):
    """criteria: what the agency writes of them (trading.criteria.Draft)."""

    method: Line
    criteria: dict[str, Any]


class Committee(Form, frozen=True):
    """As trading.committee.CommitteeFacts."""

    size: Annotated[int, Meta(ge=1, le=99)]
    experts: Annotated[int, Meta(ge=0, le=99)]
    demanding: bool = False
    buyer_chairs: bool = False


class Policy(Form, frozen=True):
    """quorums: sets of trustees that open together."""

    quorums: Annotated[list[Annotated[list[TrusteeCode], Meta(max_length=16)]], Meta(max_length=12)]


class Valuation(Form, frozen=True):
    """appraisal: the appraised value. relists: code of the agency's failed tender that this one repeats, if it does;
    approval: what a lower start price was approved by, named so that people can find it."""

    appraisal: str
    relists: TenderCode | None = None
    approval: Line | None = None


class Draft(Form, frozen=True):
    """The members of docs/http.md. Money and moments are text; subject: None where the procedure has only one.

    Those of SEALED are None where an auction decides, but for the keys of what it has sealed, and `auction` elsewhere
    (:func:`check_members`).
    """

    tender: TenderCode
    procedure: Line
    title: Line
    title_en: Annotated[str, Meta(max_length=300)]
    scope: Prose
    region: Annotated[str, Meta(pattern="^[0-9]{6}$")]
    qualification: Prose
    deposit: str
    documents_offered_until: str
    questions_until: str
    deadline: str
    documents: Annotated[list[Document], Meta(min_length=1, max_length=100)]
    funding: Line | None = None
    budget: str | None = None
    validity_days: Annotated[int, Meta(ge=1, le=3650)] | None = None
    evaluation: Evaluation | None = None
    committee: Committee | None = None
    policy: Policy | None = None
    evaluation_key: Hex32 | None = None
    auction: AuctionDraft | None = None
    subject: Subject | None = None
    ceiling: str | None = None
    minimum_price: str | None = None
    fixed_price: bool = False
    invited: Invited | None = None
    valuation: Valuation | None = None
    prior_ground: PriorGroundId | None = None


#: What only sealed bids need: their budget, and who evaluates them how.
_BIDS = ("funding", "budget", "validity_days", "evaluation", "committee")
#: To what envelopes are sealed; an auction needs it where it has any.
_KEYS = ("policy", "evaluation_key")
SEALED = (*_BIDS, *_KEYS)
#: Of these a sale knows none: its floor stands in the criteria.
_SPENDING = ("funding", "budget")
_SEALED_OPTIONS = ("ceiling", "minimum_price")


def read(content: Mapping[str, Any]) -> Draft:
    """The draft of a JSON value. Raises Malformed naming the field; the procedure's own limits are not looked at."""
    canonical.check(content)
    draft = forms.convert(content, Draft)
    for name in ("title", "funding"):
        given = getattr(draft, name)
        if given is not None:
            check_line(given, name)
    _check_sums(draft)
    _check_moments(draft)
    check_documents(draft.documents)
    if draft.invited is not None:
        invitations.check_codes(draft.invited.bidders, "invited.bidders")
    return draft


def check_members(draft: Draft, procedure: Procedure) -> None:
    """Raise Malformed naming a member that the procedure needs and the draft lacks, or the other way round."""
    sealed = draft.auction is not None and bool(auctions.envelope_kinds(draft.auction))
    wanted, needless = members(procedure, sealed=sealed)
    for name in wanted:
        given(getattr(draft, name), name)
    for name in needless:
        if getattr(draft, name) is not None:
            raise _wrong("member_needless", "本程序没有此项，请留空", "This procedure has no such member", name)
    if draft.prior_ground is not None and (procedure.prior is None or not procedure.prior.ground(draft.prior_ground)):
        raise _wrong("ground_unknown", "本程序没有此项事由", "This procedure knows no such ground", "prior_ground")


def members(procedure: Procedure, *, sealed: bool = False) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a draft of the procedure needs besides what every one does, and what it may not have.

    sealed: whether an auction has envelopes of its own.
    """
    wanted: tuple[str, ...] = SEALED
    needless: tuple[str, ...] = ("auction",)
    if procedure.auction is not None:
        wanted, needless = ("auction",), (*_BIDS, *_SEALED_OPTIONS, "invited")
        wanted, needless = ((*wanted, *_KEYS), needless) if sealed else (wanted, (*needless, *_KEYS))
    elif procedure.sells:
        wanted = tuple(name for name in SEALED if name not in _SPENDING)
        needless = ("auction", *_SPENDING, *_SEALED_OPTIONS)
    if procedure.valuation is None:
        return wanted, (*needless, "valuation")
    return (*wanted, "valuation"), needless


def envelope_kinds(content: Mapping[str, Any], procedure: Procedure) -> tuple[str, ...]:
    """The kinds of envelopes of a tender, each with a key set of its own: bids, or what an auction has sealed."""
    if procedure.auction is None:
        return procedure.envelope_kinds
    stated = content.get("auction")
    return () if stated is None else auctions.envelope_kinds(forms.convert(stated, AuctionDraft))


def decided_by(draft: Draft, procedure: Procedure) -> dict[str, Any]:
    """What the notice says of how the lot is decided: `evaluation`, and `auction` where one does. Raises Malformed."""
    check_members(draft, procedure)
    if procedure.auction is None:
        return {"evaluation": composed_criteria(draft, procedure)}
    return {"auction": composed_terms(draft, procedure), "evaluation": {"method": "auction"}}


def composed_terms(draft: Draft, procedure: Procedure) -> dict[str, Any]:
    """The terms of the auction to publish (docs/spec/auction.md). Raises Malformed naming the draft's member."""
    if procedure.auction is None:
        raise ValueError("no auction decides in this procedure")
    return auctions.compose(procedure.auction, given(draft.auction, "auction"), draft.deadline)


def quorums_of(content: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    """The quorums of trustees that a tender names; none where nothing is sealed."""
    policy = content.get("policy") or {"quorums": []}
    return tuple(tuple(quorum) for quorum in policy["quorums"])


def composed_criteria(draft: Draft, procedure: Procedure) -> dict[str, Any]:
    """The criteria record to publish (docs/spec/evaluation.md); what has no marks may be left out. Raises Malformed."""
    evaluation = given(draft.evaluation, "evaluation")
    written = {"price_marks": None, "parts": [], "adjustments": []} | evaluation.criteria
    return criteria.compose(procedure, evaluation.method, written, draft.ceiling)


def publication_facts(
    draft: Draft,
    procedure: Procedure,
    published_at: datetime,
    operator: frozenset[str],
    prior: PriorFacts | None = None,
) -> PublicationFacts:
    """The facts for trading.rules. operator: codes of the trustees of the platform's operator. Raises Malformed."""
    ceiling, least = draft.ceiling, draft.minimum_price
    rules = criteria.read(composed_criteria(draft, procedure))
    deadline = clock.parse(draft.deadline, "deadline")
    return PublicationFacts(
        subject=_subject(draft, procedure),
        published_at=published_at,
        documents_offered_until=clock.parse(draft.documents_offered_until, "documents_offered_until"),
        questions_until=clock.parse(draft.questions_until, "questions_until"),
        deadline=deadline,
        opens_at=deadline,
        budget=worth(draft, procedure),
        ceiling=None if ceiling is None else money.parse(ceiling, "ceiling"),
        minimum_price=None if least is None else money.parse(least, "minimum_price"),
        deposit=money.parse(draft.deposit, "deposit"),
        criteria=rules,
        fixed_price=draft.fixed_price,
        committee=committee_facts(draft, procedure),
        policy=_policy(given(draft.policy, "policy"), operator),
        invited=draft.invited,
        prior=prior,
        floor=worth(draft, procedure) if procedure.sells else None,
        valuation=_valued(draft),
    )


def worth(draft: Draft, procedure: Procedure) -> int:
    """What shares of money are taken of, in 分: the budget, or the floor where the agency sells. Raises Malformed."""
    if not procedure.sells:
        return money.parse(given(draft.budget, "budget"), "budget")
    floor = criteria.read(composed_criteria(draft, procedure)).floor
    field = "evaluation.criteria.floor"
    return money.parse(given(None if floor is UNSET else floor.price, field), f"{field}.price")


def committee_facts(draft: Draft, procedure: Procedure) -> CommitteeFacts:
    """The committee as it is announced. Raises Malformed."""
    committee = given(draft.committee, "committee")
    return CommitteeFacts(
        size=committee.size,
        experts=committee.experts,
        budget=worth(draft, procedure),
        demanding=committee.demanding,
        buyer_chairs=committee.buyer_chairs,
    )


def auction_facts(
    draft: Draft,
    procedure: Procedure,
    published_at: datetime,
    operator: frozenset[str],
    prior: PriorFacts | None = None,
) -> AuctionFacts:
    """The facts for trading.rules of a lot that an auction decides. operator: as above. Raises Malformed."""
    stated = terms.read(composed_terms(draft, procedure))
    return AuctionFacts(
        subject=_subject(draft, procedure),
        published_at=published_at,
        registration_until=stated.registration_until,
        opens_at=stated.opens_at,
        closes_at=stated.opens_at if stated.open is None else stated.open.closes_at,
        start_price=stated.start_price,
        deposit=money.parse(draft.deposit, "deposit"),
        least_bidders=stated.least_bidders,
        valuation=_valued(draft),
        policy=None if draft.policy is None else _policy(draft.policy, operator),
        prior=prior,
    )


def _valued(draft: Draft) -> Valued | None:
    given_ = draft.valuation
    if given_ is None:
        return None
    return Valued(money.parse(given_.appraisal, "valuation.appraisal"), given_.relists is not None, given_.approval)


def given(value: T | None, name: str) -> T:
    """A member that its procedure needs. Raises Malformed naming one that is not there."""
    if value is None:
        raise Malformed("field_wrong", f"缺少必填项：{name}。", f"Missing: {name}.", field=name)
    return value


def _policy(policy: Policy, operator: frozenset[str]) -> PolicyFacts:
    return PolicyFacts(quorums=tuple(map(tuple, policy.quorums)), operator=operator)


def _subject(draft: Draft, procedure: Procedure) -> Subject:
    if draft.subject is not None:
        return draft.subject
    if len(procedure.subjects) == 1:
        return procedure.subjects[0]
    raise _wrong(
        "subject_missing",
        "请写明标的属于本程序的哪一类",
        "State for which of the procedure's subjects it is",
        "subject",
    )


def _check_sums(draft: Draft) -> None:
    for name in ("budget", "ceiling", "minimum_price"):
        given = getattr(draft, name)
        if given is not None and money.parse(given, name) == 0:
            raise _wrong("sum_zero", "金额应大于零", "The sum must be above zero", name)
    money.parse(draft.deposit, "deposit")
    if draft.valuation is not None and money.parse(draft.valuation.appraisal, "valuation.appraisal") == 0:
        raise _wrong("sum_zero", "金额应大于零", "The sum must be above zero", "valuation.appraisal")


def _check_moments(draft: Draft) -> None:
    deadline = clock.parse(draft.deadline, "deadline")
    for name in ("documents_offered_until", "questions_until"):
        if clock.parse(getattr(draft, name), name) > deadline:
            raise _wrong("after_deadline", "不得晚于投标截止时间", "It must not be after the deadline", name)


def check_documents(documents: Sequence[Document]) -> None:
    """Raise Malformed naming the first document whose name is no plain one, or is given twice."""
    for number, document in enumerate(documents):
        field = f"documents[{number}].name"
        if not _is_plain(document.name):
            raise _wrong(
                "file_name", "文件名不得含路径或者控制字符", "A file name has no path or control characters", field
            )
        if document.name in {other.name for other in documents[:number]}:
            raise _wrong("file_name_twice", "文件名重复", "Two documents have one name", field)


def _is_plain(name: str) -> bool:
    return (
        len(name.encode()) <= 255
        and not any(unicodedata.category(sign) == "Cc" or sign in "/\\:" for sign in name)
        and name[0] not in ". "
        and name[-1] not in ". "
    )


def check_line(text: str, field: str) -> None:
    """Raise Malformed for a text that is not one line, or says nothing."""
    if not text.strip() or "\n" in text or "\t" in text:
        raise _wrong("not_a_line", "应为一行文字", "Expected one line of text", field)


def _wrong(reason: str, zh: str, en: str, field: str) -> Malformed:
    return Malformed(reason, f"{zh}（{field}）。", f"{en} ({field}).", field=field)
