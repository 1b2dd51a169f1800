"""Who stays away longer than usual."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from measures.overdue import load_overdue
from tests.cafe import DAY, HOUR, MARCH, Cafe

LISBON, TOKYO = ZoneInfo("Europe/Lisbon"), ZoneInfo("Asia/Tokyo")


def days_away(cafe: Cafe, now: datetime, zone: ZoneInfo) -> list[int]:
    with cafe.engine.connect() as connection:
        return [customer.days_away for customer in load_overdue(connection, now, 5, zone)]


def test_days_away_are_those_of_the_calendar(cafe: Cafe) -> None:
    """
    rules: {}
    """
    cafe.customer("ana")
    last = MARCH - 20 * DAY + 13 * HOUR  # 23:00 in Lisbon, 20 days before
    cafe.visits("ana", *(last - number * 5 * DAY for number in range(4)))
    cafe.run(MARCH)
    assert days_away(cafe, MARCH, LISBON) == [20]
    assert days_away(cafe, MARCH, TOKYO) == [19]
