"""Money: integer 分 inside, text in 元 with exactly two places in every format, words on paper. Never a float."""

from __future__ import annotations

import re

from notary.errors import Malformed

MOST = 9_999_999_999_999_99  # the largest sum that the form can write, in 分
_FORM = re.compile(r"(?:0|[1-9][0-9]{0,12})\.[0-9]{2}", re.ASCII)
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def parse(text: object, field: str | None = None) -> int:
    """The 分 of ``"3680000.00"``: ASCII digits, two places, no sign, exponent or leading zero. Raises Malformed."""
    if isinstance(text, str) and _FORM.fullmatch(text):
        return int(text.replace(".", ""))
    raise Malformed(
        "not_money",
        '金额应写成两位小数的元，如 "3680000.00"。',
        'Money is written in yuan with two places, like "3680000.00".',
        field=field,
    )


def parse_signed(text: object, field: str | None = None) -> int:
    """Like parse, with a leading ``-`` allowed before a sum that is not zero."""
    if isinstance(text, str) and text.startswith("-") and text != "-0.00":
        return -parse(text[1:], field)
    return parse(text, field)


def text(fen: int) -> str:
    """``"3680000.00"`` for 368000000 分. Raises ValueError for a sum that the form cannot write."""
    sign = "-" if fen < 0 else ""
    if abs(fen) > MOST:
        raise ValueError("a sum out of range")
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02}"


def words(fen: int) -> str:
    """The sum in Chinese capitals for paper (人民币大写), without the words 人民币 before it.

    Rules and examples: 《支付结算办法》附件一《正确填写票据和结算凭证的基本规定》. Where it leaves a choice: 零 is
    written when 元 is 0 and 角 is not, none between 万 and 仟; 整 stands after 元 only.
    """
    if not 0 <= fen <= MOST:
        raise ValueError("a sum out of range")
    yuan, jiao, small = fen // 100, fen // 10 % 10, fen % 10
    if fen == 0:
        return "零元整"
    whole = f"{_whole(yuan)}元" if yuan else ""
    if not jiao and not small:
        return f"{whole}整"
    parts = [whole]
    if yuan and (not jiao or yuan % 10 == 0):
        parts.append("零")
    if jiao:
        parts.append(f"{_DIGITS[jiao]}角")
    if small:
        parts.append(f"{_DIGITS[small]}分")
    return "".join(parts)


def _whole(yuan: int) -> str:
    spoken, gap = "", False
    for place in reversed(range(len(_GROUPS))):
        group = yuan // 10_000**place % 10_000
        if group:
            spoken += ("零" if spoken and (gap or group < 1000) else "") + _group(group) + _GROUPS[place]
        gap = not group
    return spoken


def _group(number: int) -> str:
    """One to four digits without leading or trailing 零."""
    spoken = ""
    for place in reversed(range(4)):
        digit = number // 10**place % 10
        if digit:
            spoken += _DIGITS[digit] + _PLACES[place]
        elif spoken and not spoken.endswith("零"):
            spoken += "零"
    return spoken.rstrip("零")
