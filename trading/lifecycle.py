"""The one stage table of a tender. A procedure names the part of it that it uses; nothing else says what follows.

A hold (暂停) is not a stage: while it lasts a tender may not move to another stage, only be cancelled. So it is
while an objection is unanswered that suspends (招标投标法实施条例 22、54), and while a complaint suspends the lot
(条例 62；政府采购法 57). Bids, questions and answers go on; the deadline stands unless an amendment moves it, and what
was due meanwhile is done once the answer or the ruling is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from notary.errors import Conflict, Held

TABLE: Mapping[tuple[str, str], str] = {
    ("draft", "edit"): "draft",
    ("draft", "announce"): "draft",
    ("draft", "submit"): "proposed",
    ("draft", "cancel"): "cancelled",
    ("proposed", "send_back"): "draft",
    ("proposed", "approve_publication"): "open",
    ("proposed", "cancel"): "cancelled",
    ("open", "ask"): "open",
    ("open", "object"): "open",
    ("open", "answer"): "open",
    ("open", "amend"): "open",
    ("open", "bid"): "open",
    ("open", "withdraw"): "open",
    ("open", "invite"): "open",
    ("open", "hold"): "open",
    ("open", "lift"): "open",
    ("open", "apply"): "open",
    ("open", "admit"): "open",
    ("open", "bid_in_auction"): "open",
    ("open", "steer"): "open",
    ("open", "knock_down"): "sold",
    ("open", "end_unsold"): "failed",
    ("open", "close"): "closed",
    ("open", "cancel"): "cancelled",
    ("sold", "hold"): "sold",
    ("sold", "lift"): "sold",
    ("sold", "object"): "sold",
    ("sold", "answer"): "sold",
    ("sold", "propose_award"): "awarding",
    ("sold", "fail"): "failed",
    ("closed", "hold"): "closed",
    ("closed", "lift"): "closed",
    ("closed", "open"): "opened",
    ("closed", "fail"): "failed",
    ("closed", "cancel"): "cancelled",
    ("opened", "object"): "opened",
    ("opened", "answer"): "opened",
    ("opened", "confirm"): "opened",
    ("opened", "score"): "opened",
    ("opened", "hold"): "opened",
    ("opened", "lift"): "opened",
    ("opened", "evaluate"): "evaluated",
    ("opened", "fail"): "failed",
    ("opened", "cancel"): "cancelled",
    ("evaluated", "evaluate"): "evaluated",
    ("evaluated", "hold"): "evaluated",
    ("evaluated", "lift"): "evaluated",
    ("evaluated", "publish_candidates"): "publicity",
    ("evaluated", "propose_award"): "awarding",
    ("evaluated", "fail"): "failed",
    ("evaluated", "cancel"): "cancelled",
    ("publicity", "object"): "publicity",
    ("publicity", "answer"): "publicity",
    ("publicity", "hold"): "publicity",
    ("publicity", "lift"): "publicity",
    ("publicity", "evaluate"): "evaluated",
    ("publicity", "propose_award"): "awarding",
    ("publicity", "fail"): "failed",
    ("publicity", "cancel"): "cancelled",
    ("awarding", "object"): "awarding",
    ("awarding", "answer"): "awarding",
    ("awarding", "hold"): "awarding",
    ("awarding", "lift"): "awarding",
    ("awarding", "propose_award"): "awarding",
    ("awarding", "approve_award"): "awarded",
    ("awarding", "fail"): "failed",
    ("awarding", "cancel"): "cancelled",
    ("awarded", "object"): "awarded",
    ("awarded", "answer"): "awarded",
    ("awarded", "propose_award"): "awarding",
    ("awarded", "fail"): "failed",
    ("awarded", "register_contract"): "contracted",
    ("contracted", "object"): "contracted",
    ("contracted", "answer"): "contracted",
    ("contracted", "change_contract"): "contracted",
    ("contracted", "record_performance"): "contracted",
    ("contracted", "complete_contract"): "completed",
    ("contracted", "terminate_contract"): "terminated",
}
STAGES = tuple(dict.fromkeys([stage for stage, _ in TABLE] + list(TABLE.values())))
ACTS = tuple(dict.fromkeys(act for _, act in TABLE))
FIRST = "draft"
DONE = frozenset(STAGES) - {stage for stage, _ in TABLE}


class Staged(Protocol):
    """What is asked of a procedure: the acts that it allows in each stage."""

    @property
    def stages(self) -> Mapping[str, tuple[str, ...]]: ...


def after(
    stage: str, act: str, procedure: Staged, *, held: bool = False, objected: bool = False, complained: bool = False
) -> str:
    """The stage after the act. Raises Conflict where the procedure does not allow it, Held while a hold lasts.

    objected: an objection is unanswered, before whose answer nothing may go on. complained: a complaint suspends.
    """
    if act not in procedure.stages.get(stage, ()):
        raise Conflict(
            "act_not_in_stage",
            f"当前阶段（{stage}）不能进行此操作（{act}）。",
            f"In stage {stage} the act {act} is not possible.",
            stage=stage,
            act=act,
            possible=list(procedure.stages.get(stage, ())),
        )
    if act == "lift" and not held:
        raise Conflict("not_held", "项目没有暂停，无需恢复。", "The tender is not on hold.", stage=stage, act=act)
    following = TABLE[stage, act]
    if held and following != stage and act != "cancel":
        raise Held(
            "on_hold",
            "项目暂停期间不能进入下一阶段；恢复后再办理。",
            "While on hold the tender cannot move to another stage; try again after it is lifted.",
            stage=stage,
            act=act,
        )
    if objected and following != stage and act != "cancel":
        raise Held(
            "objection_unanswered",
            "有异议尚未答复，答复前不能进入下一阶段（招标投标法实施条例 22、54）。",
            "An objection is unanswered: before the answer the tender cannot move to another stage.",
            stage=stage,
            act=act,
        )
    if complained and following != stage and act != "cancel":
        raise Held(
            "complaint_suspends",
            "投诉处理期间已责令暂停，处理决定作出或者暂停期满前不能进入下一阶段"
            "（招标投标法实施条例 62；政府采购法 57）。",
            "A complaint suspends the tender: it moves to no other stage before the ruling or the suspension's end.",
            stage=stage,
            act=act,
        )
    return following


def matrix(procedure: Staged) -> str:
    """The procedure's whole matrix as text, a line for each stage and act: the golden file that a reviewer reads."""
    width = max(map(len, STAGES))
    lines = []
    for stage in STAGES:
        allowed = procedure.stages.get(stage, ())
        for act in ACTS:
            then = TABLE[stage, act] if act in allowed else "-"
            lines.append(f"{stage:<{width}}  {act:<19}  {then}")
    return "\n".join(lines) + "\n"
