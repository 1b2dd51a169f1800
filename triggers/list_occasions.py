"""Lists all occasions of a rule for one customer: past, due and to come.

Uses the same queries as a tick, without the condition that the moment has come.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, select
from sqlmodel import col

from shop.db.timezones import parse_zone
from shop.tables import Customer
from triggers.config import Rule
from triggers.durations import allowed_lateness
from triggers.event import Occasion
from triggers.registry import event_of, trigger_of
from triggers.trigger import EvaluationWindow

HUNDRED_YEARS = timedelta(days=36_500)
YEAR = timedelta(days=366)
RECENT_PAST = timedelta(days=31)  # an earlier birthday is listed as next year's


def list_occasions(
    connection: Connection, name: str, rule: Rule, customer: int, *, now: datetime, zone: ZoneInfo
) -> list[Occasion]:
    """Returns the occasions of the `rule` called `name` for `customer`, sorted by due moment.

    Of several with one key, the earliest is returned. `zone` is the shop's.
    """
    occasions: dict[str, Occasion] = {}
    window = _unlimited_window(connection, rule, customer, now, zone)
    parameters = window.statement_parameters(
        name, length=trigger_of(rule).length(rule), lateness=allowed_lateness(rule)
    )
    for candidates in _occasion_selects(rule, window):
        of_customer = candidates.where(candidates.selected_columns["customer_id"] == customer)
        rows = connection.execute(of_customer, parameters)
        for occasion in _read_occasions(rows.mappings(), event_of(rule).subject):
            earliest = occasions.setdefault(occasion.key, occasion)
            occasions[occasion.key] = min(earliest, occasion, key=lambda each: each.due_at)
    return sorted(occasions.values(), key=lambda occasion: (occasion.due_at, occasion.key))


def _read_occasions(rows: Iterable[Any], kind: str | None) -> Iterable[Occasion]:
    for row in rows:
        yield Occasion(row["occasion"], kind, row["subject_id"], row["since_at"], row["due_at"])


def _occasion_selects(rule: Rule, window: EvaluationWindow) -> list[Select[Any]]:
    trigger = trigger_of(rule)
    return (
        trigger.newly_due(rule, window)
        if event_of(rule).by_calendar_day
        else trigger.backlog(rule, window)
    )


def _unlimited_window(
    connection: Connection, rule: Rule, customer: int, now: datetime, zone: ZoneInfo
) -> EvaluationWindow:
    """To a rule that begins in the far future, everything belongs to the backlog."""
    if event_of(rule).by_calendar_day:
        return _year_window(connection, customer, now, zone)
    far_future = now + HUNDRED_YEARS
    return EvaluationWindow(0, now, far_future, far_future, timedelta(0), zone)


def _year_window(
    connection: Connection, customer: int, now: datetime, zone: ZoneInfo
) -> EvaluationWindow:
    name = connection.scalar(select(col(Customer.timezone)).where(col(Customer.id) == customer))
    customer_zone = parse_zone(name)
    zones = {name: customer_zone} if name and customer_zone else {}
    start = now - RECENT_PAST
    return EvaluationWindow(0, now + YEAR, start, start, timedelta(0), zone, zones=zones)
