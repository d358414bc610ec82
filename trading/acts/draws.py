"""A draw of experts (随机抽取评标专家), each step an entry of the record; docs/spec/draw.md says why nobody can fix it.

The pool, under pseudonyms, comes first; then commitments of all parties, their values, and with the last value the
result. Whom a pseudonym names is known to whoever has the draw's secret; `committee_set` shows it of those who sit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from notary import draws, forms, notes, record, signing
from notary.entries import Entry
from notary.errors import Conflict, Forbidden, Malformed, RuleBroken
from notary.publish import index_of
from notary.rows import checkpoints, entries
from notary.work import Unit
from trading import drawing
from trading.acts import parties, pool, stages
from trading.acts.stages import Tender
from trading.caller import Caller
from trading.drawing import Committed, Draw, Failure, Reason, Revealed
from trading.rows import declarations, draw_secrets, pool_experts, scores

STAGES = frozenset({"closed", "opened"})
PURPOSE = "draw"
Said = TypeVar("Said", Committed, Revealed)


def of_tender(connection: Connection, tender: str) -> list[Draw]:
    """All draws of a lot, the last one is the one that counts."""
    rows = connection.execute(
        select(entries).where(entries.c.tender == tender, entries.c.kind.in_(drawing.KINDS)).order_by(entries.c.serial)
    )
    return drawing.read((row.commitment, row.kind, record.of_row(row).body) for row in rows)


def check_open(connection: Connection, row: Tender) -> None:
    """Raise Conflict where the lot has no committee to be drawn: before its closing, and from the first score on."""
    if row.stage not in STAGES:
        raise Conflict(
            "not_closed",
            "评标专家在截标之后、评标之前抽取。",
            "Experts are drawn after the closing and before the evaluation.",
            field="tender",
        )
    if connection.execute(select(scores.c.leaf).where(scores.c.tender == row.tender).limit(1)).first():
        raise Conflict("scored_already", "已有成员评分，不能再换人。", "A member has scored already.", field="tender")


def commit(unit: Unit, caller: Caller, tender: str, signed: Mapping[str, Any]) -> Entry:
    """Take a party's two commitments. The first one names the checkpoint for all.

    Raises Forbidden (not_a_party), Conflict (draw_state_wrong, committed_already, …), Malformed (signature_wrong, …).
    """
    row, draw = _current(unit.connection, tender, "committing")
    said = _said(unit.connection, caller, row, draw, signed, Committed)
    if said.party in draw.commitments:
        raise Conflict("committed_already", "本单位已经承诺，不能更改。", "Your commitment is there, and stays.")
    named = forms.plain(said.checkpoint)
    others = [one["checkpoint"] for one in draw.commitments.values()]
    if others and others[0] != named:
        raise Malformed(
            "checkpoint_other",
            "各方承诺须写明同一检查点，请按第一份承诺的检查点重新签署。",
            "All commitments name one checkpoint: sign anew with that of the first one.",
            field="commitment.checkpoint",
            checkpoint=dict(others[0]),
        )
    _check_checkpoint(unit.connection, draw, said)
    return unit.record(drawing.COMMITTED, row.tender, row.lot, {"commitment": signed}, disclosed=True)


def reveal(unit: Unit, caller: Caller, tender: str, signed: Mapping[str, Any]) -> Entry:
    """Take a value, a party's own or one by which it stands in; with the last one the draw is made.

    Raises Forbidden (not_a_party), Conflict (draw_state_wrong, not_your_turn), Malformed (value_wrong, …).
    """
    row, draw = _current(unit.connection, tender, "revealing")
    said = _said(unit.connection, caller, row, draw, signed, Revealed)
    if draw.turns().get(said.of) != said.party:
        raise Conflict(
            "not_your_turn",
            "现在不由本单位公布这个随机值。",
            "It is not for you to reveal this value now.",
            field="reveal.of",
            turns=draw.turns(),
        )
    stands_in = said.of != said.party
    found = draws.commitment(
        bytes.fromhex(draw.leaf), said.of, stands_in=stands_in, value=bytes.fromhex(said.value)
    ).hex()
    if found != draw.committed_value(said.of, said.party):
        raise Malformed(
            "value_wrong",
            "随机值与先前的承诺不符，未记录。",
            "The value is not the one committed to; nothing was recorded.",
            field="reveal.value",
        )
    body = {"reveal": signed}
    entry = unit.record(drawing.REVEALED, row.tender, row.lot, body, disclosed=True)
    draw.take(drawing.REVEALED, body)
    if len(draw.values) == len(draw.parties):
        _make(unit, row, draw)
    return entry


def withhold(unit: Unit, caller: Caller, tender: str, *, of: str) -> Entry:
    """State that the party whose turn it is has not revealed the value of `of`: then another stands in for it.

    The agency says so, and is named by it if it does so early: the record shows what was in time. Raises Conflict.
    """
    row, draw = _current(unit.connection, tender, "revealing", caller)
    party = draw.turns().get(of)
    if party is None:
        raise Conflict(
            "nothing_withheld",
            "这个随机值已公布，或其替补也未公布；后者请宣告抽取失败。",
            "That value is there, or the one who stands in withholds it too: then say that the draw has failed.",
            field="of",
        )
    body = {"draw": draw.leaf, "of": of, "party": party}
    return unit.record(drawing.WITHHELD, row.tender, row.lot, body, disclosed=True)


def replace(unit: Unit, caller: Caller, tender: str, *, person: str, reason: Reason, bidders: Collection[str]) -> Entry:
    """Let the next in the drawn order take the seat of a person who goes.

    bidders: codes of those whose bids were opened, none before the opening. Raises Conflict (not_drawn, reason_wrong,
    pool_exhausted, …).
    """
    row, draw = _current(unit.connection, tender, "made", caller)
    gone = next((one for one, its in persons(unit.connection, draw).items() if its == person), None)
    if gone is None:
        raise Conflict("not_drawn", "此人不在抽中的席位上。", "This person does not sit.", field="person")
    _check_reason(unit, row, person, reason, bidders)
    after = draw.seated(gone)
    seated = next(new for now, then in zip(draw.seated(), after, strict=True) for new in then if new not in now)
    body = {"draw": draw.leaf, "gone": gone, "reason": reason, "seated": seated}
    return unit.record(drawing.REPLACED, row.tender, row.lot, body, disclosed=True)


def fail(unit: Unit, caller: Caller, tender: str, *, reason: Failure, person: str | None = None) -> Entry:
    """End a draw that has no result, or can fill a seat no more (person: whose seat); another can be called then.

    `abandoned` before the first value alone: from then on somebody may know the result, and dislike it.
    Raises Conflict (reason_wrong, …).
    """
    row, draw = _last(unit.connection, tender, caller)
    gone = None
    if reason == "exhausted" and draw.state == "made":
        known = {its: one for one, its in persons(unit.connection, draw).items()}
        gone = known.get(person or "")
    good = {
        "abandoned": draw.state in {"committing", "revealing"} and not draw.values,
        "withheld": None in draw.turns().values(),
        "exhausted": gone is not None and _is_exhausted(draw, gone),
    }
    if not good[reason]:
        raise Conflict(
            "reason_wrong",
            "抽取不具备以此理由终止的条件；已公布随机值的抽取不能放弃。",
            "The draw cannot end for that reason: once a value is revealed it is not given up.",
            field="reason",
            state=draw.state,
        )
    body = {"draw": draw.leaf, "gone": gone, "reason": reason}
    return unit.record(drawing.FAILED, row.tender, row.lot, body, disclosed=True)


def persons(connection: Connection, draw: Draw) -> dict[str, str]:
    """Pseudonym to person, of those who sit by now. Nobody ever leaves the table of the pool."""
    seated, secret = {one for seats in draw.seats or () for one in seats}, _secret(connection, draw)
    named = {drawing.candidate_of(secret, one): one for one in connection.scalars(select(pool_experts.c.person))}
    return {candidate: named[candidate] for candidate in seated}


def salts(connection: Connection, row: Tender, experts: Sequence[str]) -> dict[str, str]:
    """Of each expert, the salt that shows its pseudonym, when they are exactly those who were drawn; {} without a draw,
    where the procedure asks for none.

    Raises Conflict (draw_required, draw_unfinished), Malformed (not_the_drawn).
    """
    found = of_tender(connection, row.tender)
    if not found or found[-1].state == "failed":
        _check_not_asked(row)
        return {}
    draw = found[-1]
    if draw.state != "made":
        raise Conflict("draw_unfinished", "专家抽取尚未完成。", "The draw of experts is not finished.", field="members")
    secret = _secret(connection, draw)
    if {drawing.candidate_of(secret, one) for one in experts} != {one for seats in draw.seats or () for one in seats}:
        raise Malformed(
            "not_the_drawn",
            "评标委员会：专家须恰为抽中的人员；抽取、替补之后由招标人重新组成。",
            "Committee: its experts are exactly those who were drawn; after a draw the agency names it anew.",
            field="members",
        )
    return {person: drawing.salt_of(secret, person).hex() for person in experts}


def _check_not_asked(row: Tender) -> None:
    asked = stages.procedure_of(row).committee
    if asked.drawn:
        raise Conflict(
            "draw_required",
            f"本项目的专家须随机抽取，不能由招标人指定（{asked.drawn_cites}）；名单未保存。请先抽取专家，再组成评标委员会。",
            f"The experts of this lot are drawn, not named ({asked.drawn_cites}); nothing was saved. Call a draw, "
            "then name the committee.",
            field="members",
            cites=asked.drawn_cites,
        )


def _secret(connection: Connection, draw: Draw) -> bytes:
    found = select(draw_secrets.c.secret).where(draw_secrets.c.draw == draw.leaf)
    return bytes.fromhex(connection.execute(found).scalar_one())


def _make(unit: Unit, row: Tender, draw: Draw) -> None:
    draw.seed = draw.make()
    body = {"draw": draw.leaf, "seats": draw.seated(), "seed": draw.seed.hex()}
    unit.record(drawing.MADE, row.tender, row.lot, body, disclosed=True)


def _last(connection: Connection, tender: str, caller: Caller | None) -> tuple[Tender, Draw]:
    """caller: of the agency, where the step is the agency's."""
    row = stages.load_published(connection, tender) if caller is None else stages.load_own(connection, caller, tender)
    check_open(connection, row)
    found = of_tender(connection, tender)
    if not found:
        raise Conflict("no_draw", "本标段没有抽取。", "There is no draw in this lot.", field="tender")
    return row, found[-1]


def _current(connection: Connection, tender: str, state: str, caller: Caller | None = None) -> tuple[Tender, Draw]:
    row, draw = _last(connection, tender, caller)
    if draw.state != state:
        raise Conflict(
            "draw_state_wrong",
            f"抽取处于 {draw.state} 状态，不能进行此步。",
            f"The draw is {draw.state}: that step is not possible now.",
            field="tender",
            state=draw.state,
        )
    return row, draw


def _said(
    connection: Connection, caller: Caller, row: Tender, draw: Draw, signed: Mapping[str, Any], form: type[Said]
) -> Said:
    """The object, signed by the caller's organisation, a party of this draw."""
    if caller.organisation not in draw.parties:
        raise Forbidden("not_a_party", "本单位不是本次抽取的参与方。", "You are no party of this draw.", field="tender")
    said = forms.convert(signed["object"], form)
    wanted = (row.tender, row.lot, draw.leaf, caller.organisation)
    if (said.tender, said.lot, said.draw, said.party) != wanted:
        raise Malformed(
            "draw_other",
            "签署的不是本单位对本次抽取的声明。",
            "What is signed is another's, or of another draw.",
            field="object",
        )
    _check_signed(connection, signed, caller.organisation)
    return said


def _check_signed(connection: Connection, signed: Mapping[str, Any], owner: str) -> None:
    keys = parties.keys_of(connection, owner, PURPOSE).standing
    if not any(signing.verifies(signed, key) for key in keys):
        raise Malformed(
            "signature_wrong",
            "签名不是本单位登记的抽取密钥所签。",
            "It is not signed with a key for draws that your organisation has registered.",
            field="signature",
        )


def _check_checkpoint(connection: Connection, draw: Draw, said: Committed) -> None:
    """It is one of ours, cosigned, and holds the pool: whoever commits has seen that the pool stands."""
    note = connection.scalar(select(checkpoints.c.note).where(checkpoints.c.size == said.checkpoint.size))
    index = index_of(connection, draw.leaf)
    known = None if note is None else notes.parse_checkpoint(notes.parse_note(note.encode()).text)
    holds = known is not None and index is not None and index < known.size
    if known is None or not holds or signing.b64(known.root) != said.checkpoint.root:
        raise Malformed(
            "checkpoint_wrong",
            "所写检查点不是已公布的，或不包含抽取名单；请稍候再试。",
            "The checkpoint named is not a published one that holds the pool: wait a moment.",
            field="commitment.checkpoint",
        )


def _check_reason(unit: Unit, row: Tender, person: str, reason: Reason, bidders: Collection[str]) -> None:
    if reason == "absent" or (reason == "recused" and _has_recused(unit.connection, row.tender, person)):
        return
    if reason == "interested" and _is_interested(unit, row, person, bidders):
        return
    raise Conflict(
        "reason_wrong",
        "此人没有声明回避，或没有查到利害关系，不能以此理由更换。",
        "The person has not declared so, or no such interest is known: not for that reason.",
        field="reason",
    )


def _has_recused(connection: Connection, tender: str, person: str) -> bool:
    recused = select(declarations.c.person).where(
        declarations.c.tender == tender, declarations.c.person == person, declarations.c.recused.is_(True)
    )
    return connection.execute(recused).first() is not None


def _is_interested(unit: Unit, row: Tender, person: str, bidders: Collection[str]) -> bool:
    """Not for whom there are grounds of recusal, nor whom the administrator has suspended since."""
    try:
        pool.check_free(unit, row, [person], bidders)
        pool.check_not_suspended(unit.connection, [person])
    except (Conflict, RuleBroken):
        return True
    return False


def _is_exhausted(draw: Draw, gone: str) -> bool:
    try:
        draw.seated(gone)
    except Conflict:
        return True
    return False
