"""The evaluation's section of a draft: each method's criteria, filled in as the page shows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.pages import agency_forms
from api.pages.sent import Sent
from notary.errors import Malformed
from tests.trading.examples import CONSTRUCTION
from tests.trading.test_methods import DRAFTS
from trading import criteria

OTHERS = {"candidates": "3", "committee.size": "5", "committee.experts": "4"}


def sent(fields: dict[str, str]) -> Sent:
    return Sent(fields=fields, lists={}, key="", csrf="", body=b"")


def typed(method: str, draft: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The fields of a draft's criteria."""
    yield "method", method
    yield "price_marks", draft["price_marks"] or ""
    rows = {"part": draft["parts"], "cost": draft.get("life_cycle", {}).get("costs", [])}
    rows["benchmark.trim"] = draft.get("benchmark", {}).get("trim", [])
    for kind, found in rows.items():
        for number, row in enumerate(found, 1):
            yield from ((f"{kind}{number}.{name}", str(value)) for name, value in row.items())
    for own in ("benchmark", "life_cycle", "quality", "floor"):
        figures = draft.get(own, {})
        yield from ((f"{own}.{name}", value) for name, value in figures.items() if isinstance(value, str))


def filled(method: str, draft: dict[str, Any], **changed: str) -> dict[str, Any]:
    form = sent(OTHERS | dict(typed(method, draft)) | changed)
    written: dict[str, Any] = agency_forms.evaluation(form, CONSTRUCTION)["evaluation"]
    return criteria.compose(CONSTRUCTION, written["method"], written["criteria"], None)


def renamed(draft: dict[str, Any]) -> dict[str, Any]:
    """The draft with the names that a form gives."""
    made = dict(draft, ties=["price", "draw"] if draft["parts"] else ["draw"])
    made["parts"] = [part | {"name": f"part{number}"} for number, part in enumerate(draft["parts"], 1)]
    if "life_cycle" in draft:
        costs = [cost | {"name": f"cost{number}"} for number, cost in enumerate(draft["life_cycle"]["costs"], 1)]
        made["life_cycle"] = draft["life_cycle"] | {"costs": costs}
    return made


@pytest.mark.parametrize("method", sorted(DRAFTS))
def test_what_is_filled_in_is_what_the_notice_says(method: str) -> None:
    draft = renamed(DRAFTS[method])
    assert filled(method, DRAFTS[method]) == criteria.compose(CONSTRUCTION, method, draft, None)


@pytest.mark.parametrize("method", sorted(DRAFTS))
def test_figures_of_another_method_are_left_out(method: str) -> None:
    every = {name: text for draft in DRAFTS.values() for name, text in typed(method, draft)}
    form = sent(every | OTHERS | dict(typed(method, DRAFTS[method])))
    own = criteria.SHAPES[method].own
    written = agency_forms.evaluation(form, CONSTRUCTION)["evaluation"]["criteria"]
    assert {"benchmark", "life_cycle", "quality", "floor"} & written.keys() == ({own} if own else set())


@pytest.mark.parametrize(
    ("method", "name", "text"),
    [
        ("comprehensive_benchmark", "benchmark.above", "二"),
        ("comprehensive_benchmark", "benchmark.mean_factor", ""),
        ("life_cycle_cost", "life_cycle.discount", "5,0.0.0"),
        ("life_cycle_cost", "cost1.first", "-1"),
        ("quality_cost", "quality.least", "1e2"),
        ("quality_cost", "quality.clause", ""),
        ("highest_price", "floor.price", "NaN"),
    ],
)
def test_a_figure_that_is_none_is_refused_at_its_field(method: str, name: str, text: str) -> None:
    with pytest.raises(Malformed) as refused:
        filled(method, DRAFTS[method], **{name: text})
    assert refused.value.field == name


def test_a_method_that_is_unknown_is_refused() -> None:
    with pytest.raises(Malformed):
        filled("beauty", DRAFTS["comprehensive"])
