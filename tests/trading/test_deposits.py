"""Deposits: what counts, when it goes back, with how much interest; and the bank's files."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notary.errors import Malformed
from trading import calendar, deposit_csv, deposits, procedures, rates, spreadsheet
from trading.calendar import midnight
from trading.deposits import Cover, Held, Terms

CHINA = calendar.china()
DEADLINE = datetime(2026, 3, 31, 1, tzinfo=UTC)
LAST = date(2026, 6, 29)
TERMS = Terms(50_000_00, DEADLINE, LAST)
SECOND = timedelta(seconds=1)
NAMED = {procedure.name: procedure for procedure in procedures.catalogue()}


@pytest.mark.parametrize(
    ("held", "covers", "paid", "guaranteed", "faults"),
    [
        ([Held("甲公司", 50_000_00, DEADLINE)], [], 50_000_00, 0, ()),
        ([Held("甲公司", 50_000_00, DEADLINE + SECOND)], [], 0, 0, ("late", "short")),
        ([Held("甲公司", 49_999_99, DEADLINE)], [], 49_999_99, 0, ("short",)),
        ([Held("乙公司", 50_000_00, DEADLINE)], [], 0, 0, ("other_payer", "short")),
        ([Held("甲 公司", 20_000_00, DEADLINE)] * 2, [Cover(10_000_00, LAST)], 40_000_00, 10_000_00, ()),
        ([], [Cover(50_000_00, date(2026, 6, 28))], 0, 0, ("expires", "short")),
        ([Held("甲公司", 50_000_00, DEADLINE)], [Cover(1, date(2026, 6, 28))], 50_000_00, 0, ("expires",)),
    ],
)
def test_what_counts(
    held: list[Held], covers: list[Cover], paid: int, guaranteed: int, faults: tuple[str, ...]
) -> None:
    found = deposits.standing(TERMS, "甲公司", held, covers)
    assert (found.paid, found.guaranteed, found.faults) == (paid, guaranteed, faults)
    assert found.enough is ("short" not in faults)


def test_brackets_of_a_name_are_written_as_banks_like() -> None:
    held = [Held("永州（集团）有限公司", 50_000_00, DEADLINE)]
    assert deposits.standing(TERMS, "永州(集团)有限公司", held, []).enough


def day(text: str) -> datetime:
    return midnight(date.fromisoformat(text))


#: Wednesday before the days off of the National Day of 2026, after which a Saturday is worked.
AWARDED = day("2026-09-23") + timedelta(hours=10)


@pytest.mark.parametrize(
    ("procedure", "side", "happened", "since", "until"),
    [
        # 5 working days after the award letter, over the Mid-Autumn days off: 24, 28, 29, 30 September, 8 October.
        ("procurement-open", "loser", {"award_notice": AWARDED}, AWARDED, "2026-10-09"),
        ("procurement-open", "winner", {"award_notice": AWARDED}, None, None),
        ("procurement-open", "winner", {"award_notice": AWARDED, "contract": AWARDED}, AWARDED, "2026-10-09"),
        ("construction-open", "loser", {"award_notice": AWARDED, "winner_fixed": AWARDED}, None, None),
        # 5 calendar days, the last of which is a working day.
        ("construction-open", "loser", {"contract": AWARDED}, AWARDED, "2026-09-29"),
        ("construction-open", "withdrawn", {"withdrawal": AWARDED, "end": AWARDED + SECOND}, AWARDED, "2026-09-29"),
        ("construction-open", "winner", {"end": AWARDED}, AWARDED, "2026-09-29"),
        ("land-auction", "winner", {"winner_fixed": AWARDED}, None, None),
        ("land-auction", "loser", {"winner_fixed": AWARDED}, AWARDED, "2026-10-09"),
        ("property-tender", "loser", {"winner_fixed": AWARDED}, AWARDED, None),
        ("property-tender", "withdrawn", {"winner_fixed": AWARDED, "withdrawal": AWARDED - SECOND}, AWARDED, None),
        ("property-tender", "withdrawn", {"withdrawal": AWARDED}, None, None),
    ],
)
def test_when_it_goes_back(
    procedure: str, side: deposits.Side, happened: dict[str, datetime], since: datetime | None, until: str | None
) -> None:
    found = deposits.due(NAMED[procedure], CHINA, side, happened)
    if since is None:
        assert found is None
    else:
        assert found is not None
        assert (found.since, found.until) == (since, None if until is None else day(until))


def test_a_year_without_a_calendar_leaves_that_day_open() -> None:
    found = deposits.due(NAMED["procurement-open"], CHINA, "loser", {"award_notice": day("2041-01-02")})
    assert found == deposits.Due(day("2041-01-02"), None)


def test_interest_of_an_example() -> None:
    # 100,000.00 yuan: 30 days at 0.35 % and 10 days late at 4.35 % with 20 % more, a year of 360 days.
    arrived = day("2026-03-01") + timedelta(hours=9)
    found = deposits.interest(
        NAMED["procurement-open"], 100_000_00, arrived, date(2026, 4, 10), late_from=date(2026, 3, 31)
    )
    assert (found.until_due, found.late) == (29_17, 145_00)
    assert found.whole == 174_17


def test_no_surcharge_where_the_law_has_none() -> None:
    arrived = day("2026-03-01")
    late = deposits.interest(NAMED["construction-open"], 100_000_00, arrived, date(2026, 4, 10), date(2026, 3, 31))
    assert (late.until_due, late.late) == (38_89, 0)
    assert deposits.interest(None, 100_000_00, arrived, date(2026, 3, 1), None).whole == 0


@given(st.integers(1, 10**12), st.integers(0, 400), st.integers(-50, 450), st.sampled_from(sorted(NAMED)))
def test_interest_never_falls_with_time_or_money(amount: int, days: int, late_after: int, name: str) -> None:
    arrived, first = day("2026-01-05"), date(2026, 1, 5)
    late_from = first + timedelta(days=late_after)

    def whole(fen: int, after: int) -> int:
        return deposits.interest(NAMED[name], fen, arrived, first + timedelta(days=after), late_from).whole

    assert 0 <= whole(amount, days) <= whole(amount, days + 1)
    assert whole(amount, days) <= whole(amount + 1, days)


def test_the_rate_is_that_of_the_day() -> None:
    known = [
        rates.Rate("deposit", Decimal("0.50"), date(2011, 7, 7), "a", confirmed=True),
        rates.Rate("deposit", Decimal("0.35"), date(2012, 7, 6), "b", confirmed=True),
    ]
    assert rates.in_force("deposit", date(2012, 7, 5), known).source == "a"
    assert rates.in_force("deposit", date(2012, 7, 6), known).source == "b"
    with pytest.raises(LookupError, match="no lending rate"):
        rates.in_force("lending", date(2012, 7, 6), known)
    for kind in ("deposit", "lending"):
        assert rates.in_force(kind, rates.FIRST).percent > 0


LINES = """流水号,付款账号,付款人,金额,到账时间,项目编号,统一社会信用代码,附言
20260301000001,6222 0000 0000 0001,甲公司,"50,000.00",2026-03-01 09:30:00,YZ-431102-GC-2026-0001,91430000000000010C,附
20260301000002,6222000000000002,乙公司,50000,2026/03/01 09:31:00,,,
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_banks_file(encoding: str) -> None:
    first, second = deposit_csv.read_transfers(LINES.encode(encoding))
    assert (first.amount, second.amount) == ("50000.00", "50000.00")
    assert first.received_at == "2026-03-01T01:30:00.000000Z"
    assert (first.tender, first.organisation) == ("YZ-431102-GC-2026-0001", "91430000000000010C")
    assert (second.tender, second.organisation) == (None, None)


@pytest.mark.parametrize(
    ("file", "field"),
    [
        (b"", "file"),
        (b"\xff\xff\xff", "file"),
        (b"x" * (deposit_csv.MOST_BYTES + 1), "file"),
        ("流水号,付款账号\n".encode(), "line 1 payer"),
        (LINES.replace("流水号,", "流水号,流水号,").encode(), "line 1 reference"),
        (LINES.replace("2026-03-01 09:30:00", "昨天").encode(), "line 2 received_at"),
        (LINES.replace(",50000,", ",5e4,").encode(), "line 3 amount"),
        (LINES.replace("20260301000002", "汉字").encode(), "line 3 reference"),
        (LINES.replace("YZ-431102-GC-2026-0001", "低").encode(), "line 2 tender"),
        ((LINES + "只有一格\n").encode(), "line 4"),
        ((LINES + '"没有结束').encode(), "line 4"),
    ],
)
def test_a_wrong_file_is_told_by_its_line(file: bytes, field: str) -> None:
    with pytest.raises(Malformed) as caught:
        deposit_csv.read_transfers(file)
    assert caught.value.field == field


def test_the_banks_answer() -> None:
    file = "原流水号,退款流水号,退款日期,退款金额,原因\nA1,B1,2026-04-01,50004.86,\n"
    (paid,) = deposit_csv.read_payments(file.encode())
    assert (paid.reference, paid.payment, paid.paid_on, paid.amount, paid.reason) == (
        *("A1", "B1", "2026-04-01", "50004.86"),
        None,
    )
    with pytest.raises(Malformed) as caught:
        deposit_csv.read_payments(file.replace("2026-04-01", "2026-02-30").encode())
    assert caught.value.field == "line 2 paid_on"


def test_the_list_for_the_bank() -> None:
    refund = {
        "reference": "A1",
        "tender": "YZ-1",
        "name": "=1+1",
        "payer": "甲公司",
        "account": "62220001",
        "amount": "50000.00",
        "interest": "4.86",
        "total": "50004.86",
        "until": "2026-03-31T16:00:00.000000Z",
    }
    line = deposits.refund_line(refund)
    assert line[-1] == "2026-03-31"
    assert deposits.refund_line(refund | {"until": None})[-1] == ""
    text = spreadsheet.write(deposits.REFUND_COLUMNS, [line]).decode("utf-8-sig")
    assert text.splitlines()[1] == "A1,YZ-1,'=1+1,甲公司,62220001,50000.00,4.86,50004.86,2026-03-31"
