"""`when: subscribed`: once for a customer, when they first say yes themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal, select
from sqlmodel import col

from shop.consent.basis import EMAIL, UNDATED, Says
from shop.tables import Basis, BasisStatement, Enrolment
from triggers.config import Rule
from triggers.null_columns import no_row
from triggers.trigger import clocked


def _occasions(_rule: Rule) -> Select[Any]:
    """A yes without a date came with an import: nobody is welcomed for having been imported."""
    return (
        select(
            col(Basis.customer_id).label("customer_id"),
            literal("subscribed").label("occasion"),
            no_row("cart_id"),
            no_row("answer_id"),
            col(BasisStatement.said_at).label("since_at"),
        )
        .join(BasisStatement, _it_follows_from())
        .where(
            col(Basis.channel) == EMAIL,
            col(Basis.state) == Says.YES.value,
            col(BasisStatement.said_at) != UNDATED,
        )
    )


def _it_follows_from() -> ColumnElement[bool]:
    """By the customer too: by that what is said anew is found without looking at everybody."""
    return and_(
        col(BasisStatement.id) == col(Basis.statement_id),
        col(BasisStatement.customer_id) == col(Basis.customer_id),
    )


def _still_yes() -> ColumnElement[bool]:
    return (
        select(col(Basis.customer_id))
        .where(
            col(Basis.customer_id) == col(Enrolment.customer_id),
            col(Basis.channel) == EMAIL,
            col(Basis.state) == Says.YES.value,
        )
        .exists()
    )


SUBSCRIBED = clocked(
    _occasions,
    lambda _rule: col(BasisStatement.said_at),
    lambda _rule: timedelta(0),
    customer=col(Basis.customer_id),
    still_so=_still_yes,
    over="the customer no longer says yes",
)
