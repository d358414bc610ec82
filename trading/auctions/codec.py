"""Auction records in JSON: money is text in 元, times are text in UTC; inside they are integer 分 and datetimes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from notary import clock, forms
from notary.errors import Malformed
from trading import money

T = TypeVar("T", bound=msgspec.Struct)

# What a member holds is told by its name, which means the same in every record of an auction.
_MONEY = frozenset({"cap", "price", "start_price", "step"})
_MONEY_OF_BIDDERS = frozenset({"prices"})
_TIMES = frozenset({"at", "closes_at", "opens_at", "registration_until", "resumes_at", "since"})


def read(value: Mapping[str, Any], type_: type[T]) -> T:
    """The struct of a JSON object. Raises Malformed naming the member."""
    return forms.convert(_read(value, ""), type_)


def plain(struct: msgspec.Struct) -> dict[str, Any]:
    """The JSON object of a struct; :func:`read` gives the struct back."""
    value: dict[str, Any] = _plain(msgspec.to_builtins(struct, builtin_types=(datetime,)))
    return value


def _read(value: Any, path: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _member(key, item, f"{path}{key}") for key, item in value.items()}
    if isinstance(value, list):
        return [_read(item, f"{path}{number}.") for number, item in enumerate(value)]
    return value


def _member(key: str, value: Any, path: str) -> Any:
    if value is None:
        return None
    if key in _MONEY:
        return money.parse(value, path)
    if key in _MONEY_OF_BIDDERS and isinstance(value, Mapping):
        return {who: _optional(sum_, money.parse, f"{path}.{who}") for who, sum_ in value.items()}
    if key in _TIMES:
        return _moment(value, path)
    return _read(value, f"{path}.")


def _moment(value: Any, path: str) -> datetime:
    if not isinstance(value, str):
        raise Malformed("not_a_time", f"应为时间文本：{path}。", f"Expected a time as text: {path}.", field=path)
    return clock.parse(value, path)


def _optional(value: Any, parse: Callable[[Any, str], int], path: str) -> int | None:
    return None if value is None else parse(value, path)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _written(key, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return clock.text(value) if isinstance(value, datetime) else value


def _written(key: str, value: Any) -> Any:
    if key in _MONEY and value is not None:
        return money.text(value)
    if key in _MONEY_OF_BIDDERS:
        return {who: None if sum_ is None else money.text(sum_) for who, sum_ in value.items()}
    return _plain(value)
