"""`when: survey answered`: once for every answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, select, true
from sqlmodel import col

from shop.tables import Answer
from triggers.config import Rule
from triggers.null_columns import no_row
from triggers.trigger import clocked


def _occasions(_rule: Rule) -> Select[Any]:
    return select(
        col(Answer.customer_id).label("customer_id"),
        cast(col(Answer.id), String).label("occasion"),
        no_row("cart_id"),
        col(Answer.id).label("answer_id"),
        col(Answer.answered_at).label("since_at"),
    ).where(col(Answer.customer_id).is_not(None))


def _said() -> ColumnElement[bool]:
    """What was said stays said."""
    return true()


SURVEY_ANSWERED = clocked(
    _occasions,
    lambda _rule: col(Answer.answered_at),
    lambda _rule: timedelta(0),
    customer=col(Answer.customer_id),
    still_so=_said,
    over="",
)
