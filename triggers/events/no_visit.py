"""`when: no visit`: once for every time a customer has stayed away that long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    SQLColumnExpression,
    String,
    cast,
    select,
    type_coerce,
)
from sqlmodel import col

from shop.tables import Enrolment, Metrics
from triggers.config import Rule
from triggers.durations import LONGER_THAN_USUAL, for_duration
from triggers.null_columns import null_column
from triggers.trigger import clock_trigger


def _occasions(_rule: Rule) -> Select[Any]:
    last_visit = col(Metrics.last_visit_at)
    return select(
        col(Metrics.customer_id).label("customer_id"),
        cast(type_coerce(last_visit, BigInteger), String).label("occasion"),
        null_column("cart_id"),
        null_column("answer_id"),
        last_visit.label("since_at"),
    ).where(last_visit.is_not(None))


def _clock(rule: Rule) -> SQLColumnExpression[Any]:
    """`longer than usual` runs on the customer's own rhythm, a length on their last visit."""
    is_usual = rule.for_ == LONGER_THAN_USUAL
    return col(Metrics.expected_back_at) if is_usual else col(Metrics.last_visit_at)


def _length(rule: Rule) -> timedelta:
    return timedelta(0) if rule.for_ == LONGER_THAN_USUAL else for_duration(rule)


def _still_away() -> ColumnElement[bool]:
    return (
        select(col(Metrics.customer_id))
        .where(
            col(Metrics.customer_id) == col(Enrolment.customer_id),
            col(Metrics.last_visit_at) <= col(Enrolment.since_at),
        )
        .exists()
    )


NO_VISIT = clock_trigger(
    _occasions,
    _clock,
    _length,
    customer=col(Metrics.customer_id),
    still_applies=_still_away,
    end_reason="the customer came back",
)
