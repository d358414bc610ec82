"""The further lots that the portal of a demonstration shows, one for each stage that the story has left behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from api.demo import story
from notary import clock

Fate = Literal["drafted", "cancelled", "publicity", "held", "soon", "open"]

LONG = timedelta(days=23)
OFFERED = timedelta(days=7)
QUESTIONS = timedelta(days=14)
BY_PRICE: dict[str, Any] = {"price_marks": None, "parts": [], "adjustments": [], "ties": ["draw"], "candidates": 3}


@dataclass(frozen=True)
class Lot:
    """number: the last one of its code. prices: of the bids, one for each of the first bidders of the story."""

    number: int
    fate: Fate
    zh: str
    en: str
    scope: str
    prices: tuple[str, ...] = ()

    @property
    def tender(self) -> str:
        """Its code."""
        return f"{story.TENDER[:-4]}{self.number:04}"


LOTS = (
    Lot(
        2,
        "publicity",
        "朝阳路人行道改造工程施工",
        "Chaoyang Road pavements, works",
        "翻建人行道 5200 平方米，更换路缘石 2600 米，增设盲道。计划工期 90 日历天。",
        ("2986000.00", "2874500.00", "3012800.00", "2931000.00"),
    ),
    Lot(
        3,
        "held",
        "第三小学教学楼加固工程施工",
        "Third primary school strengthening, works",
        "加固三层砖混教学楼一栋，建筑面积 2860 平方米。计划工期 75 日历天，须在假期内完成。",
        ("3385000.00", "3297600.00", "3450000.00"),
    ),
    Lot(
        4,
        "cancelled",
        "南门停车场扩建工程施工",
        "South Gate car park, works",
        "扩建地面停车位 120 个及充电设施基础。计划工期 60 日历天。",
    ),
    Lot(
        5,
        "soon",
        "河西泵站更新工程施工",
        "Hexi pumping station renewal, works",
        "更换轴流泵 4 台及闸门、启闭机，改造控制系统。计划工期 150 日历天。",
        ("3788000.00", "3655200.00", "3811900.00", "3702000.00"),
    ),
    Lot(
        6,
        "open",
        "老城区污水支管完善工程施工",
        "Old town sewer branches, works",
        "新建 DN300 至 DN500 污水支管 6.4 公里，接驳排水户 310 处。计划工期 180 日历天。",
        ("3901000.00",),
    ),
    Lot(
        7,
        "drafted",
        "滨江公园照明提升工程施工",
        "Riverside park lighting, works",
        "更换园区灯具 860 套，新增智能控制箱 12 台。计划工期 45 日历天。",
    ),
)


def content(lot: Lot, now: datetime, deadline: datetime, documents: list[str]) -> dict[str, Any]:
    """The lot's tender (docs/http.md), evaluated by price. documents: names of files."""
    return story.draft(deadline, documents) | {
        "tender": lot.tender,
        "title": lot.zh,
        "title_en": lot.en,
        "scope": lot.scope,
        "documents_offered_until": clock.text(now + OFFERED),
        "questions_until": clock.text(now + QUESTIONS),
        "evaluation": {"method": "lowest_evaluated_price", "criteria": BY_PRICE},
    }
