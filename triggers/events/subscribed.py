"""`when: subscribed`: once for a customer, when they first say yes themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal, select
from sqlmodel import col

from shop.consent.basis import EMAIL, UNDATED, ConsentValue
from shop.tables import Basis, BasisStatement, Enrolment
from triggers.config import Rule
from triggers.null_columns import null_column
from triggers.trigger import clock_trigger


def _occasions(_rule: Rule) -> Select[Any]:
    """A yes without a date came with an import: nobody is welcomed for having been imported."""
    return (
        select(
            col(Basis.customer_id).label("customer_id"),
            literal("subscribed").label("occasion"),
            null_column("cart_id"),
            null_column("answer_id"),
            col(BasisStatement.said_at).label("since_at"),
        )
        .join(BasisStatement, _deciding_statement())
        .where(
            col(Basis.channel) == EMAIL,
            col(Basis.state) == ConsentValue.YES.value,
            col(BasisStatement.said_at) != UNDATED,
        )
    )


def _deciding_statement() -> ColumnElement[bool]:
    """By the customer too: by that what is said anew is found without looking at everybody."""
    return and_(
        col(BasisStatement.id) == col(Basis.statement_id),
        col(BasisStatement.customer_id) == col(Basis.customer_id),
    )


def _still_subscribed() -> ColumnElement[bool]:
    return (
        select(col(Basis.customer_id))
        .where(
            col(Basis.customer_id) == col(Enrolment.customer_id),
            col(Basis.channel) == EMAIL,
            col(Basis.state) == ConsentValue.YES.value,
        )
        .exists()
    )


SUBSCRIBED = clock_trigger(
    _occasions,
    lambda _rule: col(BasisStatement.said_at),
    lambda _rule: timedelta(0),
    customer=col(Basis.customer_id),
    still_applies=_still_subscribed,
    end_reason="the customer no longer says yes",
)
