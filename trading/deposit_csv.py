"""The files in which banks list transfers (银行流水 CSV). Pure.

Comma separated, UTF-8 (with or without a mark) or GB18030, with a heading that names the columns in Chinese or English.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeVar

from notary import clock, forms
from notary.errors import Malformed
from trading import deposits, money
from trading.calendar import BEIJING, parse_day
from trading.deposits import Payment, Transfer

T = TypeVar("T", bound=forms.Form)

MOST_BYTES = 4 << 20
_ARRIVED = {
    "流水号": "reference",
    "付款账号": "account",
    "付款人": "payer",
    "金额": "amount",
    "到账时间": "received_at",
    "项目编号": "tender",
    "统一社会信用代码": "organisation",
}
_REFUNDED = {
    "原流水号": "reference",
    "退款流水号": "payment",
    "退款日期": "paid_on",
    "退款金额": "amount",
    "原因": "reason",
}
_OPTIONAL = frozenset({"tender", "organisation", "reason"})


def read_transfers(data: bytes) -> list[Transfer]:
    """Money that has arrived. Times are Beijing's, as ``2026-12-01 09:30:00``; or as in every record of ours.

    Raises Malformed; its field names line and column, and nothing of the file is taken.
    """
    found = []
    for line, row in _rows(data, _ARRIVED):
        row["received_at"] = _moment(row["received_at"], f"line {line} received_at")
        row["amount"] = _amount(row["amount"])
        transfer = _formed(row, Transfer, line)
        money.parse(transfer.amount, f"line {line} amount")
        found.append(transfer)
    return found


def read_payments(data: bytes) -> list[Payment]:
    """Refunds that the bank has made. Raises as read_transfers does."""
    found = []
    for line, row in _rows(data, _REFUNDED):
        row["amount"] = _amount(row["amount"])
        payment = _formed(row, Payment, line)
        money.parse(payment.amount, f"line {line} amount")
        parse_day(payment.paid_on, f"line {line} paid_on")
        found.append(payment)
    return found


def _rows(data: bytes, columns: Mapping[str, str]) -> list[tuple[int, dict[str, str]]]:
    """Line number and cells by our names, without empty ones that may be missing."""
    if len(data) > MOST_BYTES:
        raise _wrong("文件超过 4 MiB", "The file is larger than 4 MiB", "file")
    reader = csv.reader(io.StringIO(_text(data), newline=""), strict=True)
    try:
        lines = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise _wrong(f"不是 CSV（{error}）", f"This is no CSV ({error})", f"line {reader.line_num}") from error
    if not lines:
        raise _wrong("文件是空的", "The file is empty", "file")
    heading = [columns.get(cell.strip(), cell.strip()) for cell in lines[0][1]]
    for zh, name in columns.items():
        if heading.count(name) > 1 or (name not in _OPTIONAL and name not in heading):
            raise _wrong(f"应有且只有一列“{zh}”", f"There must be one column {name}", f"line 1 {name}")
    found = []
    for number, cells in lines[1:]:
        if len(cells) != len(heading):
            raise _wrong("列数与表头不同", "It has not as many cells as the heading", f"line {number}")
        row = {name: cell.strip() for name, cell in zip(heading, cells, strict=True) if name in columns.values()}
        found.append((number, {name: cell for name, cell in row.items() if cell or name not in _OPTIONAL}))
    if len(found) > deposits.MAX_IMPORTED:
        raise _wrong(f"一次最多 {deposits.MAX_IMPORTED} 行", f"At most {deposits.MAX_IMPORTED} lines at once", "file")
    return found


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _wrong("既不是 UTF-8 也不是 GB18030", "It is neither UTF-8 nor GB18030", "file")


def _moment(text: str, field: str) -> str:
    for form in ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M"):
        try:
            return clock.text(datetime.strptime(text, form).replace(tzinfo=BEIJING).astimezone(UTC))
        except ValueError:
            continue
    return clock.text(clock.parse(text, field))


def _amount(text: str) -> str:
    """Banks write thousands apart and leave out zero 分."""
    plain = text.replace(",", "")
    whole, _, part = plain.partition(".")
    return f"{whole}.{part.ljust(2, '0')}" if part or "." not in plain else plain


def _formed(row: Mapping[str, str], form: type[T], line: int) -> T:
    try:
        return forms.convert(dict(row), form)
    except Malformed as error:
        raise _wrong(f"不符合要求：{error.zh}", error.en, f"line {line} {error.field or ''}".strip()) from error


def _wrong(zh: str, en: str, field: str) -> Malformed:
    return Malformed(
        "csv_wrong", f"{zh}（{field}）。没有导入任何一行。", f"{en} ({field}). Nothing was taken.", field=field
    )
