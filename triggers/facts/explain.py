"""Evaluates each condition of an `if` or `unless` by itself, for `regulars why`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Connection, func, literal, null, select
from sqlmodel import col

from settings.model import yaml_key
from shop.tables import Customer, Identity
from shop.types.money import decimals
from triggers.facts.conditions import (
    ANSWER_COLUMNS,
    COUNT_COLUMNS,
    MONEY_COLUMNS,
    facts_hold,
    join_fact_tables,
)
from triggers.facts.config import Facts

FactValue = int | Decimal | tuple[str, ...] | None


@dataclass(frozen=True)
class FactSubject:
    """The customer that facts are about, and the row of the occasion."""

    customer: int
    kind: str | None = None  # the kind and id of the row that the occasion is about
    id: int | None = None


@dataclass(frozen=True)
class ConditionResult:
    """One condition and the actual value; whether it is met was decided by the database."""

    fact: str
    expected: str
    actual: FactValue
    is_met: bool


def evaluate_conditions(
    connection: Connection, facts: Facts | None, subject: FactSubject, currency: str
) -> list[ConditionResult]:
    """Returns a result for each condition of `facts`, in the order of the keys; one query."""
    names = _fact_names(facts) if facts else []
    if facts is None or not names:
        return []
    row = connection.execute(_facts_query(facts, names, subject, currency)).one()
    values, met_flags = row[: len(names)], row[len(names) :]
    tags = _customer_tags(connection, subject.customer) if "tags" in names else ()
    return [
        ConditionResult(
            yaml_key(name),
            _expected_text(getattr(facts, name)),
            _fact_value(name, value, tags, currency),
            is_met,
        )
        for name, value, is_met in zip(names, values, map(bool, met_flags), strict=True)
    ]


def _fact_names(conditions: Facts) -> list[str]:
    return [name for name in Facts.model_fields if getattr(conditions, name)]


def _facts_query(facts: Facts, names: Sequence[str], subject: FactSubject, currency: str) -> Any:
    single_facts = [Facts.model_validate({name: getattr(facts, name)}) for name in names]
    customer_id = col(Customer.id)
    columns = [
        *(_fact_column(name) for name in names),
        *(facts_hold(single, currency, customer_id) for single in single_facts),
    ]
    labelled_columns = [column.label(f"column_{number}") for number, column in enumerate(columns)]
    statement = join_fact_tables(
        select(*labelled_columns).select_from(Customer),
        customer_id,
        subject.kind,
        literal(subject.id, BigInteger),
    )
    return statement.where(customer_id == subject.customer)


def _fact_column(name: str) -> Any:
    """A customer without orders has no row and counts as zero; no answer remains NULL."""
    if name in ANSWER_COLUMNS:
        return col(ANSWER_COLUMNS[name])
    column = COUNT_COLUMNS.get(name, MONEY_COLUMNS.get(name))
    return null() if column is None else func.coalesce(col(column), 0)


def _fact_value(name: str, value: int | None, tags: tuple[str, ...], currency: str) -> FactValue:
    if name == "tags":
        return tags
    if value is not None and name in MONEY_COLUMNS:
        return Decimal(value).scaleb(-decimals(currency))
    return value


def _customer_tags(connection: Connection, customer: int) -> tuple[str, ...]:
    """The tags from every source that knows the customer."""
    tags_query = select(col(Identity.tags)).where(col(Identity.customer_id) == customer)
    return tuple(
        sorted(
            {
                str(tag)
                for tags_json in connection.scalars(tags_query)
                for tag in json.loads(tags_json)
            }
        )
    )


def _expected_text(expected: object) -> str:
    return f"any of {', '.join(expected)}" if isinstance(expected, list) else str(expected)
