"""`when: survey answered`: once for every answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, select, true
from sqlmodel import col

from shop.tables import Answer
from triggers.config import Rule
from triggers.null_columns import null_column
from triggers.trigger import clock_trigger


def _occasions(_rule: Rule) -> Select[Any]:
    return select(
        col(Answer.customer_id).label("customer_id"),
        cast(col(Answer.id), String).label("occasion"),
        null_column("cart_id"),
        col(Answer.id).label("answer_id"),
        col(Answer.answered_at).label("since_at"),
    ).where(col(Answer.customer_id).is_not(None))


def _always() -> ColumnElement[bool]:
    """What was said stays said."""
    return true()


SURVEY_ANSWERED = clock_trigger(
    _occasions,
    lambda _rule: col(Answer.answered_at),
    lambda _rule: timedelta(0),
    customer=col(Answer.customer_id),
    still_applies=_always,
    end_reason="",
)
