"""Who takes part: organisations by their unified social credit code (统一社会信用代码, GB 32100-2015)."""

from __future__ import annotations

import re

from notary.errors import Malformed

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # 31 signs: no I, O, S, V, Z (GB 32100-2015, table 4)
_FORM = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}", re.ASCII)


def check_code(code: str, field: str | None = None) -> str:
    """The code, when its form and its check character are right (GB 32100-2015, 4.6). Raises Malformed.

    Two signs for authority and kind, six digits of region, nine signs of the organisation, one check character:
    31 - (sum of sign value x 3^position mod 31), taken mod 31.
    """
    if not _FORM.fullmatch(code):
        raise Malformed(
            "not_a_credit_code",
            "统一社会信用代码应为 18 位数字和大写字母。",
            "A unified social credit code has 18 digits and capital letters.",
            field=field,
        )
    if check_character(code[:17]) != code[17]:
        raise Malformed(
            "credit_code_wrong",
            "统一社会信用代码的校验码不对，请核对是否抄错。",
            "The check character of the unified social credit code is wrong: please compare it with the licence.",
            field=field,
        )
    return code


def check_character(body: str) -> str:
    """The 18th character for the first 17."""
    total = sum(_ALPHABET.index(sign) * pow(3, place, 31) for place, sign in enumerate(body))
    return _ALPHABET[-total % 31]
