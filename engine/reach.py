"""The reach of a shop: how many customers it may mail, now and on each day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from shop.consent.existing_customer import consent_terms
from shop.consent.reach import Reach, compute_reach
from shop.db.cached_insert import Insert
from shop.db.upsert import insert_into, table_of
from shop.tables import ReachDay

# An hour for 100,000 customers, who take about a fifth of a second to count.
PAUSE_PER_CUSTOMER = timedelta(milliseconds=36)


def load_reach(connection: Connection, config: OwnerConfig, *, now: datetime) -> Reach:
    """Returns the customers by basis at `now`, under the existing-customer terms of `config`."""
    existing_terms = consent_terms(config.consent, config.shop.country, config.shop.zone)
    return compute_reach(connection, existing_terms, now)


def record_reach(
    connection: Connection, config: OwnerConfig, *, now: datetime, changed: bool
) -> None:
    """Stores the reach of the day of `now` in `reach_days`, if it is time to count.

    It is with the first tick of a day, and where customers have `changed` long enough after the
    last count: the more customers, the longer, so that counting takes a small part of the time.
    """
    today = now.astimezone(config.shop.zone).date().toordinal()
    latest = connection.execute(_latest_query()).one_or_none()
    if latest is not None and latest.day == today:
        elapsed = now - latest.counted_at
        if not changed or timedelta(0) <= elapsed < latest.known * PAUSE_PER_CUSTOMER:
            return
    reach = load_reach(connection, config, now=now)
    row = {
        "day": today, "counted_at": now, "known": reach.known, "reachable": reach.reachable,
        "no": reach.no,
    }  # fmt: skip
    connection.execute(_record_statement(), row)


def load_reach_days(connection: Connection, since: date, until: date) -> Sequence[ReachDay]:
    """Returns the stored reach of the days from `since` to `until`, the latest first."""
    parameters = {"since": since.toordinal(), "until": until.toordinal()}
    return [ReachDay(**row) for row in connection.execute(_days_query(), parameters).mappings()]


@cache
def _latest_query() -> Select[Any]:
    return select(table_of(ReachDay)).order_by(col(ReachDay.day).desc()).limit(1)


@cache
def _days_query() -> Select[Any]:
    in_span = col(ReachDay.day).between(bindparam("since"), bindparam("until"))
    return select(table_of(ReachDay)).where(in_span).order_by(col(ReachDay.day).desc())


@cache
def _record_statement() -> Insert:
    statement = insert_into(ReachDay)
    columns = {
        name: statement.excluded[name] for name in ("counted_at", "known", "reachable", "no")
    }
    return statement.on_conflict_do_update(index_elements=["day"], set_=columns)
