"""What the forms of an agency's draft say, section by section, as members of docs/http.md."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from api.pages.sent import Sent
from notary import clock
from notary.errors import Malformed
from trading import calendar, drafting
from trading.calendar import BEIJING
from trading.criteria import SHAPES
from trading.procedures import Procedure

_LINES = ("tender", "title", "scope", "region", "qualification")
_MOMENTS = ("documents_offered_until", "questions_until", "deadline")


def basics(sent: Sent, procedure: Procedure) -> dict[str, Any]:
    """Title, scope, money; who is invited, where the procedure invites."""
    return {
        **{name: sent.wanted(name) for name in _LINES},
        "title_en": sent.text("title_en"),
        "deposit": drafting.sum_text(sent.text("deposit") or "0", "deposit"),
        "invited": None if procedure.invitation is None else invited(sent),
        **({} if procedure.auction or procedure.sells else _spending(sent)),
    }


def _spending(sent: Sent) -> dict[str, Any]:
    ceiling = sent.text("ceiling")
    return {
        "funding": sent.wanted("funding"),
        "budget": drafting.sum_text(sent.wanted("budget"), "budget"),
        "ceiling": drafting.sum_text(ceiling, "ceiling") if ceiling else None,
    }


def auction(sent: Sent, procedure: Procedure) -> dict[str, Any]:
    """What an auction goes by. Lengths of time are typed in minutes, but for the outage, which is one of seconds."""
    kind = procedure.auction
    timed = kind is not None and kind.kind == "listing"
    return {
        "auction": {
            **{
                name: drafting.sum_text(sent.wanted(f"auction.{name}"), f"auction.{name}")
                for name in ("start_price", "step")
            },
            **{name: sent.ticked(f"auction.{name}") for name in ("multiples", "leader_may_raise")},
            **{name: moment(sent, f"auction.{name}") for name in ("opens_at", "closes_at")},
            "least_bidders": whole(sent, "auction.least_bidders"),
            "soft_close_seconds": _minutes(sent, "auction.soft_close_seconds"),
            "resume_seconds": _minutes(sent, "auction.resume_seconds"),
            "outage_seconds": whole(sent, "auction.outage_seconds"),
            "timed": _timed(sent) if timed else None,
        },
        **({} if procedure.valuation is None else {"valuation": _valuation(sent)}),
    }


def _valuation(sent: Sent) -> dict[str, Any]:
    """The appraisal, and what a start price below it rests on."""
    appraisal = "valuation.appraisal"
    said = {name: sent.text(f"valuation.{name}") for name in ("relists", "approval")}
    return {
        "appraisal": drafting.sum_text(sent.wanted(appraisal), appraisal),
        **{name: text for name, text in said.items() if text},
    }


def _timed(sent: Sent) -> dict[str, Any]:
    lengths = ("preparation_seconds", "countdown_seconds")
    window = "auction.timed.window_seconds"
    return {
        "contenders": whole(sent, "auction.timed.contenders"),
        "window_seconds": _minutes(sent, window) if sent.text(window) else None,
        **{name: _minutes(sent, f"auction.timed.{name}") for name in lengths},
    }


def _minutes(sent: Sent, name: str) -> int:
    return whole(sent, name) * 60


def invited(sent: Sent) -> dict[str, Any]:
    """Who is invited, a code in each line, and how they were chosen as far as that is said."""
    said: dict[str, Any] = {"bidders": sent.wanted("invited.bidders").upper().split()}
    if sent.text("invited.way"):
        said["way"] = sent.text("invited.way")
    if sent.text("invited.pool"):
        said["pool"] = whole(sent, "invited.pool")
    return said


def invited_field(field: str | None) -> str | None:
    """The form's field for one that an act names, as `bidders[2]` or `invited.bidders[2]`."""
    name = (field or "").removeprefix("invited.").partition("[")[0]
    return f"invited.{name}" if name in {"bidders", "way", "pool"} else field


def evaluation(sent: Sent, procedure: Procedure) -> dict[str, Any]:
    """Method, criteria, and the committee's shape."""
    parts = [
        {"name": f"part{row}", "zh": zh, "en": en, "marks": marks}
        for row, zh, en, marks in _rows(sent, "part", with_marks=True)
    ]
    adjustments = [
        {"name": f"adjustment{row}", "zh": zh, "en": en}
        for row, zh, en, _ in _rows(sent, "adjustment", with_marks=False)
    ]
    shape = SHAPES.get(sent.text("method"))
    scored = shape is not None and shape.scored
    own = shape.own if shape is not None else None
    return {
        "evaluation": {
            "method": sent.wanted("method"),
            "criteria": {
                "price_marks": drafting.sum_text(sent.wanted("price_marks"), "price_marks") if scored else None,
                "parts": parts if scored else [],
                "adjustments": adjustments,
                "ties": ["price", "draw"] if scored else ["draw"],
                "candidates": whole(sent, "candidates"),
                **({} if own is None else {own: _OWN[own](sent)}),
                **_low_price(sent),
            },
        },
        "committee": {
            "size": whole(sent, "committee.size"),
            "experts": whole(sent, "committee.experts"),
            "demanding": sent.ticked("committee.demanding"),
            "buyer_chairs": sent.ticked("committee.buyer_chairs"),
        },
        **({} if procedure.valuation is None else {"valuation": _valuation(sent)}),
    }


def dates(sent: Sent, procedure: Procedure) -> dict[str, Any]:
    """The day to publish by, and the dates; counted anew where that is asked for."""
    publish_by = drafting.moment_text(sent.wanted("publish_by"), "12:00", "publish_by")
    validity = {} if procedure.auction else {"validity_days": whole(sent, "validity_days")}
    if sent.ticked("recount"):
        counted = drafting.first_auction_dates if procedure.auction else drafting.first_dates
        first = counted(procedure, calendar.china(), clock.parse(publish_by, "publish_by"))
        return {**validity, **first}
    return {**validity, "publish_by": publish_by, **{name: moment(sent, name) for name in _MOMENTS}}


def trustees(sent: Sent, procedure: Procedure) -> dict[str, Any]:
    """Who holds the opening keys, how many of them open, and the public key for the bids' documents."""
    chosen = list(dict.fromkeys(sent.lists.get("trustee", ())))
    fitting = [one for one in procedure.opening.choices if one.trustees == len(chosen)]
    if not fitting:
        counts = "、".join(str(one.trustees) for one in procedure.opening.choices)
        raise Malformed(
            "policy_wrong",
            f"受托人应选 {counts} 家之一的家数，现在选了 {len(chosen)} 家。",
            f"Choose as many trustees as a rule of opening has ({counts}); now there are {len(chosen)}.",
            field="policy",
            cites=procedure.opening.cites,
        )
    return {
        "policy": {"quorums": drafting.quorums(chosen, fitting[0].keys)},
        "evaluation_key": sent.wanted("evaluation_key").lower(),
    }


FORMS: Mapping[str, Callable[[Sent, Procedure], dict[str, Any]]] = {
    "basics": basics,
    "auction": auction,
    "evaluation": evaluation,
    "dates": dates,
    "trustees": trustees,
}


def whole(sent: Sent, name: str) -> int:
    """A whole number of a form. Raises Malformed."""
    text = sent.wanted(name)
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise Malformed("not_a_number", "请填写整数。", "Write a whole number.", field=name)
    return int(text)


def moment(sent: Sent, name: str) -> str:
    """The moment of a date and a time field, as the record writes it. Raises Malformed."""
    return drafting.moment_text(sent.wanted(name), sent.wanted(f"{name}-hour"), name)


def fields_of(moment_: str | datetime | None) -> dict[str, str]:
    """What stands in the date and the time field of a moment (Beijing)."""
    if moment_ is None:
        return {"day": "", "hour": ""}
    known = (clock.parse(moment_) if isinstance(moment_, str) else moment_).astimezone(BEIJING)
    return {"day": known.strftime("%Y-%m-%d"), "hour": known.strftime("%H:%M")}


def _low_price(sent: Sent) -> dict[str, Any]:
    """The shares that are filled in; none keeps those of the law."""
    given = [name for name in _BASES if sent.text(f"low_price.{name}")]
    return {"low_price": {name: whole(sent, f"low_price.{name}") for name in given}} if given else {}


def _benchmark(sent: Sent) -> dict[str, Any]:
    steps = [row for row in _numbers(sent, "benchmark.trim{}.bids") if sent.text(f"benchmark.trim{row}.bids")]
    trim = [{name: whole(sent, f"benchmark.trim{row}.{name}") for name in _TRIM} for row in steps]
    return {"trim": trim, **{name: _two_places(sent, f"benchmark.{name}") for name in _BENCHMARK}}


def _life_cycle(sent: Sent) -> dict[str, Any]:
    costs = [
        {
            "name": f"cost{row}",
            "zh": zh,
            "en": en,
            "first": whole(sent, f"cost{row}.first"),
            "last": whole(sent, f"cost{row}.last"),
        }
        for row, zh, en, _ in _rows(sent, "cost", with_marks=False)
    ]
    return {"discount": _two_places(sent, "life_cycle.discount"), "costs": costs}


def _quality(sent: Sent) -> dict[str, Any]:
    figures = {name: _two_places(sent, f"quality.{name}") for name in ("marks", "least")}
    return {**figures, "clause": sent.wanted("quality.clause")}


def _floor(sent: Sent) -> dict[str, Any]:
    return {"price": _two_places(sent, "floor.price"), "clause": sent.wanted("floor.clause")}


def _two_places(sent: Sent, field: str) -> str:
    return drafting.sum_text(sent.wanted(field), field)


_BASES = ("mean", "next", "ceiling")
_TRIM = ("bids", "highest", "lowest")
_BENCHMARK = ("mean_factor", "ceiling_share", "ceiling_factor", "above", "below")
#: What a method's own member of the criteria is filled in with (trading.criteria.SHAPES).
_OWN: Mapping[str, Callable[[Sent], dict[str, Any]]] = {
    "benchmark": _benchmark,
    "life_cycle": _life_cycle,
    "quality": _quality,
    "floor": _floor,
}


def _numbers(sent: Sent, name: str) -> Iterator[int]:
    """The numbers of the rows that the form has, from 1 on: a page always has one more than are filled in."""
    return itertools.takewhile(lambda row: name.replace("{}", str(row)) in sent.fields, itertools.count(1))


def _rows(sent: Sent, kind: str, *, with_marks: bool) -> list[tuple[int, str, str, str]]:
    """Rows that have a name: number, Chinese, English, marks."""
    found = []
    for row in _numbers(sent, f"{kind}{{}}.zh"):
        zh = sent.text(f"{kind}{row}.zh")
        if zh:
            marks = sent.wanted(f"{kind}{row}.marks") if with_marks else "0"
            field = f"{kind}{row}.marks"
            found.append((row, zh, sent.text(f"{kind}{row}.en") or zh, drafting.sum_text(marks, field)))
    return found
