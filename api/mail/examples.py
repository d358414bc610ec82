"""Example facts of every kind of mail, for the preview and for tests. Names and numbers are made up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LOT = {"tender": "YZ-431102-GC-2026-0001", "title": "零陵区潇水路道路改造工程施工", "agency": "零陵区住房和城乡建设局"}
_DEADLINE = "2026-12-14T01:30:00.000000Z"

FACTS: Mapping[str, Mapping[str, Any]] = {
    "confirm": {"code": "01234567", "hours": 24},
    "invitation": {**_LOT, "deadline": _DEADLINE},
    "answer": {
        **_LOT,
        "question": "路基填料是否允许使用建筑再生骨料？",
        "answer": "允许，须符合招标文件第三章第 4 条。",
    },
    "amendment": {
        **_LOT,
        "number": 1,
        "reason": "更正工程量清单第 12 项。",
        "deadline": _DEADLINE,
        "affects_bids": True,
        "moved": True,
    },
    "deadline": {**_LOT, "deadline": _DEADLINE},
    "opening": {**_LOT},
    "draw": {**_LOT, "step": "commit"},
    "seat": {**_LOT},
    "explanation": {**_LOT, "answer_by": _DEADLINE},
    "candidates": {**_LOT, "objections_until": _DEADLINE},
    "award": {**_LOT, "winner": "湖南潇湘路桥建设有限公司"},
    "result": {**_LOT},
    "objection": {**_LOT, "against": "documents", "answer_by": _DEADLINE, "suspends": True},
    "objection_answer": {**_LOT, "outcome": "partly_upheld"},
    "comment": {**_LOT, "answer_by": _DEADLINE},
    "comment_answer": {**_LOT, "outcome": "dismissed"},
    "complaint": {**_LOT, "decide_by": _DEADLINE},
    "acceptance": {**_LOT, "taken_up": True, "suspends": True, "rule_by": _DEADLINE},
    "ruling": {**_LOT, "outcome": "dismissed", "ruling": "投诉缺乏事实依据，驳回投诉。"},
    "failure": {**_LOT, "detail": "投标人少于三个。"},
}
