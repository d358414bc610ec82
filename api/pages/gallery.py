"""Every part that pages are made of, on one page: for whoever builds pages, and for the tests of the look."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from api.desk import AnyRequest, Desk
from api.pages import page
from templates.pages import Reader, Shell

_EARLIER, _LATER = "2026-11-30T09:00:00.000000Z", "2036-12-18T01:30:00.000000Z"
_PRICE = {"name": "price", "zh": "报价", "en": "Price", "figure": True}
_DAYS = {"name": "duration_days", "zh": "工期（日）", "en": "Days", "figure": False}


@get("/gallery", **page.operation("page.gallery"))
def show_gallery(desk: NamedDependency[Desk], request: AnyRequest) -> Response[bytes]:
    language = page.language_of(request)

    def view(_connection: Any, _caller: Any) -> dict[str, Any]:
        return {
            "earlier": _EARLIER,
            "later": _LATER,
            "ceiling": {"yuan": "3980000.00", "upper": "人民币叁佰玖拾捌万元整"},
            "nothing": {"yuan": "0.00", "upper": "人民币零元整"},
            "refused": _refused(language),
            "opening": _opening(),
            "auctions": _auctions(),
            "auction_terms": _TERMS,
        }

    return page.show_all(desk, request, "gallery", view)


def _refused(language: str) -> Shell:
    """What is around a form that was refused, of a reader who is made up as well."""
    told = {"zh": "报价高于最高限价 ¥3,980,000.00。", "en": "The price is above the ceiling of ¥3,980,000.00."}
    lacks = {"zh": "请选择地区。", "en": "Choose a region.", "cites": ""}
    return Shell(
        language=language,
        path="/gallery",
        query="",
        now="",
        demonstration=True,
        key="specimen",
        reader=Reader("李四", "永州市某某建设有限公司", ("bidder",), "", 1800, _LATER),
        mistakes={"price": {**told, "cites": "招标投标法实施条例 51"}, "region": lacks},
        typed={"price": "3,990,000"},
    )


def _opening() -> dict[str, Any]:
    """One key released, one trustee rehearsed, one not heard of; a bid that opened and one that does not."""
    ready, closed = {"zh": "已开启", "en": "Opened"}, {"zh": "打不开", "en": "Does not open"}
    why = {"zh": "密钥封装不是由表单密钥推导而来，整份投标作废。", "en": "The envelope is void for every quorum."}
    price, days = {"text": "3680000.00", "money": True}, {"text": "180", "money": False}
    bid = {"bidder": "91431100MA4L00001A", "received": _EARLIER}
    return {
        "trustees": [
            {"name": "永州市公证处", "released": _EARLIER, "rehearsed": True},
            {"name": "永州市公共资源交易中心", "released": None, "rehearsed": True},
            {"name": "永州市零陵区住房和城乡建设局", "released": None, "rehearsed": False},
        ],
        "columns": [_PRICE, _DAYS],
        "confirms": True,
        "bids": [
            {**bid, "name": "永州市路桥建设有限公司", "values": [price, days], "reason": None, "state": ready}
            | {"outcome": "opened", "confirmed": _EARLIER},
            {**bid, "name": "湖南省潇湘市政工程有限公司", "values": None, "reason": why, "state": closed}
            | {"outcome": "unopenable", "confirmed": None},
        ],
    }


_GROUND = {
    "id": "ruling",
    "effect": "suspend",
    "cites": "国土资源部令第39号",
    "zh": "依法中止",
    "en": "Suspended by law",
}
_TERMS: dict[str, Any] = {
    "start_price": "1000000.00",
    "step": "10000.00",
    "multiples": True,
    "cap": "2000000.00",
    "offers": {"seconds": 600},
    "reserve": "0" * 64,
    "leader_may_raise": False,
    "least_bidders": 3,
    "registration_until": _EARLIER,
    "opens_at": _EARLIER,
    "open": {"closes_at": _LATER, "soft_close_seconds": 120, "resume_seconds": 600},
    "timed": {"contenders": 2, "window_seconds": 3600, "preparation_seconds": 900, "countdown_seconds": 300},
    "outage_seconds": 30,
    "grounds": [
        _GROUND,
        {**_GROUND, "id": "planning", "effect": "terminate", "zh": "规划变更", "en": "The plan changed"},
    ],
}


def _auctions() -> list[dict[str, Any]]:
    """One before its first bid, one that is stopped, one that was sold: the largest sum that there is."""
    bids = [
        {"number": "4711", "price": "1010000.00", "at": _EARLIER},
        {"number": "17", "price": "1000000.00", "at": _EARLIER},
    ]
    empty: dict[str, Any] = {
        "phase": "open",
        "stopped": None,
        "opens_at": _EARLIER,
        "ends_at": _LATER,
        "result": None,
        "winner": None,
        "start_price": "1000000.00",
        "price": None,
        "leading": None,
        "upper": "人民币壹佰万元整",
        "bids": [],
        "log": [],
        "holders": {},
        "grounds": _TERMS["grounds"],
    }
    bid = {"price": "1010000.00", "leading": "4711", "upper": "人民币壹佰零壹万元整", "bids": bids}
    stopped = {"ground": _GROUND, "resumes_at": None}
    log = [{"event": "stopped", "at": _EARLIER, "ground": "ruling"}, {"event": "started", "at": _EARLIER}]
    sold = {"phase": "ended", "result": "sold", "winner": "4711", "price": "9999999999999.99", "upper": "—"}
    holders = {"4711": {"name": "永州市潇湘城市建设投资开发集团有限责任公司", "organisation": "91431100MA4L00001A"}}
    return [
        empty,
        {**empty, **bid, "phase": "timed", "stopped": stopped, "log": log},
        {
            **empty,
            **bid,
            **sold,
            "holders": holders,
            "log": [{"event": "ended", "at": _EARLIER, "result": "sold"}, *log],
        },
    ]


HANDLERS = [show_gallery]
