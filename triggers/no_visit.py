"""`when: no visit`: once for every time a customer has stayed away that long."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, String, cast, literal, select, type_coerce
from sqlmodel import col

from shop.tables import Enrolment, Metrics
from triggers.trigger import Trigger


def _occasions() -> Select[Any]:
    last = col(Metrics.last_visit_at)
    return select(
        col(Metrics.customer_id).label("customer_id"),
        cast(type_coerce(last, BigInteger), String).label("occasion"),
        cast(literal(None), BigInteger).label("cart_id"),
        last.label("since_at"),
    ).where(last.is_not(None))


def _still_away() -> ColumnElement[bool]:
    return (
        select(col(Metrics.customer_id))
        .where(
            col(Metrics.customer_id) == col(Enrolment.customer_id),
            col(Metrics.last_visit_at) <= col(Enrolment.since_at),
        )
        .exists()
    )


NO_VISIT = Trigger(
    occasions=_occasions,
    customer=col(Metrics.customer_id),
    clock=col(Metrics.last_visit_at),
    still_so=_still_away,
    over="the customer came back",
)
