"""The catalogue: what is in it, and that data which cannot be stops the start, naming field and article."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from notary import canonical
from notary.errors import Unknown
from tests.trading.examples import CONSTRUCTION, NOON, PROCUREMENT, beijing
from trading import methods, procedures
from trading.criteria import SHAPES
from trading.limits import LIMITS, wanted

CATALOGUE = Path(procedures.__file__).with_name("catalogue")
ALL = pytest.mark.parametrize("procedure", procedures.catalogue(), ids=lambda procedure: procedure.name)
INVITED = procedures.in_force("construction-invited", NOON)
BY_LOT = procedures.in_force("procurement-invited", NOON)
QUOTES = procedures.in_force("procurement-rfq", NOON)
SINGLE = procedures.in_force("procurement-single-source", NOON)
LISTING = procedures.in_force("land-listing", NOON)
AUCTION = procedures.in_force("land-auction", NOON)
EQUITY = procedures.in_force("property-bidding", NOON)
ASSETS = procedures.in_force("property-assets", NOON)
HAMMER = procedures.in_force("property-auction", NOON)
LAND_TENDER = procedures.in_force("land-tender", NOON)
INCREASE = procedures.in_force("property-increase", NOON)
OFFER = procedures.in_force("rural-offer", NOON)
VILLAGE = procedures.in_force("rural-auction", NOON)


GROUND = {"id": "control", "cites": "32号令 13", "zh": "控制权转移", "en": "Change of control", "confirmed": False}


def table(name: str) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((CATALOGUE / f"{name}.toml").read_text("utf-8"))["procedure"][0]
    return deepcopy(found)


@ALL
def test_every_limit_is_stated_or_absent_with_a_reason(procedure: procedures.Procedure) -> None:
    has = {
        "auction": procedure.auction,
        "inviting": procedure.invitation,
        "prior": procedure.prior,
        "valued": procedure.valuation,
    }
    asked = wanted(**{name: one is not None for name, one in has.items()})
    assert procedure.limits.keys() | procedure.absent.keys() == asked
    assert wanted(auction=True, inviting=True, prior=True, valued=True) == LIMITS.keys()
    assert all(reason.strip() for reason in procedure.absent.values())


@ALL
def test_the_content_comes_back_and_keeps_its_version(procedure: procedures.Procedure) -> None:
    stored = canonical.loads_canonical(canonical.dumps(procedure.content))
    again = procedures.from_content(stored)
    assert again == procedure
    assert procedures.procedures()[again.version] == procedure


@ALL
def test_its_methods_are_in_the_registry(procedure: procedures.Procedure) -> None:
    assert {method.name for method in procedure.methods} <= set(methods.METHODS)


def test_government_procurement_scores_prices_by_the_lowest_alone() -> None:
    """87号令 55: no price is left out of the score, so no benchmark and no trimmed mean."""
    assert {method.name for method in PROCUREMENT.methods} == {"lowest_evaluated_price", "comprehensive"}


@pytest.mark.parametrize(
    ("procedure", "name", "value", "unit", "bound", "cites"),
    [
        (CONSTRUCTION, "document_period", 20, "calendar_day", "min", "招标投标法 24"),
        (CONSTRUCTION, "document_offer", 5, "calendar_day", "min", "招标投标法实施条例 16"),
        (CONSTRUCTION, "clarification", 15, "calendar_day", "min", "招标投标法 23；招标投标法实施条例 21"),
        (CONSTRUCTION, "question_cutoff", 10, "calendar_day", "min", "招标投标法实施条例 22"),
        (CONSTRUCTION, "publicity", 3, "calendar_day", "min", "招标投标法实施条例 54"),
        (CONSTRUCTION, "deposit_share", 2, "percent", "max", "招标投标法实施条例 26"),
        (CONSTRUCTION, "contract", 30, "calendar_day", "max", "招标投标法 46"),
        (CONSTRUCTION, "supervisor_report", 15, "calendar_day", "max", "招标投标法 47"),
        (CONSTRUCTION, "candidates", 3, "count", "max", "招标投标法实施条例 53"),
        (PROCUREMENT, "document_period", 20, "calendar_day", "min", "政府采购法 35"),
        (PROCUREMENT, "document_offer", 5, "working_day", "min", "政府采购法实施条例 31；87号令 18"),
        (PROCUREMENT, "winner_decision", 5, "working_day", "max", "政府采购法实施条例 43；87号令 68"),
        (PROCUREMENT, "award_announcement", 2, "working_day", "max", "政府采购法实施条例 43；87号令 69"),
        (PROCUREMENT, "award_publicity", 1, "working_day", "min", "87号令 69"),
        (PROCUREMENT, "committee_size_large", 7, "count", "min", "87号令 47"),
        (PROCUREMENT, "price_weight_goods", 30, "percent", "min", "87号令 55"),
        (PROCUREMENT, "price_weight_services", 10, "percent", "min", "87号令 55"),
        (PROCUREMENT, "archive", 15, "year", "min", "政府采购法 42"),
        (PROCUREMENT, "low_price_mean", 50, "percent", "below", "财库〔2026〕2号"),
        (INVITED, "min_invited", 3, "count", "min", "招标投标法 17"),
        (INVITED, "document_period", 20, "calendar_day", "min", "招标投标法 24"),
        (BY_LOT, "min_invited", 3, "count", "min", "政府采购法 34；87号令 14"),
        (BY_LOT, "invited_pool", 200, "percent", "min", "87号令 14"),
        (QUOTES, "min_invited", 3, "count", "min", "政府采购法 40(二)"),
        (QUOTES, "document_period", 3, "working_day", "min", "74号令 45"),
        (QUOTES, "committee_size", 3, "count", "min", "政府采购法 40(一)；74号令 7"),
        (QUOTES, "committee_experts", 2, "third", "min", "政府采购法 40(一)；74号令 7"),
        (QUOTES, "min_bidders", 3, "count", "min", "政府采购法 40(二)；74号令 50(三)"),
        (SINGLE, "prior_notice", 5, "working_day", "min", "政府采购法实施条例 38"),
        (SINGLE, "comment_answer", 5, "working_day", "max", "74号令 40"),
        (SINGLE, "min_invited", 1, "count", "min", "政府采购法 31(一)"),
        (LISTING, "auction_notice", 20, "calendar_day", "min", "39号令 8"),
        (LISTING, "listing_period", 10, "working_day", "min", "39号令 18"),
        (LISTING, "deposit_least", 20, "percent", "min", "国土资发〔2010〕34号"),
        (LISTING, "contract", 10, "working_day", "max", "国土资发〔2010〕34号"),
        (LISTING, "award_announcement", 10, "working_day", "max", "39号令 21"),
        (LISTING, "loser_refund", 5, "working_day", "max", "39号令 22"),
        (LISTING, "resume_notice", 5, "calendar_day", "min", "太仓规则 25-26（地方规则）"),
        (AUCTION, "min_registered", 3, "count", "min", "39号令 13、15、19"),
        (AUCTION, "auction_display", 2, "calendar_day", "min", "拍卖法 48"),
        (EQUITY, "disclosure", 20, "working_day", "min", "32号令 13"),
        (EQUITY, "appraisal_share", 100, "percent", "min", "32号令 17"),
        (EQUITY, "approval_share", 90, "percent", "min", "32号令 18"),
        (EQUITY, "full_payment", 5, "working_day", "max", "32号令 28"),
        (EQUITY, "down_payment", 30, "percent", "min", "32号令 28"),
        (EQUITY, "balance_time", 1, "year", "max", "32号令 28"),
        (EQUITY, "award_publicity", 5, "working_day", "min", "32号令（条款未经核实）"),
        (ASSETS, "disclosure", 10, "working_day", "min", "32号令 50（条款未经核实；地方规则同）"),
        (ASSETS, "disclosure_large", 20, "working_day", "min", "32号令 50（条款未经核实；地方规则同）"),
        (HAMMER, "auction_notice", 7, "calendar_day", "min", "拍卖法 45"),
        (HAMMER, "auction_display", 2, "calendar_day", "min", "拍卖法 48"),
        (LAND_TENDER, "document_period", 20, "calendar_day", "min", "39号令 8"),
        (LAND_TENDER, "min_bidders", 3, "count", "min", "39号令 13、15、19"),
        (LAND_TENDER, "committee_size", 5, "count", "min", "39号令 14（条款未经核实）"),
        (INCREASE, "document_period", 40, "working_day", "min", "32号令 39（条款未经核实）"),
        (OFFER, "publicity", 5, "working_day", "min", "国办发〔2014〕71号（条款未经核实）"),
        (VILLAGE, "sale_publicity", 5, "working_day", "min", "国办发〔2014〕71号（条款未经核实）"),
    ],
)
def test_limits(procedure: procedures.Procedure, name: str, value: int, unit: str, bound: str, cites: str) -> None:
    limit = procedure.limits[name]
    assert (limit.value, limit.unit, limit.bound, limit.cites) == (value, unit, bound, cites)


@ALL
def test_what_was_not_read_in_the_law_is_not_confirmed(procedure: procedures.Procedure) -> None:
    unsure = {name for name, limit in procedure.limits.items() if limit.mark in {"V3", "U"}}
    assert unsure == {name for name, limit in procedure.limits.items() if not limit.confirmed}


def test_the_version_in_force_is_that_of_the_beijing_day() -> None:
    later = procedures.from_content(CONSTRUCTION.content | {"since": "2027-01-01"})
    known = (CONSTRUCTION, later)
    assert procedures.in_force("construction-open", beijing("2026-12-31 23:59"), known) == CONSTRUCTION
    assert procedures.in_force("construction-open", beijing("2027-01-01 00:00"), known) == later
    assert later.version != CONSTRUCTION.version
    for name, moment in (("construction-open", beijing("2022-08-31 23:59")), ("none-such", NOON)):
        with pytest.raises(Unknown):
            procedures.in_force(name, moment, known)


def test_a_version_stands_once(tmp_path: Path) -> None:
    text = (CATALOGUE / "construction.toml").read_text("utf-8")
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(procedures.ImpossibleProcedure, match="twice"):
        procedures.load(tmp_path.glob("*.toml"))


Change = Callable[[dict[str, Any]], Any]


def put(value: object, *path: str | int) -> Change:
    def change(found: Any) -> None:
        for step in path[:-1]:
            found = found[step]
        found[path[-1]] = value

    return change


PRICE = {"type": "money", "name": "price", "zh": "价", "en": "Price", "required": True, "min": "1.00", "max": "0.99"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.pop("fees"), "fees"),
        (lambda t: t.update(colour="red"), "colour"),
        (lambda t: t["limits"]["publicity"].pop("roll"), "roll"),
        (lambda t: t["limits"].pop("deposit_share"), "limits.deposit_share: must be stated"),
        (put("a reason", "absent", "deposit_share"), "limits.deposit_share: must be stated, or given as absent"),
        (put("a reason", "absent", "colour"), "limits.colour: there is no such limit"),
        (put("20", "limits", "document_period", "value"), "Expected `int`"),
        (put(-1, "limits", "document_period", "value"), r"limits.document_period \(招标投标法 24\): negative"),
        (put("percent", "limits", "document_period", "unit"), r"招标投标法 24\): the unit percent does not fit"),
        (put("fortnight", "limits", "document_period", "unit"), "fortnight"),
        (put("of", "limits", "document_period", "way"), r"招标投标法 24\): the way of does not fit"),
        (put("the law", "limits", "document_period", "cites"), "names no article"),
        (put(date(2030, 1, 1), "limits", "document_period", "since"), "younger than the procedure"),
        (lambda t: t["limits"]["deposit_amount"].update(confirmed=True), r"30号令）37\): only what was read"),
        (put("hour", "limits", "question_cutoff", "unit"), r"实施条例 22\): counts back in days only"),
        (put(["edit", "fly"], "stages", "draft"), "stages.draft: fly is not in the stage table"),
        (put(["edit", "edit", "submit"], "stages", "draft"), "stages.draft: an act is given twice"),
        (put(["edit"], "stages", "draft"), "stages.proposed: no act leads there"),
        (lambda t: t["stages"].pop("opened"), "stages.opened: nothing leads on"),
        (put([{"keys": 1, "trustees": 3}], "opening", "choices"), "1 of 3"),
        (put([{"keys": 2, "trustees": 4}], "opening", "choices"), "2 of 4 has disjoint"),
        (put([{"keys": 4, "trustees": 3}], "opening", "choices"), "4 of 3"),
        (put([{"keys": 4, "trustees": 6}], "opening", "choices"), "4 of 6 makes more than 12"),
        (put([], "opening", "choices"), "no choice"),
        (put(13, "opening", "max_quorums"), "more than 12"),
        (put("none", "rejection", "over_ceiling"), "over_ceiling is none of them"),
        (put([], "subjects"), "subjects: empty"),
        (put([PRICE], "form", "fields"), "form.fields.price: bounds"),
        (put([PRICE | {"max": "2.00", "required": False}], "form", "fields"), "must be a required money field"),
        (put([PRICE | {"max": "2.00"}] * 2, "form", "fields"), "given twice"),
        (put([PRICE | {"max": "1E9"}], "form", "fields"), "form.fields.price"),
        (lambda t: t["stages"].pop("publicity"), "publicity"),
        (put({"cites": "招标投标法 17", "ways": []}, "invitation"), "limits.min_invited: must be stated"),
        (put("a reason", "absent", "min_invited"), "limits.min_invited: there is no such limit"),
        (lambda t: t["stages"]["open"].append("invite"), "the act invite of the stage open go together"),
    ],
)  # fmt: skip
def test_impossible_data_stops_the_start(change: Change, says: str) -> None:
    broken = table("construction")
    change(broken)
    with pytest.raises(procedures.ImpossibleProcedure, match=says):
        procedures.checked(broken, "broken")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.pop("invitation"), "limits.invited_pool: there is no such limit"),
        (lambda t: t["limits"].pop("min_invited"), "limits.min_invited: must be stated"),
        (lambda t: t["stages"]["open"].remove("invite"), "the act invite of the stage open go together"),
        (lambda t: t["invitation"]["ways"].append(t["invitation"]["ways"][0]), "invitation.ways: a way is given twice"),
        (put([], "invitation", "ways"), "limits.invited_pool and a way from a pool go together"),
    ],
)
def test_impossible_invitations_stop_the_start(change: Change, says: str) -> None:
    broken = table("procurement-invited")
    change(broken)
    with pytest.raises(procedures.ImpossibleProcedure, match=says):
        procedures.checked(broken, "broken")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.pop("prior"), "limits.comment_answer: there is no such limit"),
        (lambda t: t["stages"]["draft"].remove("announce"), "prior and the act announce of the stage draft"),
        (lambda t: t["limits"].pop("prior_notice"), "limits.prior_notice: must be stated"),
        (put([], "prior", "items"), "prior.items: none, or one is given twice"),
        (lambda t: t["prior"]["grounds"].append(GROUND), "prior.grounds: it is needed always"),
        (put(["wish"], "prior", "kept"), "prior.kept"),
        (lambda t: t["amendable"]["fields"].append("budget"), "amendable.fields: budget is kept by the prior notice"),
        (lambda t: t["stages"]["open"].append("invite"), "the act invite of the stage open go together"),
        (put(0, "invitation", "most"), "invitation.most: fewer than limits.min_invited"),
    ],
)
def test_impossible_prior_notices_stop_the_start(change: Change, says: str) -> None:
    broken = table("procurement-single-source")
    change(broken)
    with pytest.raises(procedures.ImpossibleProcedure, match=says):
        procedures.checked(broken, "broken")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (put(["bid"], "envelope_kinds"), "envelope_kinds: an auction decides"),
        (put([], "auction", "grounds"), "auction.grounds: none"),
        (lambda t: t["stages"]["open"].remove("knock_down"), "an auction ends with knock_down"),
        (lambda t: t["limits"].pop("listing_period"), "limits.listing_period: must be stated"),
        (lambda t: t.pop("auction"), "limits.auction_display: there is no such limit"),
        (put("descending_rounds", "auction", "kind"), "descending_rounds"),
        (put({"cites": "32号令 17"}, "valuation"), "limits.appraisal_share: must be stated"),
        (lambda t: t["stages"]["sold"].append("object"), "limits.sale_publicity and the act object"),
    ],
)
def test_impossible_auctions_stop_the_start(change: Change, says: str) -> None:
    broken = table("land")
    change(broken)
    with pytest.raises(procedures.ImpossibleProcedure, match=says):
        procedures.checked(broken, "broken")


def test_who_asks_for_quotations_ranks_by_price_alone() -> None:
    """政府采购法 40(四): the lowest of those that meet quality and service; goods only (政府采购法 32)."""
    assert [method.name for method in QUOTES.methods] == ["lowest_evaluated_price"]
    assert QUOTES.subjects == ("goods",)
    assert "evaluation" not in QUOTES.amendable.fields


@ALL
def test_who_sells_by_sealed_bids_has_a_floor_in_every_method(procedure: procedures.Procedure) -> None:
    floored = {method.name for method in procedure.methods if SHAPES[method.name].own == "floor"}
    assert floored == ({method.name for method in procedure.methods} if procedure.sells else set())


def test_an_unknown_limit_is_a_mistake_of_the_code() -> None:
    assert PROCUREMENT.limit("publicity") is None
    with pytest.raises(KeyError):
        PROCUREMENT.limit("publicty")
