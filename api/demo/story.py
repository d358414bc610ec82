"""Who and what the demonstration plays: invented organisations, one drainage works, seven bids, five score sheets.

Dates are fixed, so that the legal periods fall on the same days of the same calendar whenever it is played; money is
decimal text in 元.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from notary import clock
from trading.calendar import BEIJING
from trading.parties import check_character

REGION = "440000"
ORIGIN = "demo.sunbid.example/demonstration"
TENDER = "YG-440000-GC-2026-0001"
TITLE = "阳光市滨江路排水改造工程施工"
TITLE_EN = "Riverside Road drainage renewal, works"

Fate = Literal["stands", "replaces", "spoils", "withdraws", "late"]


def at(text: str) -> datetime:
    """The moment of Beijing time ``2026-12-22 09:30``, aware."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=BEIJING)


def code(body: str) -> str:
    """A 统一社会信用代码 with its check character."""
    return body + check_character(body)


@dataclass(frozen=True)
class Organisation:
    """slug: its name in paths."""

    slug: str
    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class Trustee:
    """operator: it belongs to whoever runs the platform. comes: it appears at the opening."""

    name: str
    organisation: Organisation
    operator: bool
    comes: bool


@dataclass(frozen=True)
class Expert:
    """One of the pool. worked: code of an employer, and until when."""

    name: str
    worked: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True)
class Bid:
    """fate: what becomes of it. marks: of each member of the committee, for the parts `technical` and `business`."""

    organisation: Organisation
    fate: Fate
    price: str
    days: int
    plan: str
    marks: dict[str, tuple[str, ...]]

    def values(self, price: str) -> dict[str, Any]:
        """What the bid states with this price, by the names of its form."""
        return {
            "price": price,
            "duration_days": self.days,
            "quality": "合格",
            "deposit": "70000.00",
            "validity_days": 90,
        }


CENTRE = Organisation("centre", code("12440000MB2DEM001"), "阳光市公共资源交易中心", "Trading centre")
NOTARY = Organisation("notary", code("12440000MB2DEM002"), "阳光市公证处", "Notary office")
SUPERVISOR = Organisation("supervisor", code("11440000MB2DEM003"), "阳光市住房和城乡建设局", "Supervising authority")
POOL = Organisation("pool", code("12440000MB2DEM004"), "阳光省综合评标专家库", "Pool of experts")
AGENCY = Organisation("agency", code("91440000MA5DEM001"), "阳光市城市建设投资有限公司", "City Construction")

TRUSTEES = (
    Trustee("T1", NOTARY, operator=False, comes=True),
    Trustee("T2", SUPERVISOR, operator=False, comes=False),
    Trustee("T3", CENTRE, operator=True, comes=True),
)
QUORUMS = [["T1", "T2"], ["T1", "T3"], ["T2", "T3"]]
WITNESSES = ("w1.demo.sunbid.example", "w2.demo.sunbid.example")

BIDS = (
    Bid(
        Organisation("chenxi", code("91440000MA5DEM101"), "晨曦路桥建设有限公司", "Chenxi"),
        "replaces",
        "3912000.00",
        140,
        "分三段流水施工，夜间导改交通，管道采用 CCTV 内窥检测逐段验收。",
        {
            "technical": ("42.00", "41.50", "40.00", "43.00", "41.00"),
            "business": ("13.00", "13.50", "13.00", "14.00", "13.00"),
        },
    ),
    Bid(
        Organisation("donghui", code("91440000MA5DEM102"), "东晖市政工程有限公司", "Donghui"),
        "stands",
        "3798200.00",
        150,
        "两个作业面同步推进，沟槽采用钢板桩支护，随挖随支。",
        {
            "technical": ("40.00", "39.50", "41.00", "40.00", "40.50"),
            "business": ("12.50", "13.00", "12.00", "13.50", "13.00"),
        },
    ),
    Bid(
        Organisation("zhaoxia", code("91440000MA5DEM103"), "朝霞建工集团有限公司", "Zhaoxia"),
        "stands",
        "3655000.00",
        160,
        "全线自下游向上游施工，围堰分期导流，汛期前完成出水口。",
        {
            "technical": ("35.00", "36.50", "34.00", "36.00", "35.50"),
            "business": ("11.00", "11.50", "12.00", "11.00", "10.50"),
        },
    ),
    Bid(
        Organisation("zhengwu", code("91440000MA5DEM104"), "正午建设工程有限公司", "Zhengwu"),
        "stands",
        "3978600.00",
        130,
        "采用非开挖顶管穿越路口，路面当夜恢复，减少占道。",
        {
            "technical": ("41.00", "42.00", "40.50", "41.50", "40.00"),
            "business": ("13.50", "13.00", "14.00", "13.00", "13.50"),
        },
    ),
    Bid(
        Organisation("xizhao", code("91440000MA5DEM105"), "夕照建筑有限公司", "Xizhao"),
        "spoils",
        "3500000.00",
        150,
        "单作业面顺序施工。",
        {},
    ),
    Bid(
        Organisation("guiyun", code("91440000MA5DEM106"), "归云建设有限公司", "Guiyun"),
        "withdraws",
        "3720000.00",
        150,
        "分两期施工，先主管后支管。",
        {},
    ),
    Bid(
        Organisation("wanzhong", code("91440000MA5DEM107"), "晚钟工程有限公司", "Wanzhong"),
        "late",
        "3690000.00",
        145,
        "三个作业面平行施工，集中拌和，统一调度。",
        {},
    ),
)
REPLACED_PRICE = "3846500.00"
WINNER = BIDS[0].organisation

AGENCY_PEOPLE = (("李慧", "agency"), ("王建国", "agency"))
SPECIALITY = "市政工程"
BUYER = "陈思远"
#: Seven in the pool; one has worked for a bidder, and cannot be drawn.
EXPERTS = (
    Expert("周明远"),
    Expert("吴静"),
    Expert("郑维"),
    Expert("冯立新"),
    Expert("许雁"),
    Expert("蒋文华", worked=((WINNER.code, "2025-06-30"),)),
    Expert("沈一舟"),
)

START = at("2026-11-24 09:00")
TOO_EARLY = at("2026-12-11 09:30")
FIRST_DEADLINE = at("2026-12-16 09:30")
QUESTION = at("2026-11-27 10:00")
AMENDMENT = at("2026-12-04 15:00")
REHEARSAL = at("2026-12-18 10:00")
SEALING = at("2026-12-21 14:00")
CANDIDATES = at("2026-12-23 09:00")
HASTY_AWARD = at("2026-12-25 16:00")

ASKED = "工程量清单第 6 项“检查井”未注明井径，请明确是否为 Φ1000。"
ANSWERED = "均为 Φ1000 预制装配式钢筋混凝土检查井；修改后的工程量清单将予注明。"
AMENDED = "滨江路 K0+300 处增设 DN600 过路管 38 米，工程量清单相应修改，最高投标限价由 398 万元调整为 405 万元。"
AMENDED_CEILING = "4050000.00"

CRITERIA: dict[str, Any] = {
    "price_marks": "40.00",
    "parts": [
        {"name": "technical", "zh": "施工组织设计", "en": "Method statement", "marks": "45.00"},
        {"name": "business", "zh": "企业业绩与信誉", "en": "Record and credit", "marks": "15.00"},
    ],
    "adjustments": [],
    "ties": ["price", "technical"],
    "candidates": 3,
}


def draft(deadline: datetime, documents: list[str]) -> dict[str, Any]:
    """The tender (docs/http.md). documents: names of files."""
    return {
        "tender": TENDER,
        "procedure": "construction-open",
        "subject": "works",
        "title": TITLE,
        "title_en": TITLE_EN,
        "scope": "新建 DN800 雨水管 1260 米及检查井 42 座，恢复沥青路面 3480 平方米。计划工期 160 日历天。",
        "region": REGION,
        "funding": "市级财政资金 100%，已落实",
        "qualification": "具有市政公用工程施工总承包三级及以上资质，安全生产许可证有效；不接受联合体。",
        "budget": "4200000.00",
        "ceiling": "3980000.00",
        "deposit": "70000.00",
        "documents_offered_until": clock.text(at("2026-12-02 00:00")),
        "questions_until": clock.text(at("2026-12-08 00:00")),
        "deadline": clock.text(deadline),
        "validity_days": 90,
        "evaluation": {"method": "comprehensive", "criteria": CRITERIA},
        "committee": {"size": 5, "experts": 4},
        "documents": documents,
        "policy": {"quorums": QUORUMS},
    }
