"""What the stories of the verifier's tests tender for: a form schema and criteria of both methods."""

from __future__ import annotations

from typing import Any

SCHEMA_TYPE = "sunbid/form-schema/1"
SCHEMA: dict[str, Any] = {
    "type": SCHEMA_TYPE, "procedure": "construction-open", "since": "2022-09-01", "price_field": "price",
    "fields": [
        {"type": "money", "name": "price", "zh": "报价", "en": "Price", "required": True, "min": "0.01"},
        {"type": "integer", "name": "duration_days", "zh": "工期", "en": "Days", "required": True, "min": 1},
        {"type": "text", "name": "quality", "zh": "质量", "en": "Quality", "required": True, "max_length": 200},
        {"type": "choice", "name": "size", "zh": "规模", "en": "Size", "required": False, "choices": ["micro"]},
    ],
}  # fmt: skip
COMMON_CRITERIA = {
    "type": "sunbid/criteria/1", "price_field": "price", "adjustments": [], "over_ceiling": "51-5-ceiling",
    "clauses": ["51-5-ceiling", "51-6"], "candidates": 3,
}  # fmt: skip
CRITERIA: dict[str, dict[str, Any]] = {
    "comprehensive": COMMON_CRITERIA | {
        "method": "comprehensive", "price_marks": "30.00", "ceiling": "3990000.00",
        "ties": ["price", "business", "draw"],
        "parts": [
            {"name": "technical", "zh": "技术", "en": "Technical", "marks": "50.00"},
            {"name": "business", "zh": "商务", "en": "Business", "marks": "20.00"},
        ],
    },
    "lowest_evaluated_price": COMMON_CRITERIA | {
        "method": "lowest_evaluated_price", "price_marks": None, "ceiling": None, "ties": ["draw"], "parts": [],
    },
}  # fmt: skip
