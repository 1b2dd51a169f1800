"""What every `when` has to say of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression

from shop.basis import Purpose


@dataclass(frozen=True)
class Trigger:
    """A `when`: its occasions, the column its clock runs on, and its defaults.

    `occasions` selects customer_id, occasion, cart_id and since_at of everything that could
    ever come due. `clock` is an indexed column of it: an occasion is due when `for` has
    passed since then.
    """

    occasions: Callable[[], Select[Any]]
    customer: SQLColumnExpression[Any]
    clock: SQLColumnExpression[Any]
    at_most_late: timedelta
    purpose: Purpose
    still_so: Callable[[], ColumnElement[bool]]  # of an enrolment: its occasion has not passed
    over: str  # why an enrolment ends when it has
    lasting: bool = False  # a state that goes on, so that its backlog is never too late
    has_cart: bool = False
    why: str = ""  # the reason line of its mails
