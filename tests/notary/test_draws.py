"""Draws: uniform, bound to what was logged, nobody twice, replaced in order, fast; and every refusal."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notary import draws
from notary.draws import Group, Pool, Reveal
from notary.errors import Conflict, Malformed

PARTIES = ("agency", "supervisor", "operator")
POOL = Pool(sha256(b"pool").digest(), 41, sha256(b"root").digest(), PARTIES)
REVEALS = [Reveal(party, stands_in=False, value=sha256(party.encode()).digest()) for party in PARTIES]
SEED = draws.seed(POOL, REVEALS)
DRAWS = 100_000
#: The 0.999 quantiles of chi-squared by degrees of freedom (NIST/SEMATECH e-Handbook, 1.3.6.7.4).
QUANTILE = {9: 27.877, 23: 49.728, 34: 65.247}


def names(count: int) -> tuple[str, ...]:
    return tuple(f"{number:05d}" for number in range(count))


def seed_of(number: int) -> bytes:
    return sha256(b"draw %d" % number).digest()


def chi_squared(found: Iterable[object], kinds: int) -> float:
    """The statistic of equally likely kinds; every kind has to be there."""
    counts = Counter(found)
    assert len(counts) == kinds
    expected = counts.total() / kinds
    return sum((count - expected) ** 2 for count in counts.values()) / expected


def test_the_first_is_drawn_uniformly() -> None:
    group = Group("experts", 1, names(10))
    first = (next(draws.drawn(seed_of(number), group)) for number in range(DRAWS))
    assert chi_squared(first, 10) < QUANTILE[9]


def test_orders_are_drawn_uniformly() -> None:
    """All 24 orders of four: the bounds 3 and below are no powers of two, so numbers are thrown away."""
    group = Group("experts", 4, names(4))
    orders = (tuple(draws.drawn(seed_of(number), group)) for number in range(DRAWS))
    assert chi_squared(orders, 24) < QUANTILE[23]


def test_committees_are_drawn_uniformly() -> None:
    """All 35 sets of three out of seven."""
    group = Group("experts", 3, names(7))
    sets = (frozenset(itertools.islice(draws.drawn(seed_of(number), group), 3)) for number in range(DRAWS))
    assert chi_squared(sets, 35) < QUANTILE[34]


def test_a_replacement_is_drawn_uniformly() -> None:
    groups = [Group("experts", 1, names(11))]
    found = []
    for number in range(DRAWS // 10):
        [[gone]] = draws.seats(seed_of(number), groups)
        [[coming]] = draws.seats(seed_of(number), groups, [gone])
        found.append((int(coming) - int(gone)) % 11)
    assert chi_squared(found, 10) < QUANTILE[9]


@given(st.binary(min_size=32, max_size=32), st.integers(1, 300), st.sampled_from(["experts", "a", "b" * 64]))
def test_an_order_is_a_permutation_that_is_always_the_same(seed: bytes, count: int, label: str) -> None:
    group = Group(label, 1, names(count))
    order = list(draws.drawn(seed, group))
    assert sorted(order) == list(group.candidates)
    assert order == list(draws.drawn(seed, replace(group, count=count)))


@given(st.data())
@settings(max_examples=200)
def test_nobody_sits_twice_and_a_replacement_moves_nobody_else(data: st.DataObject) -> None:
    pool = names(data.draw(st.integers(8, 40)))  # at most 4 seats and 3 recusals: there is always somebody left
    parts = data.draw(st.lists(st.sets(st.sampled_from(pool), min_size=8), min_size=1, max_size=2))
    groups = [Group(f"g{n}", data.draw(st.integers(1, 2)), tuple(sorted(part))) for n, part in enumerate(parts)]
    seed = data.draw(st.binary(min_size=32, max_size=32))
    recused: list[str] = []
    before = draws.seats(seed, groups)
    seen = {one for group in before for one in group}
    assert len(seen) == sum(group.count for group in groups)
    for _ in range(data.draw(st.integers(0, 3))):
        recused.append(data.draw(st.sampled_from([one for group in before for one in group])))
        after = draws.seats(seed, groups, recused)
        changed = [
            (old, new, set(group.candidates))
            for old_, new_, group in zip(before, after, groups, strict=True)
            for old, new in zip(old_, new_, strict=True)
            if old != new
        ]
        [(gone, coming, candidates)] = changed
        assert gone == recused[-1]
        assert coming in candidates - seen
        seen.add(coming)
        before = after


@pytest.mark.parametrize(
    "other",
    [
        replace(POOL, commitment=sha256(b"other").digest()),
        replace(POOL, size=42),
        replace(POOL, root=sha256(b"other").digest()),
        replace(POOL, parties=(*PARTIES[1:], PARTIES[0])),
    ],
)
def test_the_seed_hangs_on_all_of_the_pool(other: Pool) -> None:
    assert draws.seed(other, REVEALS) != SEED


def test_the_seed_hangs_on_each_value_and_on_who_gave_it() -> None:
    for place, one in enumerate(REVEALS):
        for other in (replace(one, value=bytes(32)), replace(one, stands_in=True)):
            assert draws.seed(POOL, [*REVEALS[:place], other, *REVEALS[place + 1 :]]) != SEED
    assert draws.seed(POOL, REVEALS[::-1]) == SEED


def test_labels_part_the_orders() -> None:
    orders = {tuple(draws.drawn(SEED, Group(label, 1, names(50)))) for label in ("a", "b", "ab", "b ", "experts")}
    assert len(orders) == 5


def test_a_commitment_is_of_one_pool_party_and_use() -> None:
    value = sha256(b"value").digest()
    pools, uses = (POOL.commitment, sha256(b"other").digest()), (False, True)
    found = {
        draws.commitment(pool, party, stands_in=use, value=value) for pool in pools for party in PARTIES for use in uses
    }
    assert len(found) == 12


def test_who_stands_in() -> None:
    assert [draws.stand_in_for(PARTIES, party) for party in PARTIES] == ["supervisor", "operator", "agency"]


def test_seven_of_ten_thousand_with_recusals_take_less_than_a_second() -> None:
    """The limit of the issue; it takes some thirty milliseconds here, so a busy machine does not fail it."""
    groups = [Group("experts", 7, names(10_000))]
    started = time.process_time()
    recused: list[str] = []
    for _ in range(20):
        recused.append(draws.seats(SEED, groups, recused)[0][0])
    seats = draws.seats(SEED, groups, recused)
    assert len(set(seats[0]) - set(recused)) == 7
    assert time.process_time() - started < 1


SMALL = Group("experts", 2, ("a", "b", "c"))
REFUSED: dict[str, Callable[[], object]] = {
    "one_party": lambda: draws.seed(replace(POOL, parties=("agency",)), REVEALS[:1]),
    "a_party_twice": lambda: draws.seed(replace(POOL, parties=("agency", "agency")), REVEALS[:1]),
    "a_value_missing": lambda: draws.seed(POOL, REVEALS[:2]),
    "a_value_twice": lambda: draws.seed(POOL, [*REVEALS, REVEALS[0]]),
    "a_stranger": lambda: draws.seed(POOL, [*REVEALS[:2], replace(REVEALS[2], party="stranger")]),
    "a_short_value": lambda: draws.seed(POOL, [*REVEALS[:2], replace(REVEALS[2], value=bytes(31))]),
    "a_short_seed": lambda: list(draws.drawn(bytes(31), SMALL)),
    "a_short_salt": lambda: draws.pseudonym(bytes(31), "person"),
    "no_label": lambda: list(draws.drawn(SEED, replace(SMALL, label=""))),
    "a_long_label": lambda: list(draws.drawn(SEED, replace(SMALL, label="x" * 65))),
    "a_label_with_a_break": lambda: list(draws.drawn(SEED, replace(SMALL, label="a\nb"))),
    "a_label_that_is_not_ascii": lambda: list(draws.drawn(SEED, replace(SMALL, label="专家"))),
    "candidates_that_fall": lambda: list(draws.drawn(SEED, replace(SMALL, candidates=("b", "a")))),
    "a_candidate_twice": lambda: list(draws.drawn(SEED, replace(SMALL, candidates=("a", "a")))),
    "too_many_candidates": lambda: list(draws.drawn(SEED, replace(SMALL, candidates=names(100_001)))),
    "no_seat": lambda: draws.seats(SEED, [replace(SMALL, count=0)]),
    "more_seats_than_candidates": lambda: draws.seats(SEED, [replace(SMALL, count=4)]),
    "a_label_twice": lambda: draws.seats(SEED, [SMALL, SMALL]),
    "a_recusal_of_nobody": lambda: draws.seats(SEED, [SMALL], ["d"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_not_its_form_is_refused(name: str) -> None:
    with pytest.raises(Malformed, match="draw_wrong"):
        REFUSED[name]()


def test_a_pool_that_is_too_small_for_its_groups_is_exhausted() -> None:
    groups = [SMALL, Group("economics", 2, ("a", "b", "c"))]
    with pytest.raises(Conflict, match="pool_exhausted"):
        draws.seats(SEED, groups)
    [[first, second]] = draws.seats(SEED, [SMALL])
    [[third, still]] = draws.seats(SEED, [SMALL], [first])
    assert {first, second, third} == set(SMALL.candidates)
    assert still == second
    with pytest.raises(Conflict, match="pool_exhausted"):
        draws.seats(SEED, [SMALL], [first, third])
