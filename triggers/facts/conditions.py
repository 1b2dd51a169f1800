"""The conditions of `if` and `unless` as SQL on a customer's rows."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    SQLColumnExpression,
    and_,
    false,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from settings.text.text_condition import TextCondition, TextOp
from settings.values import Comparison, Op
from shop.identity.custom_fields import NUMBER_DIGITS, custom_field, folded_text
from shop.identity.tags import has_any_tag
from shop.tables import Answer, Cart, CustomField, Enrolment, Identity, Metrics, PointsBalance
from shop.types.money import minor_units
from triggers.facts.config import Facts

COMPARE: dict[Op, Callable[[Any, Any], Any]] = {
    Op.AT_LEAST: operator.ge,
    Op.MORE_THAN: operator.gt,
    Op.AT_MOST: operator.le,
    Op.LESS_THAN: operator.lt,
    Op.EXACTLY: operator.eq,
}
COUNT_COLUMNS: dict[str, Any] = {
    "visits": Metrics.visits,
    "orders": Metrics.orders,
    "points": PointsBalance.balance,
}
MONEY_COLUMNS: dict[str, Any] = {"total_spent": Metrics.spent, "cart_total": Cart.total}
SubjectKind = SQLColumnExpression[str | None] | str | None
SUBJECT_TABLES: dict[str, type[Cart] | type[Answer]] = {"cart": Cart, "answer": Answer}
ANSWER_COLUMNS: dict[str, Any] = {"csat": Answer.csat, "nps": Answer.nps}


def facts_hold(facts: Facts | None, currency: str, customer: Any) -> ColumnElement[bool]:
    """SQL condition: all of `facts` hold. The tables of `join_fact_tables` must be joined.

    `currency` is that of amounts, `customer` the column of the customer's id.
    """
    if facts is None:
        return true()
    conditions = [
        *_count_conditions(facts),
        *_money_conditions(facts, currency),
        *_answer_conditions(facts),
    ]
    if facts.tags:
        conditions.append(_has_tag(facts.tags, customer))
    own = facts.my or {}
    conditions += [_custom_field_meets(name, own[name], customer) for name in own]
    return and_(true(), *conditions)


def join_fact_tables(
    statement: Select[Any],
    customer: Any,
    subject_kind: SubjectKind,
    subject_id: Any,
) -> Select[Any]:
    """Joins `statement` with the rows that facts are about: the customer's, and the subject's.

    `subject_kind` is a column, or a value where all rows are about one kind.
    """
    statement = statement.outerjoin(Metrics, col(Metrics.customer_id) == customer)
    statement = statement.outerjoin(PointsBalance, col(PointsBalance.customer_id) == customer)
    for kind, table in SUBJECT_TABLES.items():
        statement = statement.outerjoin(table, _is_subject(table, kind, subject_kind, subject_id))
    return statement


def _is_subject(
    table: type[Cart] | type[Answer], kind: str, subject_kind: SubjectKind, subject_id: Any
) -> ColumnElement[bool]:
    """Always a comparison with the primary key: ON FALSE would make SQLite scan the table."""
    if subject_kind is not None and not isinstance(subject_kind, str):
        return and_(subject_kind == kind, col(table.id) == subject_id)
    return col(table.id) == (subject_id if subject_kind == kind else literal(None, Integer))


def enrolments_where(facts: Facts, currency: str, *conditions: ColumnElement[bool]) -> Select[Any]:
    """Selects the ids of the enrolments that meet `conditions` and for which `facts` hold."""
    customer = col(Enrolment.customer_id)
    statement = join_fact_tables(
        select(col(Enrolment.id)),
        customer,
        col(Enrolment.subject_kind),
        col(Enrolment.subject_id),
    )
    return statement.where(*conditions, facts_hold(facts, currency, customer))


def enrolment_meets(facts: Facts, currency: str) -> ColumnElement[bool]:
    """SQL condition on a row of enrolments: `facts` hold for it.

    Looks at this row only, unlike `enrolments_where` without conditions.
    """
    same: Any = aliased(Enrolment)
    statement = join_fact_tables(
        select(same.id), same.customer_id, same.subject_kind, same.subject_id
    )
    return (
        statement.where(same.id == col(Enrolment.id), facts_hold(facts, currency, same.customer_id))
        .correlate(Enrolment)
        .exists()
    )


def _count_conditions(facts: Facts) -> list[ColumnElement[bool]]:
    """A customer without orders has no row, which counts as zero."""
    return [
        _compare(func.coalesce(col(column), 0), comparison, comparison.number)
        for name, column in COUNT_COLUMNS.items()
        if (comparison := getattr(facts, name))
    ]


def _money_conditions(facts: Facts, currency: str) -> list[ColumnElement[bool]]:
    return [
        _compare(
            func.coalesce(col(column), 0), comparison, minor_units(comparison.number, currency)
        )
        for name, column in MONEY_COLUMNS.items()
        if (comparison := getattr(facts, name))
    ]


def _answer_conditions(facts: Facts) -> list[ColumnElement[bool]]:
    """Without an answer no condition on it holds."""
    return [
        and_(col(column).is_not(None), _compare(col(column), comparison, comparison.number))
        for name, column in ANSWER_COLUMNS.items()
        if (comparison := getattr(facts, name))
    ]


def _has_tag(tags: Collection[str], customer: Any) -> ColumnElement[bool]:
    """Any of `tags`, in any source that knows the customer."""
    of_customer = col(Identity.customer_id) == customer
    return select(col(Identity.id)).where(of_customer, has_any_tag(tags)).exists()


def _custom_field_meets(name: str, condition: TextCondition, customer: Any) -> ColumnElement[bool]:
    """Without a value only what is denied holds: `is not`, `does not contain`, `not known`."""
    if condition.comparison:
        number = custom_field(customer, name, CustomField.number)
        bound = condition.comparison.number.scaleb(NUMBER_DIGITS)
        return and_(number.is_not(None), _compare(number, condition.comparison, bound))
    folded = custom_field(customer, name, CustomField.folded)
    if condition.op in (TextOp.KNOWN, TextOp.UNKNOWN):
        return folded.is_not(None) if condition.op is TextOp.KNOWN else folded.is_(None)
    text = func.coalesce(folded, "")
    words = [folded_text(word) for word in condition.words]
    if condition.op in (TextOp.CONTAINS, TextOp.CONTAINS_NOT):
        holds = text.contains(words[0], autoescape=True)
    else:
        holds = text.in_(words)
    return ~holds if condition.op in (TextOp.IS_NOT, TextOp.CONTAINS_NOT) else holds


def _compare(
    column: SQLColumnExpression[int], comparison: Comparison, number: Decimal
) -> ColumnElement[bool]:
    """Compares an integer `column` with a `number` that may have decimals.

    The bound is rounded so that the comparison is the same for integers; nothing equals 2.5.
    """
    if number == number.to_integral_value():
        return COMPARE[comparison.op](column, literal(int(number)))  # type: ignore[no-any-return]
    if comparison.op is Op.EXACTLY:
        return false()
    if comparison.op in (Op.AT_LEAST, Op.MORE_THAN):
        return column >= int(number.to_integral_value(ROUND_CEILING))
    return column <= int(number.to_integral_value(ROUND_FLOOR))
