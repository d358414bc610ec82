"""The files of the tender and of the bids: PDFs that look like what people really upload, with sums that add up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from api.demo import story
from api.demo.story import Bid, Organisation
from notary import canonical, clock
from templates import render
from trading.calendar import BEIJING
from trading.facts.words import beijing, day, sum_of

TENDER_DOCUMENTS = "招标文件.pdf"
BILL = "工程量清单.pdf"
AMENDED_BILL = "工程量清单（第一次修改）.pdf"
METHOD = "施工组织设计及已标价工程量清单.pdf"

_ITEMS = (
    ("沟槽开挖及支护", "m³", 9450, "48.60"),
    ("DN800 钢筋混凝土管", "m", 1260, "842.00"),
    ("管道基础及垫层", "m³", 620, "486.00"),
    ("级配砂石回填", "m³", 7380, "96.50"),
    ("沥青混凝土路面恢复", "m²", 3480, "168.00"),
    ("检查井", "座", 42, "5860.00"),
)
_ADDED = ("DN600 过路管", "m", 38, "1120.00")
_CENT = Decimal("0.01")


def write(folder: Path) -> None:
    """Write all files into folders: ``tender``, and one named by each bidder's slug (``…-2`` for the one replaced)."""
    wanted = [
        (folder / "tender" / TENDER_DOCUMENTS, _tender_documents()),
        (folder / "tender" / BILL, _bill(BILL, _ITEMS)),
        (folder / "tender" / AMENDED_BILL, _bill(AMENDED_BILL, (*_ITEMS, _ADDED))),
        *((folder / bid.organisation.slug / METHOD, _method(bid, bid.price)) for bid in story.BIDS),
    ]
    first = story.BIDS[0]
    wanted.append((folder / f"{first.organisation.slug}-2" / METHOD, _method(first, story.REPLACED_PRICE)))
    made = render.pdfs([("attachment", canonical.dumps(facts)) for _, facts in wanted])
    for (path, _), pdf in zip(wanted, made, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pdf)


def _tender_documents() -> dict[str, Any]:
    draft = story.draft(story.FIRST_DEADLINE, [])
    parts = [[one["zh"], one["marks"]] for one in story.CRITERIA["parts"]] + [["价格", story.CRITERIA["price_marks"]]]
    sections = [
        _section("一、招标范围", "Scope", [draft["scope"]]),
        _section("二、投标人资格", "Qualification", [draft["qualification"]]),
        _section(
            "三、评标办法",
            "Evaluation",
            [
                "采用综合评估法。价格分 = 价格分值 × 最低评标价 ÷ 评标价，四舍五入保留两位；其余各项取全体评委平均分。",
                "总分相同的，报价低者优先；报价也相同的，施工组织设计得分高者优先。",
            ],
            ("评审因素 Part", "满分 Full marks"),
            parts,
        ),
        _section(
            "四、递交与开标",
            "Submission and opening",
            [
                "投标文件在投标人本机加密后经平台递交，截止前可以替换或者撤回；逾期的，拒收并出具签名凭证。",
                "三名密钥受托人中任意两人在截标经见证之后释放一次性密钥，即同时开启全部投标；此前任何人不能读取。",
            ],
        ),
        _section(
            "五、合同", "Contract", ["自中标通知书发出之日起三十日内，按照招标文件和中标人的投标文件订立书面合同。"]
        ),
    ]
    summary = [
        _field("建设资金", "Funding", draft["funding"]),
        _field("最高投标限价", "Ceiling price", sum_of(draft["ceiling"])),
        _field("投标保证金", "Bid deposit", sum_of(draft["deposit"])),
    ]
    return _facts(story.AGENCY, "招标人", "Tenderer", "招标文件", "Tender documents", story.START, summary, sections)


def _bill(name: str, items: Sequence[tuple[str, str, int, str]]) -> dict[str, Any]:
    rows = [[str(number), item, unit, str(amount)] for number, (item, unit, amount, _) in enumerate(items, 1)]
    notes = ["单价为综合单价，含管理费和利润；措施项目费、规费和税金另列。"]
    moment = story.START
    if name == AMENDED_BILL:
        notes.append("本次修改：增列第 7 项；第 6 项检查井均为 Φ1000 预制装配式钢筋混凝土检查井。")
        moment = story.AMENDMENT
    section = _section("分部分项工程", "Works", notes, ("序号", "项目", "单位", "数量"), rows, numeric=(3,))
    title = name.removesuffix(".pdf")
    return _facts(story.AGENCY, "招标人", "Tenderer", title, "Bill of quantities", moment, [], [section])


def _method(bid: Bid, price: str) -> dict[str, Any]:
    rows, rest = _priced(Decimal(price))
    priced = [*rows, [str(len(rows) + 1), "措施项目费、规费和税金", "项", "1", rest, rest]]
    head = ("序号", "项目", "单位", "数量", "综合单价（元）", "合价（元）")
    sections = [
        _section("一、施工部署", "Method", [bid.plan, f"总工期 {bid.days} 日历天，自开工令下达之日起算。"]),
        _section("二、已标价工程量清单", "Priced bill of quantities", [], head, priced, numeric=(3, 4, 5)),
    ]
    summary = [
        _field("投标总价", "Total price", sum_of(price)),
        _field("工期", "Duration", f"{bid.days} 日历天"),
        _field("质量目标", "Quality", "合格"),
    ]
    title = "施工组织设计及已标价工程量清单"
    return _facts(
        bid.organisation, "投标人", "Bidder", title, "Method and priced bill", story.SEALING, summary, sections
    )


def _priced(total: Decimal) -> tuple[list[list[str]], str]:
    """The items at unit prices in proportion to the total, and what the last line must be for the sum to be right."""
    share = total / Decimal("4000000.00")
    rows, left = [], total
    for number, (item, unit, amount, usual) in enumerate((*_ITEMS, _ADDED), 1):
        unit_price = (Decimal(usual) * share).quantize(_CENT)
        rows.append([str(number), item, unit, str(amount), str(unit_price), str(unit_price * amount)])
        left -= unit_price * amount
    return rows, str(left)


def _facts(
    author: Organisation,
    role_zh: str,
    role_en: str,
    zh: str,
    en: str,
    moment: datetime,
    summary: list[dict[str, Any]],
    sections: list[dict[str, Any]],
) -> dict[str, Any]:
    """The facts of templates.facts.Attachment."""
    local = moment.astimezone(BEIJING)
    return {
        "demonstration": True,
        "issued_at": clock.text(moment),
        "issued_text": beijing(local),
        "head": author.zh,
        "title": {"zh": zh, "en": en},
        "number": None,
        "tender": {"code": story.TENDER, "name": story.TITLE, "lot": None},
        "origin": story.ORIGIN,
        "where": f"{story.TENDER}.zip",
        "signatory": {"name": author.zh, "role": {"zh": role_zh, "en": role_en}, "date": day(local)},
        "summary": summary,
        "sections": sections,
    }


def _section(
    zh: str,
    en: str,
    paragraphs: Sequence[str],
    head: Sequence[str] = (),
    rows: Sequence[Sequence[str]] = (),
    *,
    numeric: Sequence[int] = (1,),
) -> dict[str, Any]:
    table = {"head": [{"zh": one, "en": ""} for one in head], "numeric": list(numeric), "rows": [list(r) for r in rows]}
    return {
        "title": {"zh": zh, "en": en},
        "paragraphs": [{"zh": one, "en": ""} for one in paragraphs],
        "fields": [],
        "table": table if rows else None,
    }


def _field(zh: str, en: str, value: Any) -> dict[str, Any]:
    return {"label": {"zh": zh, "en": en}, "value": value}
