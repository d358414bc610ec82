"""Values as people read them, in each language: moments in Beijing time, days, money, sizes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from babel import Locale
from babel.dates import format_datetime
from babel.numbers import format_decimal

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
LANGUAGES = ("zh", "en")
# Looked up once: Babel reads a locale anew for each name that it is given.
_LOCALES = {"zh": Locale.parse("zh_CN"), "en": Locale.parse("en_GB")}
_LONG = {"zh": "y年M月d日（EEEE）HH:mm", "en": "EEEE d MMMM y, HH:mm"}
_DAY = {"zh": "y年M月d日（EEEE）", "en": "EEEE d MMMM y"}
_LENGTH = len("2026-11-23T01:30:00.000000Z")
_UNITS = ("B", "KiB", "MiB", "GiB")


def moment(text: str, language: str) -> str:
    """``2026年11月23日（星期一）09:30`` for a record's time text."""
    return format_datetime(parse(text), _LONG[language], locale=_LOCALES[language])


def day(text: str, language: str) -> str:
    """``2026年11月23日（星期一）``."""
    return format_datetime(parse(text), _DAY[language], locale=_LOCALES[language])


def short(text: str, seconds: bool = False) -> str:
    """``2026-11-23 09:30``, for tables, alike in all languages."""
    return parse(text).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def machine(text: str) -> str:
    """``2026-11-23T09:30:00+08:00``, for ``<time datetime>``."""
    return parse(text).isoformat(timespec="seconds")


def parse(text: str) -> datetime:
    """The moment of a record's time text (UTC, six decimals), in Beijing time. Raises ValueError."""
    if len(text) != _LENGTH or text[-1] != "Z":
        raise ValueError(f"not a time of the record: {text!r}")
    return datetime.fromisoformat(text).astimezone(BEIJING)


def money(yuan: str) -> str:
    """``¥3,680,000.00`` for ``3680000.00``."""
    sign, digits = ("-", yuan[1:]) if yuan.startswith("-") else ("", yuan)
    whole, _, part = digits.partition(".")
    return f"{sign}¥{int(whole):,}.{part}"


def number(value: int, language: str) -> str:
    """``1,234``."""
    return format_decimal(value, locale=_LOCALES[language])


def size(count: int) -> str:
    """``1.5 MiB``: bytes with a binary unit, one decimal from KiB on."""
    unit, tenths = 0, count * 10
    while tenths >= 10_240 and unit < len(_UNITS) - 1:
        unit, tenths = unit + 1, tenths // 1024
    return f"{count} B" if unit == 0 else f"{tenths // 10}.{tenths % 10} {_UNITS[unit]}"


def pick(pair: Mapping[str, str], language: str) -> str:
    """The words of a pair in a language; Chinese where there are none in English."""
    return pair[language] or pair["zh"]
