"""All that a rule could be about for one customer: what is past, what is due, what is to come.

Asked of the same triggers as in a tick; only whether the moment has come is left open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, select
from sqlmodel import col

from shop.db.timezones import zone_of
from shop.tables import Customer
from triggers.config import Rule
from triggers.event_defaults import MANNERS
from triggers.registry import trigger_of
from triggers.trigger import Look

EVER = timedelta(days=36_500)
YEAR = timedelta(days=366)
LATELY = timedelta(days=31)  # a day of the calendar that is longer gone is next year's again


@dataclass(frozen=True)
class Occasion:
    """One occasion, as an enrolment would begin with it."""

    key: str
    cart_id: int | None
    answer_id: int | None
    since_at: datetime
    due_at: datetime


def occasions_of(
    connection: Connection, rule: Rule, customer: int, *, now: datetime, zone: ZoneInfo
) -> list[Occasion]:
    """One an occasion, the earliest of those that come to the same; the first due first."""
    found: dict[str, Occasion] = {}
    look = _ever(connection, rule, customer, now, zone)
    given = look.given("", rule, trigger_of(rule).length(rule))
    for every in _every(rule, look):
        theirs = every.where(every.selected_columns["customer_id"] == customer)
        for one in _read(connection.execute(theirs, given).mappings()):
            known = found.setdefault(one.key, one)
            found[one.key] = min(known, one, key=lambda each: each.due_at)
    return sorted(found.values(), key=lambda one: (one.due_at, one.key))


def _read(rows: Iterable[Any]) -> Iterable[Occasion]:
    for row in rows:
        yield Occasion(
            row["occasion"], row["cart_id"], row["answer_id"], row["since_at"], row["due_at"]
        )


def _every(rule: Rule, look: Look) -> list[Select[Any]]:
    trigger = trigger_of(rule)
    return (
        trigger.came_due(rule, look) if MANNERS[rule.when].by_day else trigger.backlog(rule, look)
    )


def _ever(connection: Connection, rule: Rule, customer: int, now: datetime, zone: ZoneInfo) -> Look:
    """To a rule whose time never begins, all is from before it."""
    if MANNERS[rule.when].by_day:
        return _a_year(connection, customer, now, zone)
    never = now + EVER
    return Look(0, now, never, never, timedelta(0), zone)


def _a_year(connection: Connection, customer: int, now: datetime, zone: ZoneInfo) -> Look:
    name = connection.scalar(select(col(Customer.timezone)).where(col(Customer.id) == customer))
    theirs = zone_of(name)
    zones = {name: theirs} if name and theirs else {}
    start = now - LATELY
    return Look(0, now + YEAR, start, start, timedelta(0), zone, zones=zones)
