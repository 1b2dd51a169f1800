"""Adds up the quarters of past days, so that a page reads a row for each day and class."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from shop.rule_counts.classes import QUARTER
from shop.rule_counts.triggers import ADD, COLUMNS
from shop.types.moment import microseconds

DAYS = 60  # that are looked through: more than any page shows
QUARTERS = text(
    "SELECT DISTINCT quarter FROM rule_counts WHERE quarter >= :begin AND quarter < :end"
)
WITHIN_DAY = "quarter > :begin AND quarter < :end"
CLASS = "kind, rule, step, state, reason"
SUM = f"SELECT :begin, {CLASS}, sum(number), 0"  # constants
# In one statement: a delivery may append a change between two.
POSTGRESQL_MOVE = text(
    f"WITH moved AS (DELETE FROM rule_counts WHERE {WITHIN_DAY} RETURNING *) "  # noqa: S608
    f"INSERT INTO rule_counts ({COLUMNS}) "
    f"SELECT CAST(:begin AS bigint), {CLASS}, sum(number), 0 FROM moved GROUP BY {CLASS} {ADD}"
)
SQLITE_ADD = text(
    f"INSERT INTO rule_counts ({COLUMNS}) {SUM} FROM rule_counts "  # constants
    f"WHERE {WITHIN_DAY} GROUP BY {CLASS} {ADD}"
)
SQLITE_DELETE = text(f"DELETE FROM rule_counts WHERE {WITHIN_DAY}")  # noqa: S608  # constants


def day_quarter(day: date, zone: ZoneInfo) -> int:
    """Returns the number of the quarter of an hour with which `day` begins in `zone`."""
    return microseconds(datetime.combine(day, time(), zone)) // QUARTER


def sum_past_days(connection: Connection, zone: ZoneInfo, now: datetime) -> None:
    """Moves the counters of each past day in `zone` into its first quarter.

    Sums over days stay the same. A mail of a past day that changes its state later changes a
    quarter of that day, and is moved by the next call.
    """
    today = now.astimezone(zone).date()
    begins = [day_quarter(today - timedelta(days=days), zone) for days in range(DAYS, -1, -1)]
    quarters = connection.scalars(QUARTERS, {"begin": begins[0], "end": begins[-1]})
    days = {bisect_right(begins, quarter) - 1 for quarter in quarters if quarter not in begins}
    for day in sorted(days):
        span = {"begin": begins[day], "end": begins[day + 1]}
        if connection.dialect.name == "postgresql":
            connection.execute(POSTGRESQL_MOVE, span)
        else:
            connection.execute(SQLITE_ADD, span)
            connection.execute(SQLITE_DELETE, span)
