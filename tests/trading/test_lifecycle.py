"""The stage table: the whole matrix as a golden file, and what a hold stops."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from notary.errors import Conflict, Held
from tests.trading.examples import CONSTRUCTION, PROCUREMENT
from trading import lifecycle, procedures

GOLDEN = Path(__file__).parent.parent / "golden" / "lifecycle.txt"


def test_the_matrix_is_the_one_that_was_reviewed() -> None:
    """After a wanted change write the new text into the file, and read the difference."""
    text = "\n".join(f"== {p.name} since {p.since}\n{lifecycle.matrix(p)}" for p in procedures.catalogue())
    assert text == GOLDEN.read_text("utf-8")


@pytest.mark.parametrize("procedure", [CONSTRUCTION, PROCUREMENT], ids=lambda procedure: procedure.name)
def test_every_stage_and_act_is_done_or_refused(procedure: procedures.Procedure) -> None:
    for stage, act in product(lifecycle.STAGES, lifecycle.ACTS):
        possible = procedure.stages.get(stage, ())
        if act in possible:
            assert lifecycle.after(stage, act, procedure, held=act == "lift") == lifecycle.TABLE[stage, act]
            continue
        with pytest.raises(Conflict) as refused:
            lifecycle.after(stage, act, procedure)
        assert refused.value.facts["possible"] == list(possible)


@pytest.mark.parametrize("procedure", [CONSTRUCTION, PROCUREMENT], ids=lambda procedure: procedure.name)
def test_from_every_stage_an_end_can_be_reached(procedure: procedures.Procedure) -> None:
    for stage in procedure.stages:
        seen, todo = {stage}, [stage]
        while todo:
            at = todo.pop()
            following = {lifecycle.TABLE[at, act] for act in procedure.stages.get(at, ())} - seen
            seen |= following
            todo += following
        assert seen & lifecycle.DONE


def test_the_ends() -> None:
    assert set(lifecycle.DONE) == {"failed", "cancelled", "completed", "terminated"}
    with pytest.raises(Conflict):
        lifecycle.after("failed", "bid", CONSTRUCTION)


def test_candidates_are_published_only_where_the_procedure_does_so() -> None:
    assert lifecycle.after("evaluated", "publish_candidates", CONSTRUCTION) == "publicity"
    assert lifecycle.after("evaluated", "propose_award", PROCUREMENT) == "awarding"
    for act, procedure in (("propose_award", CONSTRUCTION), ("publish_candidates", PROCUREMENT)):
        with pytest.raises(Conflict):
            lifecycle.after("evaluated", act, procedure)


@pytest.mark.parametrize("act", ["bid", "withdraw", "ask", "answer", "amend", "hold", "lift"])
def test_a_hold_lets_the_stage_go_on(act: str) -> None:
    assert lifecycle.after("open", act, CONSTRUCTION, held=True) == "open"


@pytest.mark.parametrize(
    ("stage", "act"),
    [("open", "close"), ("closed", "open"), ("opened", "evaluate"), ("publicity", "propose_award"), ("closed", "fail")],
)
def test_a_hold_stops_the_next_stage(stage: str, act: str) -> None:
    with pytest.raises(Held):
        lifecycle.after(stage, act, CONSTRUCTION, held=True)


def test_a_hold_may_end_in_cancellation_and_is_lifted_once() -> None:
    assert lifecycle.after("open", "cancel", CONSTRUCTION, held=True) == "cancelled"
    with pytest.raises(Conflict, match="not_held"):
        lifecycle.after("open", "lift", CONSTRUCTION)
