"""The look-back of recusals: at the limit, one day inside, one outside; whose side counts when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from trading import procedures
from trading.recusal import Employment, grounds

AGENCY, BIDDER, OTHER = "91420000177577761J", "91430000MA4000010U", "91430000MA4000020A"
MOMENT = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)  # 09:30 in Beijing
PROCUREMENT, CONSTRUCTION = (procedures.in_force(name, MOMENT) for name in ("procurement-open", "construction-open"))


def found(
    until: date | None,
    employer: str = AGENCY,
    moment: datetime = MOMENT,
    procedure: procedures.Procedure = PROCUREMENT,
    bidders: tuple[str, ...] = (BIDDER,),
) -> list[tuple[str, str | None]]:
    worked = [Employment(employer=OTHER), Employment(employer=employer, until=until)]
    told = grounds(procedure, worked, agency=AGENCY, bidders=bidders, moment=moment)
    assert {one.employer for one in told} <= {employer}
    return [(one.reason, one.cites) for one in told]


@pytest.mark.parametrize(
    ("until", "kept_off"),
    [
        (date(2023, 11, 25), True),  # one day inside
        (date(2023, 11, 24), True),  # the last day of the three years
        (date(2023, 11, 23), False),  # one day outside
        (date(2026, 11, 23), True),
    ],
)
def test_three_years_are_looked_back(until: date, kept_off: bool) -> None:
    """政府采购法实施条例 9."""
    expected = [("employed_by_agency", "政府采购法实施条例 9")] if kept_off else []
    assert found(until) == expected
    assert found(until, BIDDER) == [("employed_by_bidder", cites) for _, cites in expected]


def test_the_day_is_that_of_beijing() -> None:
    """The look-back to 24 November 2023 ends with 24 November 2026 in Beijing, at 16:00 UTC."""
    end = datetime(2026, 11, 24, 16, tzinfo=UTC)
    assert found(date(2023, 11, 24), moment=end - timedelta(microseconds=1)) != []
    assert found(date(2023, 11, 24), moment=end) == []


def test_a_leap_day_is_looked_back_to_the_last_of_february() -> None:
    assert found(date(2024, 2, 29), moment=datetime(2027, 2, 28, 15, tzinfo=UTC)) != []
    assert found(date(2024, 2, 29), moment=datetime(2027, 2, 28, 16, tzinfo=UTC)) == []


def test_who_still_works_there_stays_away_under_every_procedure() -> None:
    for procedure in (PROCUREMENT, CONSTRUCTION):
        for until in (None, date(2026, 11, 24), date(2027, 1, 31)):
            assert [reason for reason, _ in found(until, procedure=procedure)] == ["employed_by_agency"]


def test_where_the_law_names_no_years_a_former_employment_is_no_ground() -> None:
    assert found(date(2026, 11, 23), procedure=CONSTRUCTION) == []


def test_bidders_count_once_they_are_known() -> None:
    assert found(None, BIDDER, bidders=()) == []
    assert found(None, AGENCY, bidders=()) == [("employed_by_agency", None)]
