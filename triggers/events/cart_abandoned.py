"""`when: cart abandoned`: once for every cart that was left and not bought."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, select
from sqlmodel import col

from shop.tables import Cart, Enrolment
from triggers.config import Rule
from triggers.durations import for_duration
from triggers.null_columns import null_column
from triggers.trigger import clock_trigger


def _occasions(_rule: Rule) -> Select[Any]:
    return select(
        col(Cart.customer_id).label("customer_id"),
        cast(col(Cart.id), String).label("occasion"),
        col(Cart.id).label("cart_id"),
        null_column("answer_id"),
        col(Cart.left_at).label("since_at"),
    ).where(col(Cart.converted_at).is_(None), col(Cart.customer_id).is_not(None))


def _still_open() -> ColumnElement[bool]:
    return (
        select(col(Cart.id))
        .where(
            col(Enrolment.cart_id) == col(Cart.id),
            col(Enrolment.customer_id) == col(Cart.customer_id),
            col(Cart.converted_at).is_(None),
        )
        .exists()
    )


CART_ABANDONED = clock_trigger(
    _occasions,
    lambda _rule: col(Cart.left_at),
    for_duration,
    customer=col(Cart.customer_id),
    still_applies=_still_open,
    end_reason="the cart is no longer waiting",
)
