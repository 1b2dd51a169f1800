"""Customers who stay away longer than they usually do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Select, func, select
from sqlmodel import col

from measures.local_day import local_date
from shop.tables import Customer, Metrics
from shop.types.person_name import full_name

DAY = timedelta(days=1)
# Who has been missed for longer is no regular any more: the list would never change.
MISSED_FOR = timedelta(days=90)
CANDIDATES = 200  # some have no name


@dataclass(frozen=True)
class OverdueCustomer:
    """A customer who has not come as usual; `days_away` are the days of the calendar since
    their last visit, `usual_days` those that usually are between two visits.
    """

    customer_id: int
    name: str
    visits: int
    last_visit_at: datetime
    days_away: int
    usual_days: int


def load_overdue(
    connection: Connection, now: datetime, limit: int, zone: ZoneInfo
) -> list[OverdueCustomer]:
    """Returns up to `limit` customers with a first name who were due back in the 90 days before
    `now`, the most frequent first; days are those of `zone`.
    """
    return [_overdue(row, now, zone) for row in connection.execute(_overdue_query(now, limit))]


def count_overdue(connection: Connection, now: datetime) -> int:
    """Returns how many customers were due back in the 90 days before `now`, named or not."""
    query = select(func.count()).select_from(Metrics).where(is_overdue(now))
    return connection.scalar(query) or 0


def is_overdue(now: datetime) -> ColumnElement[bool]:
    """Returns the condition that a customer was due back in the 90 days before `now`."""
    return col(Metrics.expected_back_at).between(now - MISSED_FOR, now)


def is_missed(expected_back_at: datetime | None, now: datetime) -> bool:
    """Returns what `is_overdue` does, of one customer's `expected_back_at`."""
    return expected_back_at is not None and now - MISSED_FOR <= expected_back_at <= now


def _overdue(row: Any, now: datetime, zone: ZoneInfo) -> OverdueCustomer:
    return OverdueCustomer(
        customer_id=row.customer_id,
        name=full_name(row.first_name, row.last_name),
        visits=row.visits,
        last_visit_at=row.last_visit_at,
        days_away=(local_date(now, zone) - local_date(row.last_visit_at, zone)).days,
        usual_days=max(1, round((row.last_visit_at - row.first_visit_at) / DAY / (row.visits - 1))),
    )


def _overdue_query(now: datetime, limit: int) -> Select[Any]:
    """The candidates come from an index alone; names are looked up for them only."""
    candidates = (
        select(col(Metrics.customer_id))
        .where(is_overdue(now))
        .order_by(col(Metrics.visits).desc(), col(Metrics.customer_id))
        .limit(CANDIDATES)
        .subquery()
    )
    return (
        select(
            col(Metrics.customer_id), col(Metrics.visits), col(Metrics.first_visit_at),
            col(Metrics.last_visit_at), col(Customer.first_name), col(Customer.last_name),
        )
        .join(candidates, candidates.c.customer_id == col(Metrics.customer_id))
        .join(Customer, col(Customer.id) == col(Metrics.customer_id))
        .where(col(Customer.first_name).is_not(None))
        .order_by(col(Metrics.visits).desc(), col(Customer.id))
        .limit(limit)
    )  # fmt: skip
