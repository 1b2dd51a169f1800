"""Queries of what lies ahead: a row for each mail, task, order or enrolment, with its customer.

All have the columns `customer_id` and `at`, the moment that decides on which day it stands. The
calendar counts these rows, and the lists of people behind its counts select their customers.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    SQLColumnExpression,
    and_,
    case,
    literal,
    select,
)
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from engine.messages.approval_limit import IS_HELD
from engine.messages.find_corrections import is_correction
from engine.messages.leases import IN_QUEUE
from engine.owner.approvals import gets_nothing
from shop.consent.existing_customer import consent_terms
from shop.db.upsert import STATEMENT_CACHE_SIZE
from shop.tables import Customer, Enrolment, Message, Order, PointsLot, Task
from shop.types.moment import Moment
from triggers.config import Rule
from triggers.local_days import day_start
from triggers.stop import must_end
from triggers.trigger import NOW_PARAM, RULE_PARAM
from triggers.verdicts_ahead import Horizon, select_upcoming


def horizon_of(shop_zone: ZoneInfo, now: datetime, days: int) -> Horizon:
    """Returns the time from `now` to the end of the last of `days`, in parts of a day each."""
    today = now.astimezone(shop_zone).date()
    ends = [day_start(today + timedelta(days=number), shop_zone) for number in range(1, days + 1)]
    return Horizon(now, ends, shop_zone)


def queued_mails(name: str, rule: Rule, config: OwnerConfig, now: datetime) -> Select[Any]:
    """Mails of `rule` that were made and have not left, of people who may still get them.

    `at` is when each came due or was put off until, and `now` at the earliest.
    """
    query = _mails(_not_before(col(Message.due_at), now)).where(
        IN_QUEUE, col(Message.rule) == name, ~must_end(rule, config.shop.currency)
    )
    query = query.join(Enrolment, col(Enrolment.id) == col(Message.enrolment_id))
    return query.unique_params({RULE_PARAM.key: name, NOW_PARAM.key: now})


def queued_corrections(now: datetime) -> Select[Any]:
    """Corrections that were made and have not left."""
    return _mails(_not_before(col(Message.due_at), now)).where(IN_QUEUE, is_correction())


def held_mails() -> Select[Any]:
    """Mails that wait for approval; `at` is the last moment at which they can be approved."""
    approve_until = col(Message.approve_until)
    is_sooner = and_(approve_until.is_not(None), approve_until < col(Message.deadline))
    last = case((is_sooner, approve_until), else_=col(Message.deadline))
    return _mails(last).where(IS_HELD)


def _mails(at: ColumnElement[Any] | SQLColumnExpression[Any]) -> Select[Any]:
    return (
        select(
            col(Message.customer_id), _moment(at), col(Message.due_at), col(Message.rule),
            col(Message.step), col(Customer.timezone),
        )
        .join(Customer, col(Customer.id) == col(Message.customer_id))
        .where(~gets_nothing())
    )  # fmt: skip


def open_tasks(now: datetime) -> Select[Any]:
    """Tasks with a day on which they are due; those that are overdue stand at `now`."""
    return select(
        col(Task.customer_id),
        _moment(_not_before(col(Task.due_at), now)),
        col(Task.rule),
        (col(Task.due_at) < now).label("is_overdue"),
    ).where(col(Task.done_at).is_(None), col(Task.due_at).is_not(None))


def orders_ahead(now: datetime, until: datetime) -> Select[Any]:
    """Orders dated ahead; `at` is when they begin to count."""
    counts_from = col(Order.counts_from)
    return select(col(Order.customer_id), _moment(counts_from)).where(
        counts_from.is_not(None), counts_from >= now, counts_from < until
    )


def ending_points(now: datetime, until: datetime) -> Select[Any]:
    """Points that end, `left` of them at a time, unless they are spent before."""
    expires_at = col(PointsLot.expires_at)
    return select(col(PointsLot.customer_id), _moment(expires_at), col(PointsLot.left)).where(
        expires_at >= now, expires_at < until, col(PointsLot.left) > 0
    )


def due_steps(name: str, rule: Rule, config: OwnerConfig, horizon: Horizon) -> Select[Any]:
    """Running enrolments of `rule` whose next step comes due, without those that a tick of now
    would end.
    """
    next_at, now = col(Enrolment.next_at), horizon.now
    query = (
        select(
            col(Enrolment.customer_id), _moment(_not_before(next_at, now)), col(Enrolment.step),
            next_at.label("due_at"), col(Customer.timezone),
        )
        .join(Customer, col(Customer.id) == col(Enrolment.customer_id))
        .where(
            col(Enrolment.rule) == name,
            next_at < horizon.until,
            ~must_end(rule, config.shop.currency),
        )
    )  # fmt: skip
    return query.unique_params({RULE_PARAM.key: name, NOW_PARAM.key: now})


def upcoming_enrolments(
    connection: Connection, name: str, rule: Rule, config: OwnerConfig, horizon: Horizon
) -> Iterator[tuple[Select[Any], dict[str, Any]]]:
    """Yields queries with their parameters: enrolments that ticks will begin. What should have
    begun before stands at `horizon.now`.
    """
    terms = consent_terms(config.consent, config.shop.country, config.shop.zone)
    queries = select_upcoming(
        connection, name, rule, horizon, terms=terms, currency=config.shop.currency
    )
    for query, parameters in queries:
        yield _with_timezone(query), parameters


@lru_cache(STATEMENT_CACHE_SIZE)
def _with_timezone(query: Select[Any]) -> Select[Any]:
    """Of statements that are kept (`triggers.verdicts_ahead`): each is wrapped once."""
    rows = query.subquery("upcoming")
    start = case((rows.c.due_at < NOW_PARAM, NOW_PARAM), else_=rows.c.due_at)
    return select(rows.c.customer_id, _moment(start), rows.c.due_at, col(Customer.timezone)).join(
        Customer, col(Customer.id) == rows.c.customer_id
    )


def _moment(expression: SQLColumnExpression[Any] | ColumnElement[Any]) -> ColumnElement[Any]:
    return expression.label("at")


def _not_before(column: SQLColumnExpression[Any], now: datetime) -> ColumnElement[Any]:
    start = literal(now, Moment)
    return case((column < start, start), else_=column)
