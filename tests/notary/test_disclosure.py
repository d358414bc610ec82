"""Disclosure: only what is named, in one direction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from notary import disclosure
from notary.errors import Unknown
from notary.rows import entries, metadata
from notary.work import Unit, open_engine

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def unit(database_url: str) -> Iterator[Unit]:
    engine = open_engine(database_url)
    metadata.create_all(engine)
    with engine.begin() as connection:
        yield Unit(connection, NOW, "test.example/demonstration", demonstration=True)
    engine.dispose()


def shown(unit: Unit) -> set[str]:
    return set(unit.connection.scalars(select(entries.c.commitment).where(entries.c.disclosed.is_(True))))


def add(unit: Unit, kind: str, tender: str = "A", **body: Any) -> str:
    return unit.record(kind, tender, "1", body, disclosed=False).commitment().hex()


def test_the_named_entries_and_no_others(unit: Unit) -> None:
    """More of them than one statement takes."""
    leaves = [add(unit, "score_signed", number=number) for number in range(1001)]
    disclosure.disclose(unit, leaves[1:])
    assert shown(unit) == set(leaves[1:])
    disclosure.disclose(unit, [])
    disclosure.disclose(unit, leaves[:2])
    assert shown(unit) == set(leaves)


def test_kinds_of_one_tender(unit: Unit) -> None:
    wanted = {add(unit, "bid_accepted"), add(unit, "bid_withdrawn")}
    add(unit, "score_signed")
    add(unit, "bid_accepted", tender="B")
    disclosure.disclose_kinds(unit, "A", ["bid_accepted", "bid_withdrawn"])
    assert shown(unit) == wanted


def test_a_body_is_read_once_disclosed(unit: Unit) -> None:
    leaf = add(unit, "bid_accepted", price="1.00")
    for asked in (leaf, "00" * 32):
        with pytest.raises(Unknown):
            disclosure.body_of(unit.connection, asked)
    disclosure.disclose(unit, [leaf])
    assert disclosure.body_of(unit.connection, leaf) == '{"price":"1.00"}'


def test_nothing_else_of_an_entry_changes(unit: Unit) -> None:
    leaf = add(unit, "bid_accepted", price="1.00")
    changed = update(entries).where(entries.c.commitment == leaf).values(body="{}")
    with pytest.raises(DBAPIError, match="append-only"), unit.connection.begin_nested():
        unit.connection.execute(changed)
