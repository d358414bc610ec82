"""The evaluation committee (评标委员会) and the score sheets that its members sign."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from msgspec import UNSET, UnsetType
from sqlalchemy import Connection, delete, insert, select

from notary import canonical, forms, signing
from notary.entries import Entry
from notary.errors import Conflict, Forbidden, Malformed
from notary.forms import Form, Hex16
from notary.rows import entries
from notary.work import Unit
from trading import criteria, texts
from trading import draft as drafts
from trading.acts import draws, explanations, parties, pool, stages
from trading.acts.stages import Tender
from trading.caller import Caller
from trading.committee import check_committee
from trading.rows import committee, declarations, people, roles, scores
from trading.scores import Ground, check_sheet

SCORE_TYPE = "sunbid/score/1"
_SEATED = frozenset({"closed", "opened"})  # members stay secret until the result (招标投标法 37)


class Member(Form, frozen=True):
    """person: the opaque id. `buyer` stands for the tenderer, `expert` was drawn from the pool."""

    person: Hex16
    role: Literal["expert", "buyer"]


class Score(Form, frozen=True):
    """The object ``sunbid/score/1`` (docs/spec/evaluation.md). dissent: only where the member disagrees."""

    type: Literal["sunbid/score/1"]
    tender: str
    lot: str
    expert: str
    opened: str
    scores: dict[str, dict[str, str]]
    rejections: list[Ground]
    dissent: str | UnsetType = UNSET


@dataclass(frozen=True)
class Sheet:
    """A member's latest signed score. leaf: the commitment of its entry."""

    person: str
    leaf: str
    object: Mapping[str, Any]


def set_committee(
    unit: Unit,
    caller: Caller,
    tender: str,
    members: Sequence[Member],
    bidders: Collection[str] = (),
    *,
    chair: str | None = None,
) -> Entry:
    """Name the members, between closing and the first score; a later call replaces an earlier one.

    bidders: codes of those whose bids were opened; before the opening nobody knows them, and `score` asks again.
    chair: which of the members leads (组长), where that is known by now: the buyer's where the notice says so, else an
    expert (87号令 47).

    The entry is disclosed with the evaluation: until then members are secret (招标投标法 37), and from then on it shows
    that nobody was left out or slipped in.
    Where experts were drawn, the experts named are exactly those; a procedure may ask for a draw (评标专家随机抽取).
    Raises Malformed (member_twice, member_wrong, committee_not_announced, member_recused, not_the_drawn, chair_wrong),
    RuleBroken,
    Conflict (draw_required, expert_suspended, draw_unfinished, …).
    """
    row = stages.load_own(unit.connection, caller, tender)
    if row.stage not in _SEATED:
        raise Conflict(
            "not_closed",
            "评标委员会在截标之后、评标之前组成。",
            "The committee is named after the closing.",
            field="tender",
        )
    if unit.connection.execute(select(scores.c.leaf).where(scores.c.tender == tender).limit(1)).first():
        raise Conflict("scored_already", "已有成员评分，不能再换人。", "A member has scored already.", field="members")
    _check_recused(unit.connection, tender, [one.person for one in members])
    _check_members(unit, row, members)
    _check_chair(row, members, chair)
    persons = [one.person for one in members]
    pool.check_not_suspended(unit.connection, persons)
    pool.check_free(unit, row, persons, bidders)
    salts = draws.salts(unit.connection, row, [one.person for one in members if one.role == "expert"])
    unit.connection.execute(delete(committee).where(committee.c.tender == tender))
    unit.connection.execute(
        insert(committee), [{"tender": tender, "person": one.person, "role": one.role} for one in members]
    )
    named = sorted((_named(one, salts) for one in members), key=lambda one: one["person"])
    led = {} if chair is None else {"chair": chair}
    return unit.record("committee_set", row.tender, row.lot, {"members": named, **led}, disclosed=False)


def _check_chair(row: Tender, members: Sequence[Member], chair: str | None) -> None:
    buyer = drafts.given(drafts.read(row.content).committee, "committee").buyer_chairs
    wanted: Literal["expert", "buyer"] = "buyer" if buyer else "expert"
    if chair is not None and Member(person=chair, role=wanted) not in members:
        zh, en = {
            "buyer": (
                "公告写明由招标人（采购人）代表任组长",
                "the notice says that the buyer's representative leads it",
            ),
            "expert": (
                "组长须是列入的专家，不得由采购人代表担任",
                "an expert who is a member leads it, not the buyer's",
            ),
        }[wanted]
        raise _wrong("chair_wrong", zh, en, "chair")


def _named(member: Member, salts: Mapping[str, str]) -> dict[str, str]:
    """salt: of who was drawn, so that anybody can see that it is who was (docs/spec/draw.md)."""
    told = {"person": member.person, "role": member.role}
    return told | ({"salt": salts[member.person]} if member.person in salts else {})


def score(
    unit: Unit, caller: Caller, tender: str, signed: dict[str, Any], *, opened: str, bidders: Collection[str]
) -> Entry:
    """Take a member's signed score sheet; a later one replaces an earlier one until the evaluation.

    opened: the commitment of `lot_opened`; bidders: codes of those whose bids were opened and valid.
    Raises Forbidden (not_a_member, interested), Malformed (signature_wrong, score_wrong, scores_missing, not_the_drawn,
    …), Conflict (not_all_declared, …).
    """
    row = stages.load_published(unit.connection, tender)
    stages.check(unit, row, "score")
    check_seat(unit.connection, caller, tender, bidders)
    _check_drawn(unit.connection, row)
    pool.check_free(unit, row, [caller.person], bidders)
    _check_declared(unit.connection, tender)
    value = _verified(unit.connection, caller, signed)
    sheet = forms.convert(value, Score)
    wanted = (row.tender, row.lot, caller.person, opened)
    if (sheet.tender, sheet.lot, sheet.expert, sheet.opened) != wanted:
        raise Malformed(
            "score_wrong",
            "评分表不是本人对本项目本次开标的评分。",
            "That sheet is not yours, or of another tender or opening.",
            field="score.object",
        )
    if sheet.dissent is not UNSET:
        texts.check(sheet.dissent, "score.object.dissent")
    rules = criteria.read(drafts.composed_criteria(drafts.read(row.content), stages.procedure_of(row)))
    check_sheet(rules, value, set(bidders))
    explanations.check_rejections(unit, row, sheet.rejections)
    entry = unit.record("score_signed", row.tender, row.lot, {"score": signed}, disclosed=False)
    unit.connection.execute(
        insert(scores).values(
            leaf=entry.commitment().hex(),
            tender=tender,
            person=caller.person,
            score=canonical.dumps(signed).decode(),
            signed_at=unit.now,
        )
    )
    return entry


def sheets(connection: Connection, row: Tender) -> list[Sheet]:
    """The latest sheet of every member, in the order of their leaves.

    Raises Conflict (scores_missing) naming the ids of members who have not signed, and where there is no committee:
    every notice announces one.
    """
    members = connection.scalars(select(committee.c.person).where(committee.c.tender == row.tender)).all()
    found: dict[str, Sheet] = {}
    for one in connection.execute(
        select(scores)
        .join(entries, entries.c.commitment == scores.c.leaf)
        .where(scores.c.tender == row.tender)
        .order_by(entries.c.serial)
    ):
        found.pop(one.person, None)
        found[one.person] = Sheet(one.person, one.leaf, canonical.loads(one.score.encode())["object"])
    missing = sorted(set(members) - found.keys())
    if missing or not members:
        raise Conflict(
            "scores_missing",
            "评标委员会尚未组成，或有成员尚未签署评分表。",
            "There is no committee, or a member has not signed a score sheet.",
            field="scores",
            missing=missing,
        )
    return [sheet for person, sheet in found.items() if person in members]


def _check_recused(connection: Connection, tender: str, persons: Collection[str]) -> None:
    """Nobody who recused themselves sits (招标投标法 37)."""
    recused = connection.scalars(
        select(declarations.c.person).where(declarations.c.tender == tender, declarations.c.recused.is_(True))
    )
    if not set(recused).isdisjoint(persons):
        raise _wrong("member_recused", "有人已经回避，不能再进入本委员会", "Somebody listed has recused themselves")


def _check_drawn(connection: Connection, row: Tender) -> None:
    """The committee is still the drawn one: somebody may have been replaced since it was named, or drawn anew.

    The salts of its entry are compared, for another draw may seat the same people under other pseudonyms.
    """
    last = select(entries.c.body).where(entries.c.tender == row.tender, entries.c.kind == "committee_set")
    body = connection.scalars(last.order_by(entries.c.serial.desc()).limit(1)).one()
    experts = [one for one in canonical.loads(body.encode())["members"] if one["role"] == "expert"]
    salts = draws.salts(connection, row, [one["person"] for one in experts])
    if salts != {one["person"]: one["salt"] for one in experts if "salt" in one}:
        raise Malformed(
            "not_the_drawn",
            "评标委员会组成之后又抽取过专家：请招标人重新组成评标委员会，再评分。",
            "Experts were drawn after the committee was named: the agency names it anew, then scores are taken.",
            field="members",
        )


def _check_declared(connection: Connection, tender: str) -> None:
    """Where members declare, all have to before the first score: after it nobody can be replaced any more."""
    declared = set(connection.scalars(select(declarations.c.person).where(declarations.c.tender == tender)))
    seated = set(connection.scalars(select(committee.c.person).where(committee.c.tender == tender)))
    if declared and not seated <= declared:
        raise Conflict(
            "not_all_declared",
            "还有评委没有作出回避声明；全部声明之后才能签署评分表。",
            "Some members have not declared yet: scores can be signed once all have.",
            field="score",
        )


def _check_members(unit: Unit, row: Tender, members: Sequence[Member]) -> None:
    persons = [member.person for member in members]
    if len(set(persons)) != len(persons):
        raise _wrong("member_twice", "同一人列出两次", "A person is listed twice")
    draft = drafts.read(row.content)
    announced = drafts.given(draft.committee, "committee")
    experts = sum(member.role == "expert" for member in members)
    if (len(members), experts) != (announced.size, announced.experts):
        raise _wrong("committee_not_announced", "人数与招标公告不符", "It is not of the size that was published")
    procedure = stages.procedure_of(row)
    check_committee(procedure, drafts.committee_facts(draft, procedure))
    allowed = _allowed(unit.connection, row, persons)
    for number, member in enumerate(members):
        if (member.person, member.role) not in allowed:
            zh, en = (
                "专家须有专家角色且非本单位人员，招标人代表须为本单位人员",
                "An expert is a stranger, a buyer one of us",
            )
            raise _wrong("member_wrong", zh, en, f"members[{number}]")


def _allowed(connection: Connection, row: Tender, persons: Collection[str]) -> set[tuple[str, str]]:
    """Person and the role in which it may sit. All of them sign scores, for which the role expert is needed."""
    found = connection.execute(
        select(people.c.person, people.c.organisation)
        .join(roles, roles.c.person == people.c.person)
        .where(people.c.person.in_(persons), roles.c.role == "expert")
    )
    return {(one.person, "buyer" if one.organisation == row.agency else "expert") for one in found}


def check_seat(connection: Connection, caller: Caller, tender: str, bidders: Collection[str]) -> None:
    """Raise Forbidden unless the caller sits on the committee, has not recused itself, and belongs to no bidder."""
    seat = select(committee.c.role).where(committee.c.tender == tender, committee.c.person == caller.person)
    if connection.execute(seat).first() is None:
        raise Forbidden(
            "not_a_member", "您不是本项目评标委员会成员。", "You are not of this tender's committee.", field="tender"
        )
    recused = select(declarations.c.person).where(
        declarations.c.tender == tender, declarations.c.person == caller.person, declarations.c.recused.is_(True)
    )
    if connection.execute(recused).first() is not None:
        raise Forbidden(
            "recused", "您已回避，不能评分。", "You have recused yourself and may not score.", field="tender"
        )
    if caller.organisation in bidders:
        raise Forbidden(
            "interested",
            "与投标人有利害关系的人不得进入评标委员会，应当更换（招标投标法 37；实施条例 46）。",
            "Who belongs to a bidder may not evaluate and must be replaced.",
            cites="招标投标法 37；招标投标法实施条例 46",
        )


def _verified(connection: Connection, caller: Caller, signed: dict[str, Any]) -> dict[str, Any]:
    """The object, signed by one of the caller's score keys that were not replaced."""
    registered = parties.keys_of(connection, caller.person, "score").standing
    if not registered:
        raise Conflict("no_score_key", "请先登记评分签名密钥。", "Register a key for scores first.", field="score")
    refusal: Malformed | None = None
    for public_key in reversed(registered):
        try:
            return signing.verify(signed, public_key, SCORE_TYPE)
        except Malformed as fault:
            refusal = fault
    raise refusal or AssertionError("unreachable: there was a key")


def _wrong(reason: str, zh: str, en: str, field: str = "members") -> Malformed:
    return Malformed(reason, f"评标委员会：{zh}。", f"Committee: {en}.", field=field)
