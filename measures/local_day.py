"""The local date of a moment, as an SQL expression that SQLite and PostgreSQL share.

SQLite has no time zones, so the offsets of the zone are part of the expression.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Integer, literal_column

from shop.types.moment import EPOCH, MICROSECOND, microseconds

FIRST_YEAR = 1990  # earlier moments get the offset of its beginning
DAY_LENGTH = timedelta(days=1)
MINUTE = timedelta(minutes=1)
# Added so that the division never truncates a negative number, which rounds up.
EPOCH_ORDINAL = EPOCH.date().toordinal()


def local_day(moment: str, zone: ZoneInfo, until: int) -> ColumnElement[int]:
    """Returns the date of the column `moment` (`table.column`) in `zone` as `date.toordinal`.

    Changes of the offset are known until the end of the year `until`. The numbers stand in the
    text: as parameters, they would cost more than the statement.
    """
    *changes, (_, first_offset) = zone_offsets(zone, until)
    cases = " ".join(f"WHEN {moment} >= {start} THEN {offset}" for start, offset in changes)
    offset = f"CASE {cases} ELSE {first_offset} END" if cases else str(first_offset)
    day = DAY_LENGTH // MICROSECOND
    return literal_column(f"(({moment} + {offset} + {EPOCH_ORDINAL * day}) / {day})", Integer)


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    """Returns the date of `moment` in `zone`, the same as `local_day` does."""
    return moment.astimezone(zone).date()


@cache
def zone_offsets(zone: ZoneInfo, until: int) -> tuple[tuple[int, int], ...]:
    """Returns the offsets of `zone` from 1990 to the end of the year `until`, newest first: since
    when each holds, and the offset itself, both in microseconds.
    """
    start = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    offsets = [(microseconds(start), _offset(zone, start))]
    offsets.extend(_changes(zone, start, datetime(until + 1, 1, 1, tzinfo=UTC)))
    return tuple(reversed(offsets))


def _changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[int, int]]:
    """No zone changes its offset twice within a day."""
    before = start
    while before < end:
        after = before + DAY_LENGTH
        if _offset(zone, before) != _offset(zone, after):
            change = _first_minute(zone, before, after)
            yield microseconds(change), _offset(zone, change)
        before = after


def _first_minute(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Returns the first minute between `before` and `after` that has the offset of `after`."""
    low, high = 0, (after - before) // MINUTE
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, before + middle * MINUTE) == _offset(zone, after):
            high = middle
        else:
            low = middle
    return before + high * MINUTE


def _offset(zone: ZoneInfo, moment: datetime) -> int:
    return (moment.astimezone(zone).utcoffset() or timedelta(0)) // MICROSECOND
