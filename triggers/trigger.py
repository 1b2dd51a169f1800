"""What every `when` has to say of the rows it is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression


@dataclass(frozen=True)
class Trigger:
    """A `when` in the database.

    `occasions` selects customer_id, occasion, cart_id and since_at of everything that could
    ever come due. `clock` is an indexed column of it: an occasion is due when `for` has
    passed since then.
    """

    occasions: Callable[[], Select[Any]]
    customer: SQLColumnExpression[Any]
    clock: SQLColumnExpression[Any]
    still_so: Callable[[], ColumnElement[bool]]  # of an enrolment: its occasion has not passed
    over: str  # why an enrolment ends when it has
