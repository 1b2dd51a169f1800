"""The people behind a count of the calendar, by the queries that it counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, false, literal, select, union_all

from engine.calendar import rows_ahead
from engine.calendar.model import Kind
from engine.config.owner_config import OwnerConfig
from shop.types.moment import Moment
from triggers.local_days import day_start
from triggers.verdicts_ahead import Horizon

PEOPLE_AHEAD = tuple(
    kind.value
    for kind in (
        Kind.QUEUED, Kind.HELD, Kind.TASKS, Kind.ORDERS, Kind.BEGINS, Kind.STEPS, Kind.POINTS,
    )
)  # fmt: skip
MAX_DAYS = 31  # as far ahead as a calendar shows
A_DAY = timedelta(days=1)


def select_ahead(
    connection: Connection,
    config: OwnerConfig,
    parameters: Mapping[str, str],
    day: date | None,
    *,
    now: datetime,
) -> Select[Any]:
    """Returns the query of the people of the entry `what` of `day`, today without one: one column
    `customer_id`. `parameters` may name a rule and a step; nobody is in an unknown one.
    """
    zone = config.shop.zone
    today = now.astimezone(zone).date()
    day = day or today
    number = (day - today).days + 1
    nobody = select(literal(0).label("customer_id")).where(false())
    if not 1 <= number <= MAX_DAYS:
        return nobody
    horizon = rows_ahead.horizon_of(zone, now, number)
    rows = _rows(connection, config, parameters, horizon)
    if rows is None:
        return nobody
    ahead = rows.subquery("ahead")
    start = literal(max(now, day_start(day, zone)), Moment)
    query = select(ahead.c.customer_id).where(
        ahead.c["at"] >= start, ahead.c["at"] < literal(day_start(day + A_DAY, zone), Moment)
    )
    for name in ("rule", "step"):
        if name in parameters and name in ahead.c:
            query = query.where(ahead.c[name] == parameters[name])
    return query


def _rows(
    connection: Connection,
    config: OwnerConfig,
    parameters: Mapping[str, str],
    horizon: Horizon,
) -> Select[Any] | None:
    kind = Kind(parameters.get("what", Kind.BEGINS.value))
    name, now, until = parameters.get("rule", ""), horizon.now, horizon.until
    of_all: dict[Kind, Callable[[], Select[Any]]] = {
        Kind.HELD: rows_ahead.held_mails,
        Kind.TASKS: lambda: rows_ahead.open_tasks(now),
        Kind.ORDERS: lambda: rows_ahead.orders_ahead(now, until),
        Kind.POINTS: lambda: rows_ahead.ending_points(now, until),
        Kind.QUEUED: lambda: rows_ahead.queued_corrections(now),
    }
    if (rule := config.rules.get(name)) is None:
        return of_all[kind]() if kind in of_all else None
    of_rule: dict[Kind, Callable[[], Select[Any]]] = {
        Kind.QUEUED: lambda: rows_ahead.queued_mails(name, rule, config, now),
        Kind.STEPS: lambda: rows_ahead.due_steps(name, rule, config, horizon),
        Kind.BEGINS: lambda: _beginning(connection, config, name, horizon),
    }
    return (of_rule.get(kind) or of_all[kind])()


def _beginning(
    connection: Connection, config: OwnerConfig, name: str, horizon: Horizon
) -> Select[Any]:
    """The parameters become a part of the query, unique, since each part has its own values."""
    queries = rows_ahead.upcoming_enrolments(connection, name, config.rules[name], config, horizon)
    parts = [query.unique_params(parameters).subquery() for query, parameters in queries]
    selects = [select(part.c.customer_id, part.c["at"]) for part in parts]
    rows = union_all(*selects).subquery()
    return select(rows.c.customer_id, rows.c["at"])
