"""One tick: which rules have something due, for whom, with what verdict. Nothing is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, Update, bindparam, select, update
from sqlmodel import col

from engine.config.owner_config import OwnersFile
from engine.tick_context import Turn
from loyalty import ledger
from loyalty.earn import begun, earn, programme_of
from measures import customers
from shop.consent.existing_customer import terms
from shop.db import changed_customers
from shop.db.engine import writing
from shop.db.upsert import add_new, insert_into, table_of
from shop.tables import Enrolment, RuleState, Tick
from shop.types.moment import MICROSECOND
from triggers.config import Rule
from triggers.enrol import backlog_begun_since, enrol
from triggers.registry import trigger_of
from triggers.trigger import Look

DAY = timedelta(days=1)
NO_LIMIT = 2**31 - 1


@dataclass(frozen=True)
class Ticked:
    """A tick's number, and the rules that have work, in the order of the file."""

    tick: int
    rules: tuple[str, ...]


def tick(engine: Engine, file: OwnersFile, *, now: datetime) -> Ticked:
    """Look at whoever changed or came due, in one transaction."""
    with writing(engine) as connection:
        number = _begin(connection, now, file.shop.currency)
        since = _begin_points(connection, file, now)
        if changed_customers.claim(connection, number):
            customers.refresh(connection, number, currency=file.shop.currency)
            _points(connection, file, Turn(number, now), since)
        for name, rule in file.rules.items():
            _look(connection, file, name, rule, Turn(number, now))
        changed_customers.clear(connection, number)
        due = set(connection.scalars(_with_work(), {"now": now}))
    return Ticked(number, tuple(name for name in file.rules if name in due))


def _begin(connection: Connection, now: datetime, currency: str) -> int:
    """What was added up in one currency is nothing in another: all are added up anew."""
    before = connection.scalars(_currency_before()).all()
    if before and before != [currency]:
        changed_customers.mark_everybody(connection)
    row = {"at": now, "started_at": datetime.now(UTC), "currency": currency}
    noted = connection.execute(insert_into(Tick), row)
    number: int = noted.inserted_primary_key[0]  # type: ignore[index]  # one row
    return number


@cache
def _currency_before() -> Select[tuple[str | None]]:
    return select(col(Tick.currency)).order_by(col(Tick.id).desc()).limit(1)


def _begin_points(connection: Connection, file: OwnersFile, now: datetime) -> datetime:
    """A programme of ours begins with the first tick, whether anybody has changed or not."""
    if file.loyalty is None:
        return now
    ledger.mark_due(connection, now)
    return begun(connection, now)


def _points(connection: Connection, file: OwnersFile, turn: Turn, since: datetime) -> None:
    """Points first: rules may ask for them."""
    if file.loyalty is None:
        return
    earn(connection, turn.tick, programme_of(file.loyalty, file.shop.currency, since))
    ledger.settle(connection, turn.tick, turn.now)


def _look(connection: Connection, file: OwnersFile, name: str, rule: Rule, turn: Turn) -> None:
    state = _state(connection, name, turn.now)
    length = trigger_of(rule).length(rule)
    allowed = _backlog_allowed(connection, name, rule, turn.now)
    look = Look(
        tick=turn.tick,
        now=turn.now,
        since=state.since,
        looked_until=state.looked_until,
        looked_length=length if state.looked_length is None else _length(state.looked_length),
        zone=file.shop.zone,
        terms=terms(file.consent, file.shop.country, file.shop.zone),
        backlog=allowed,
        search_backlog=allowed > 0 and not state.backlog_done,
    )
    let_go = enrol(connection, name, rule, look, currency=file.shop.currency)
    looked = {
        "of": name,
        "looked_until": max(turn.now, state.looked_until),
        "looked_length": length // MICROSECOND,
        "backlog_done": let_go < allowed,
    }
    connection.execute(_noting(), looked)


def _state(connection: Connection, name: str, now: datetime) -> Row[Any]:
    """A rule looks forward from its very first look."""
    known = connection.execute(_looked(), {"of": name}).one_or_none()
    if known is not None:
        return known
    first = {"rule": name, "since": now, "looked_until": now - MICROSECOND}
    add_new(connection, RuleState, [first])
    return connection.execute(_looked(), {"of": name}).one()


@cache
def _looked() -> Select[Any]:
    table = table_of(RuleState)
    return select(table).where(table.c.rule == bindparam("of"))


@cache
def _noting() -> Update:
    table = table_of(RuleState)
    looked: dict[str, Any] = {
        name: bindparam(name) for name in ("looked_until", "looked_length", "backlog_done")
    }
    return update(table).where(table.c.rule == bindparam("of")).values(looked)


def _length(microseconds: int) -> timedelta:
    return microseconds * MICROSECOND


def _backlog_allowed(connection: Connection, name: str, rule: Rule, now: datetime) -> int:
    """How many from before the rule's time may still begin today."""
    if rule.include_backlog is None:
        return 0
    if rule.include_backlog.per_day is None:
        return NO_LIMIT
    gone = backlog_begun_since(connection, name, now - DAY)
    return max(0, rule.include_backlog.per_day - gone)


@cache
def _with_work() -> Select[tuple[str]]:
    due = col(Enrolment.next_at) <= bindparam("now")
    return select(col(Enrolment.rule)).where(due).distinct()
