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


HANDLERS = [show_gallery]
