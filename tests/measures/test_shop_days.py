"""The figures of a week: what they are compared with, what is usual, and where the data begin."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from measures.shop_days import (
    DayVisits,
    ReturningShare,
    WeekVisits,
    load_days,
    returning_share,
    week_visits,
)
from shop.db.engine import read_transaction
from tests.cafe import DAY as CAFE_DAY
from tests.cafe import MARCH, Cafe

FRIDAY = date(2026, 3, 6)
MONDAY = date(2026, 3, 2)
LONG_AGO = date(2024, 1, 1)
DAY = timedelta(days=1)


def steady_days(today: date, *, new: int = 3, returning: int = 7) -> list[DayVisits]:
    """Ninety days to `today` with the same visits."""
    return [
        DayVisits(today - back * DAY, new=new, returning=returning) for back in range(89, -1, -1)
    ]


def test_a_week_is_compared_with_the_same_weekdays_without_today() -> None:
    days = steady_days(FRIDAY)
    days[-1] = DayVisits(FRIDAY, returning=1)
    week = week_visits(days, FRIDAY, LONG_AGO)
    assert week == WeekVisits(MONDAY, FRIDAY, 41, whole_days=40, last_week=40, last_week_total=70)
    assert week.change == 0


def test_on_a_monday_there_is_no_whole_day_to_compare() -> None:
    week = week_visits(steady_days(MONDAY), MONDAY, LONG_AGO)
    assert (week.so_far, week.whole_days, week.last_week_total) == (10, None, 70)
    assert week.change is None


def test_last_week_is_not_compared_where_the_data_begin_in_it() -> None:
    week = week_visits(steady_days(FRIDAY), FRIDAY, MONDAY - 3 * DAY)
    assert week == WeekVisits(MONDAY, FRIDAY, 50)


def test_what_is_usual_leaves_out_the_lowest_and_the_highest_week() -> None:
    days = steady_days(FRIDAY)
    for number, returning in enumerate((1, 60, 8, 9)):
        first = FRIDAY - (number + 2) * 7 * DAY + DAY
        for place, day in enumerate(days):
            if first <= day.day < first + 7 * DAY:
                days[place] = DayVisits(day.day, new=3, returning=returning)
    share = returning_share(days, FRIDAY, LONG_AGO)
    assert (share.visits, share.returning, share.per_hundred) == (70, 49, 70)
    assert share.usual == (70, 75)


@pytest.mark.parametrize(
    ("new", "returning", "expected"),
    [
        pytest.param(1, 3, None, id="28 visits are counted, not shared"),
        pytest.param(2, 3, 60, id="35 visits"),
        pytest.param(1, 7, 88, id="half up"),
    ],
)
def test_a_share_needs_thirty_visits(new: int, returning: int, expected: int | None) -> None:
    share = returning_share(steady_days(FRIDAY, new=new, returning=returning), FRIDAY, LONG_AGO)
    assert share.per_hundred == expected


def test_weeks_of_the_first_180_days_say_nothing_of_what_is_usual() -> None:
    days = steady_days(FRIDAY)
    beginning = FRIDAY - 200 * DAY
    share = returning_share(days, FRIDAY, beginning)
    assert (share.usual, share.is_opening) == (None, False)
    assert returning_share(days, FRIDAY, FRIDAY - 100 * DAY).is_opening
    assert returning_share([], FRIDAY, None) == ReturningShare(FRIDAY - 6 * DAY, FRIDAY, 0, 0)


def test_nobody_is_new_in_the_first_180_days_of_the_data(cafe: Cafe) -> None:
    """
    rules: {}
    """
    beginning = MARCH - 200 * CAFE_DAY
    for name, moments in {
        "ana": [beginning, beginning + 179 * CAFE_DAY, MARCH],
        "bruno": [beginning + 179 * CAFE_DAY],
        "clara": [beginning + 180 * CAFE_DAY, MARCH],
    }.items():
        cafe.customer(name)
        cafe.visits(name, *moments)
    cafe.run(MARCH)
    with read_transaction(cafe.engine) as connection:
        days = load_days(connection, (MARCH - 89 * CAFE_DAY).date(), MARCH.date())
    by_day = {day.day: (day.new, day.first_seen, day.returning) for day in days if day.visits}
    assert by_day == {
        (beginning + 179 * CAFE_DAY).date(): (0, 1, 1),
        (beginning + 180 * CAFE_DAY).date(): (1, 0, 0),
        MARCH.date(): (0, 0, 2),
    }
    assert len(days) == 90
