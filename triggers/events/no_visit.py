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
from triggers.durations import LONGER_THAN_USUAL, for_length
from triggers.null_columns import no_row
from triggers.trigger import clocked


def _occasions(_rule: Rule) -> Select[Any]:
    last = col(Metrics.last_visit_at)
    return select(
        col(Metrics.customer_id).label("customer_id"),
        cast(type_coerce(last, BigInteger), String).label("occasion"),
        no_row("cart_id"),
        no_row("answer_id"),
        last.label("since_at"),
    ).where(last.is_not(None))


def _clock(rule: Rule) -> SQLColumnExpression[Any]:
    """`longer than usual` runs on the customer's own rhythm, a length on their last visit."""
    usual = rule.for_ == LONGER_THAN_USUAL
    return col(Metrics.expected_back_at) if usual else col(Metrics.last_visit_at)


def _length(rule: Rule) -> timedelta:
    return timedelta(0) if rule.for_ == LONGER_THAN_USUAL else for_length(rule)


def _still_away() -> ColumnElement[bool]:
    return (
        select(col(Metrics.customer_id))
        .where(
            col(Metrics.customer_id) == col(Enrolment.customer_id),
            col(Metrics.last_visit_at) <= col(Enrolment.since_at),
        )
        .exists()
    )


NO_VISIT = clocked(
    _occasions,
    _clock,
    _length,
    customer=col(Metrics.customer_id),
    still_so=_still_away,
    over="the customer came back",
)
