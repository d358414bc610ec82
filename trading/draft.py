"""A tender's draft (docs/http.md): read strictly, and turned into the facts that the rules speak of. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta

from notary import canonical, clock, forms
from notary.errors import Malformed
from notary.forms import Form, Hex32, Line, Prose, TenderCode, TrusteeCode
from trading import criteria, invitations, money
from trading.committee import CommitteeFacts
from trading.invitations import Invited
from trading.procedures import Procedure
from trading.rules import PolicyFacts, PublicationFacts

Subject = Literal["works", "goods", "services"]


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


class Draft(Form, frozen=True):
    """The members of docs/http.md. Money and moments are text; subject: None where the procedure has only one."""

    tender: TenderCode
    procedure: Line
    title: Line
    title_en: Annotated[str, Meta(max_length=300)]
    scope: Prose
    region: Annotated[str, Meta(pattern="^[0-9]{6}$")]
    funding: Line
    qualification: Prose
    budget: str
    deposit: str
    documents_offered_until: str
    questions_until: str
    deadline: str
    validity_days: Annotated[int, Meta(ge=1, le=3650)]
    evaluation: Evaluation
    committee: Committee
    documents: Annotated[list[Document], Meta(min_length=1, max_length=100)]
    policy: Policy
    evaluation_key: Hex32
    subject: Subject | None = None
    ceiling: str | None = None
    minimum_price: str | None = None
    fixed_price: bool = False
    invited: Invited | None = None


def read(content: Mapping[str, Any]) -> Draft:
    """The draft of a JSON value. Raises Malformed naming the field; the procedure's own limits are not looked at."""
    canonical.check(content)
    draft = forms.convert(content, Draft)
    for name in ("title", "funding"):
        check_line(getattr(draft, name), name)
    _check_sums(draft)
    _check_moments(draft)
    check_documents(draft.documents)
    if draft.invited is not None:
        invitations.check_codes(draft.invited.bidders, "invited.bidders")
    return draft


def composed_criteria(draft: Draft, procedure: Procedure) -> dict[str, Any]:
    """The criteria record to publish (docs/spec/evaluation.md); what has no marks may be left out. Raises Malformed."""
    evaluation = draft.evaluation
    written = {"price_marks": None, "parts": [], "adjustments": []} | evaluation.criteria
    return criteria.compose(procedure, evaluation.method, written, draft.ceiling)


def publication_facts(
    draft: Draft, procedure: Procedure, published_at: datetime, operator: frozenset[str]
) -> PublicationFacts:
    """The facts for trading.rules. operator: codes of the trustees of the platform's operator. Raises Malformed."""
    ceiling, least = draft.ceiling, draft.minimum_price
    budget = money.parse(draft.budget, "budget")
    deadline = clock.parse(draft.deadline, "deadline")
    committee = draft.committee
    return PublicationFacts(
        subject=_subject(draft, procedure),
        published_at=published_at,
        documents_offered_until=clock.parse(draft.documents_offered_until, "documents_offered_until"),
        questions_until=clock.parse(draft.questions_until, "questions_until"),
        deadline=deadline,
        opens_at=deadline,
        budget=budget,
        ceiling=None if ceiling is None else money.parse(ceiling, "ceiling"),
        minimum_price=None if least is None else money.parse(least, "minimum_price"),
        deposit=money.parse(draft.deposit, "deposit"),
        criteria=criteria.read(composed_criteria(draft, procedure)),
        fixed_price=draft.fixed_price,
        committee=CommitteeFacts(
            size=committee.size,
            experts=committee.experts,
            budget=budget,
            demanding=committee.demanding,
            buyer_chairs=committee.buyer_chairs,
        ),
        policy=PolicyFacts(quorums=tuple(map(tuple, draft.policy.quorums)), operator=operator),
        invited=draft.invited,
    )


def _subject(draft: Draft, procedure: Procedure) -> Subject:
    if draft.subject is not None:
        return draft.subject
    if len(procedure.subjects) == 1:
        return procedure.subjects[0]
    raise _wrong(
        "subject_missing", "请写明标的：工程、货物或者服务", "State whether works, goods or services", "subject"
    )


def _check_sums(draft: Draft) -> None:
    for name in ("budget", "ceiling", "minimum_price"):
        given = getattr(draft, name)
        if given is not None and money.parse(given, name) == 0:
            raise _wrong("sum_zero", "金额应大于零", "The sum must be above zero", name)
    money.parse(draft.deposit, "deposit")


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
