"""What `if` may ask about a customer, as conditions on their rows."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, false, func, literal, true
from sqlmodel import col

from settings.values import Comparison, Op
from shop.money import minor_units
from shop.tables import Cart, Metrics
from triggers.words import Facts

COMPARE: dict[Op, Callable[[Any, Any], Any]] = {
    Op.AT_LEAST: operator.ge,
    Op.MORE_THAN: operator.gt,
    Op.AT_MOST: operator.le,
    Op.LESS_THAN: operator.lt,
    Op.EXACTLY: operator.eq,
}


def hold(facts: Facts | None, currency: str) -> ColumnElement[bool]:
    """True of the customers for whom all these facts hold."""
    if facts is None:
        return true()
    counts = [(Metrics.visits, facts.visits), (Metrics.orders, facts.orders)]
    sums = [(Metrics.spent, facts.total_spent), (Cart.total, facts.cart_total)]
    asked = [_compare(_or_none(column), said, said.number) for column, said in counts if said]
    asked += [
        _compare(_or_none(column), said, minor_units(said.number, currency))
        for column, said in sums
        if said
    ]
    return and_(true(), *asked)


def _or_none(column: Any) -> ColumnElement[int]:
    """A customer who never bought has no metrics: that is nothing bought, not unknown."""
    return func.coalesce(col(column), 0)


def _compare(
    column: SQLColumnExpression[int], said: Comparison, number: Decimal
) -> ColumnElement[bool]:
    """Columns are whole numbers, so the number is too: a broken one never equals any."""
    if number == number.to_integral_value():
        return COMPARE[said.op](column, literal(int(number)))  # type: ignore[no-any-return]
    if said.op is Op.EXACTLY:
        return false()
    if said.op in (Op.AT_LEAST, Op.MORE_THAN):
        return column >= int(number.to_integral_value(ROUND_CEILING))
    return column <= int(number.to_integral_value(ROUND_FLOOR))
