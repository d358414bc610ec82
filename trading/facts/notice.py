"""招标公告、采购公告, and amendments of them: each item that the procedure's notice must have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from notary import clock
from trading import calendar, formulas, periods
from trading.facts.words import Facts, Occasion, beijing, field, full_day, paper, sum_of, titled, words

_CHANGED = {
    "scope": "招标（采购）范围",
    "qualification": "资格要求",
    "ceiling": "最高限价",
    "deposit": "投标保证金",
    "documents": "招标（采购）文件",
    "questions_until": "提出异议、要求澄清的截止时间",
    "deadline": "投标（报名）截止时间",
    "evaluation": "评标办法",
    "auction": "竞价的开始和截止时间",
    "documents_offered_until": "交易文件提供至",
}
_EFFECTS = {"freeze": "冻结", "suspend": "中止", "terminate": "终止"}
_ONLINE = words("网上公开开标，任何人可以查看", "online, open to all")


def tender_notice(occasion: Occasion, trustees: Mapping[str, Mapping[str, str]]) -> Facts:
    """The facts of templates.facts.TenderNotice. trustees: code -> `name` and `identity` (hex), as far as known."""
    procedure = occasion.procedure
    items = [item.key for item in procedure.notices["tender"].items]
    amended = occasion.entry.kind == "tender_amended"
    sections = _amendment(occasion) if amended else []
    for item in procedure.notices["tender"].items:
        if item.key in _SECTIONS:
            title = words(f"{_numeral(len(sections))}、{item.zh}", item.en)
            sections.append(_section(title) | _SECTIONS[item.key](occasion, trustees))
    return paper(occasion, titled(procedure, "amendment" if amended else "tender")) | {
        "summary": _general(occasion) + [one for key in items if key in _FIELDS for one in _FIELDS[key](occasion)],
        "sections": sections,
    }


def covered(key: str) -> bool:
    """Whether an item of a procedure's notice, or a field that its amendments may change, can be written."""
    return key in _FIELDS or key in _SECTIONS or key in _CHANGED


def _general(occasion: Occasion) -> list[Facts]:
    told, procedure = occasion.notice.body["notice"], occasion.procedure
    return [
        field("交易方式", "Procedure", words(procedure.zh, procedure.en)),
        field("地区", "Region", told["region"]),
        *(
            []
            if told["validity_days"] is None
            else [field("投标有效期", "Validity of bids", f"{told['validity_days']} 日历天")]
        ),
    ]


def _tenderer(occasion: Occasion) -> list[Facts]:
    agency = occasion.agency
    return [field("招标人（采购人）或其代理机构", "Tenderer or its agency", f"{agency['name']}（{agency['code']}）")]


def _grantor(occasion: Occasion) -> list[Facts]:
    return [field("出让（转让）方或其机构", "Offered by", f"{occasion.agency['name']}（{occasion.agency['code']}）")]


def _money(name: str, zh: str, en: str) -> Callable[[Occasion], list[Facts]]:
    def write(occasion: Occasion) -> list[Facts]:
        text = occasion.notice.body["notice"][name]
        return [] if text is None else [field(zh, en, sum_of(text))]

    return write


def _budget(occasion: Occasion) -> list[Facts]:
    return _money("budget", "预算金额", "Budget")(occasion) + _money("ceiling", "最高限价", "Ceiling price")(occasion)


def _funding(occasion: Occasion) -> list[Facts]:
    return [field("资金来源", "Funding", occasion.notice.body["notice"]["funding"])]


def _deadline(occasion: Occasion) -> list[Facts]:
    until = beijing(clock.parse(occasion.notice.body["deadline"]))
    return [
        field("投标截止与开标时间", "Deadline and opening", f"{until}（北京时间）"),
        field("开标地点", "Place", _ONLINE),
    ]


def _valuation(occasion: Occasion) -> list[Facts]:
    told = occasion.notice.body["notice"]["valuation"]
    fields = [field("评估结果", "Appraised value", sum_of(told["appraisal"]))]
    if told["relists"] is not None:
        fields.append(field("再次披露，前次项目", "Offered anew after", told["relists"]))
    if told["approval"] is not None:
        fields.append(field("降价批准", "Lower start price approved by", told["approval"]))
    return fields


def _inquiries(occasion: Occasion, _trustees: Any) -> Facts:
    until = beijing(clock.parse(occasion.notice.body["notice"]["questions_until"]))
    zh = f"对交易文件有疑问的，{until}前在本平台提出，答复公开。"
    return {"paragraphs": [words(zh, "Questions about the documents are asked and answered on this platform.")]}


def _plot_documents(occasion: Occasion, _trustees: Any) -> Facts:
    until = beijing(clock.parse(occasion.notice.body["notice"]["documents_offered_until"]))
    open_to_all = words(
        "文件自公告发布之时起在本平台公开，无须登记、报名，免费下载。",
        "The documents are open to all on this platform from publication, free and without registration.",
    )
    rows = [[document["name"], document["sha256"]] for document in occasion.notice.body["documents"]]
    return {
        "paragraphs": [open_to_all],
        "fields": [field("文件提供至", "Offered until", until)],
        "table": {"head": [words("文件", "Document"), words("SHA-256")], "numeric": [], "rows": rows},
    }


def _auction_times(occasion: Occasion) -> list[Facts]:
    terms = occasion.notice.body["auction"]
    told = [
        field("竞买申请截止", "Registration until", f"{beijing(clock.parse(terms['registration_until']))}（北京时间）"),
        field("竞价开始", "The auction opens", f"{beijing(clock.parse(terms['opens_at']))}（北京时间）"),
    ]
    if terms["open"] is not None:
        closes = beijing(clock.parse(terms["open"]["closes_at"]))
        told.append(field("自由报价截止", "Free bids until", f"{closes}（北京时间）"))
    return told


def _notice_period(occasion: Occasion) -> list[Facts]:
    over = periods.due(occasion.procedure, calendar.china(), "notice_period", occasion.entry.time)
    if over is None:
        return []
    return [field("公告期限", "The notice stands until", full_day(over - timedelta(microseconds=1)))]


def _invitation(occasion: Occasion, _trustees: Any) -> Facts:
    """That bidders are invited; not whom, nor how many (招标投标法 22)."""
    invitation, least = occasion.procedure.invitation, occasion.notice.body.get("minimum_invited")
    if invitation is None or least is None:
        return {"paragraphs": []}
    zh = (
        f"本项目不向社会公开征集，只接受被邀请的单位投标（响应）；已向不少于 {least} 家发出邀请（{invitation.cites}）。"
        "被邀请单位的名称和数量在开标（开启）前保密，随开标（开启）公开。"
    )
    en = (
        f"Only those who are invited may bid; at least {least} were. Who and how many they are is secret until the "
        "opening, and public with it."
    )
    return {"paragraphs": [words(zh, en)]}


def _scope(occasion: Occasion, _trustees: Any) -> Facts:
    return {"paragraphs": [words(occasion.notice.body["notice"]["scope"])]}


def _qualification(occasion: Occasion, _trustees: Any) -> Facts:
    return {"paragraphs": [words(occasion.notice.body["notice"]["qualification"])]}


def _documents(occasion: Occasion, _trustees: Any) -> Facts:
    told = occasion.notice.body["notice"]
    until = beijing(clock.parse(told["documents_offered_until"]))
    questions = beijing(clock.parse(told["questions_until"]))
    open_to_all = words(
        "文件自公告发布之时起在本平台公开，无须登记、报名，免费下载。",
        "The documents are open to all on this platform from publication, free and without registration.",
    )
    rows = [[document["name"], document["sha256"]] for document in occasion.notice.body["documents"]]
    return {
        "paragraphs": [open_to_all],
        "fields": [
            field("文件提供至", "Offered until", until),
            field("提出异议、要求澄清至", "Questions until", questions),
        ],
        "table": {"head": [words("文件", "Document"), words("SHA-256")], "numeric": [], "rows": rows},
    }


def _evaluation(occasion: Occasion, _trustees: Any) -> Facts:
    criteria = occasion.notice.body["evaluation"]
    method = next(one for one in occasion.procedure.methods if one.name == criteria["method"])
    rows = [[part["zh"], part["marks"]] for part in criteria["parts"]]
    if criteria["price_marks"] is not None:
        rows.append(["价格", criteria["price_marks"]])
    head = [words("评审因素", "Part"), words("满分", "Full marks")]
    return {
        "paragraphs": [
            words(f"采用{method.zh}（{method.cites}）。", f"{method.en} ({method.cites})."),
            *(words(one["zh"], one["en"]) for one in formulas.explained(criteria)),
            *_drawn(occasion),
        ],
        "table": {"head": head, "numeric": [1], "rows": rows} if rows else None,
    }


def _drawn(occasion: Occasion) -> list[Facts]:
    """That nobody names the experts."""
    if "drawn" not in occasion.notice.body:
        return []
    cites = occasion.procedure.committee.drawn_cites
    return [
        words(
            f"评审专家在截止后从专家库中随机抽取（{cites}），抽取过程写入公开记录，任何人都能重新计算。",
            "The experts are drawn from the pool at random after the deadline; anybody can compute the draw again.",
        )
    ]


def _auction_rules(occasion: Occasion, _trustees: Any) -> Facts:
    terms = occasion.notice.body["auction"]
    paragraphs = [
        words(
            "每次报价由竞买人签名，报价时间以系统收到的时间为准；号牌随机发给，竞价结束前不公开竞买人的姓名和人数。"
            "截止时报价最高的竞买人竞得。",
            "Each bid is signed, and counts as of when the system has received it. Numbers are random; names, and how "
            "many there are, stay hidden until the end. Whoever has bid highest at the end wins.",
        )
    ]
    if terms["open"] is not None and terms["open"]["soft_close_seconds"]:
        seconds = terms["open"]["soft_close_seconds"]
        paragraphs.append(
            words(
                f"截止前 {seconds} 秒内有新报价的，截止时间顺延至该报价后 {seconds} 秒。",
                f"A bid within the last {seconds} seconds moves the end to {seconds} seconds behind it.",
            )
        )
    if terms["timed"] is not None:
        paragraphs.append(_timed(terms["timed"]))
    if terms["cap"] is not None:
        seconds = terms["offers"]["seconds"]
        paragraphs.append(
            words(
                f"有人报到最高限价 {terms['cap']} 元的，转入一次性报价 {seconds} 秒：每名竞买人至多报一次，密封，"
                "截止后由密钥受托人一次全部开启；价高者得，相同的先报者得。",
                f"A bid at the cap of {terms['cap']} yuan begins sealed offers for {seconds} seconds: one of each "
                "bidder at most; the trustees open all of them at once afterwards. The highest wins, of equal ones "
                "the earlier.",
            )
        )
    if terms["reserve"] is not None:
        paragraphs.append(
            words(
                f"设有保留价，已密封（封套 {terms['reserve']}），最后一次报价之后由密钥受托人开启；"
                "最高报价低于保留价的，不成交。",
                f"There is a reserve price, sealed (envelope {terms['reserve']}); the trustees open it after the last "
                "bid, and nothing is sold below it.",
            )
        )
    return {
        "paragraphs": paragraphs,
        "fields": [
            field("起始价", "Start price", sum_of(terms["start_price"])),
            field("加价幅度", "Step", sum_of(terms["step"])),
            field("最少竞买人数", "Least number of bidders", str(terms["least_bidders"])),
        ],
        "table": {
            "head": [words("事由", "Ground"), words("效果", "Effect"), words("依据", "Source")],
            "numeric": [],
            "rows": [[ground["zh"], _EFFECTS[ground["effect"]], ground["cites"]] for ground in terms["grounds"]],
        },
    }


def _timed(timed: Mapping[str, Any]) -> Facts:
    window = timed["window_seconds"]
    zh_when, en_when = ("自由报价期内", "while bids were free")
    if window is not None:
        zh_when, en_when = f"截止前 {window} 秒内", f"in the last {window} seconds"
    return words(
        f"{zh_when}有 {timed['contenders']} 名以上竞买人报价的，准备 {timed['preparation_seconds']} 秒后限时竞价，"
        f"每次报价重新倒计时 {timed['countdown_seconds']} 秒，无人再报价时截止。",
        f"Where {timed['contenders']} or more have bid {en_when}, there are {timed['preparation_seconds']} seconds to "
        f"prepare, then a countdown of {timed['countdown_seconds']} seconds that each bid starts anew.",
    )


def _key_set(occasion: Occasion, trustees: Mapping[str, Mapping[str, str]]) -> Facts:
    quorums = occasion.notice.body["notice"]["policy"]["quorums"]
    codes = sorted({code for quorum in quorums for code in quorum})
    zh = (
        f"投标文件加密递交。{len(codes)} 名密钥受托人中任意 {len(quorums[0])} 人释放的一次性密钥合起来开启全部投标；"
        "在此之前，包括招标人和平台运营者在内的任何人都不能读取。"
    )
    en = f"Bids are sealed; one-time keys of any {len(quorums[0])} of the {len(codes)} trustees open all of them."
    rows = [[trustees.get(code, {}).get("name", code), _fingerprint(trustees.get(code, {}))] for code in codes]
    head = [words("密钥受托人", "Trustee"), words("身份公钥", "Identity key")]
    return {"paragraphs": [words(zh, en)], "table": {"head": head, "numeric": [], "rows": rows}}


def _remedies(occasion: Occasion, _trustees: Any) -> Facts:
    zh = f"对招标（采购）文件有异议的，在本平台向{occasion.agency['name']}提出，答复公开；不满意的，依法投诉。"
    cites = [
        limit.cites
        for name in ("question_answer", "complaint")
        if (limit := occasion.procedure.limit(name)) is not None
    ]
    basis = f"依据：{'；'.join(cites)}。" if cites else ""
    return {"paragraphs": [words(zh + basis, "Objections on this platform; complaints to the supervising authority.")]}


def _amendment(occasion: Occasion) -> list[Facts]:
    """Why, what, and by which rule the deadline moved."""
    body = occasion.entry.body
    fields = [
        field("变更事项", "Changed", "、".join(_CHANGED[name] for name in body["changed"])),
        field(
            "现投标截止时间" if body.get("auction") is None else "现报名截止时间",
            "Deadline now",
            beijing(clock.parse(body["deadline"])),
        ),
    ]
    rule = body["deadline_rule"]
    if rule is not None:
        fields.append(field("截止时间顺延依据", "The deadline moved by", rule["cites"]))
        fields.append(field("原投标截止时间", "Deadline before", beijing(clock.parse(rule["moved_from"]))))
    section = _section(words("一、变更的原因和内容", "What changes, and why"))
    return [section | {"paragraphs": [words(body["reason"])], "fields": fields}]


def _section(title: Facts) -> Facts:
    return {"title": title, "paragraphs": [], "fields": [], "table": None}


def _numeral(number: int) -> str:
    return "一二三四五六七八九十"[number]


def _fingerprint(trustee: Mapping[str, str]) -> str:
    identity = trustee.get("identity", "")
    return " ".join(identity[place : place + 8] for place in range(0, len(identity), 8))


_FIELDS: Mapping[str, Callable[[Occasion], list[Facts]]] = {
    "tenderer": _tenderer,
    "grantor": _grantor,
    "budget": _budget,
    "funding": _funding,
    "ceiling": _money("ceiling", "最高投标限价", "Ceiling price"),
    "deposit": _money("deposit", "投标保证金", "Bid deposit"),
    "deadline": _deadline,
    "notice_period": _notice_period,
    "auction_times": _auction_times,
    "valuation": _valuation,
    "auction_deposit": _money("deposit", "竞买保证金", "Deposit"),
}
_SECTIONS: Mapping[str, Callable[[Occasion, Mapping[str, Mapping[str, str]]], Facts]] = {
    "invitation": _invitation,
    "scope": _scope,
    "qualification": _qualification,
    "documents": _documents,
    "evaluation": _evaluation,
    "key_set": _key_set,
    "auction_rules": _auction_rules,
    "plot_documents": _plot_documents,
    "inquiries": _inquiries,
    "supervisor": _remedies,
    "contact": _remedies,
}
