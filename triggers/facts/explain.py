"""Evaluates each condition of an `if` or `unless` by itself, for `regulars why`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Connection, func, literal, null, select
from sqlmodel import col

from settings.model import yaml_key
from shop.identity.custom_fields import custom_field
from shop.tables import Customer, CustomField, Identity
from shop.types.money import decimals
from triggers.facts.conditions import (
    ANSWER_COLUMNS,
    COUNT_COLUMNS,
    MONEY_COLUMNS,
    facts_hold,
    join_fact_tables,
)
from triggers.facts.config import Facts

OWN = "my "
FactValue = int | str | Decimal | tuple[str, ...] | None


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
    singles = _single_facts(facts) if facts else {}
    if not singles:
        return []
    row = connection.execute(_facts_query(singles, subject, currency)).one()
    values, met_flags = row[: len(singles)], row[len(singles) :]
    tags = _customer_tags(connection, subject.customer) if "tags" in singles else ()
    return [
        ConditionResult(
            yaml_key(name),
            _expected_text(single, name),
            _fact_value(name, value, tags, currency),
            is_met,
        )
        for (name, single), value, is_met in zip(
            singles.items(), values, map(bool, met_flags), strict=True
        )
    ]


def _single_facts(conditions: Facts) -> dict[str, Facts]:
    """Each condition by itself; that on the owner's column `allergy` is called "my allergy"."""
    single: dict[str, Facts] = {}
    for name in Facts.model_fields:
        expected = getattr(conditions, name)
        if name == "my":
            own = (conditions.my or {}).items()
            single |= {f"{OWN}{column}": Facts(my={column: words}) for column, words in own}
        elif expected:
            single[name] = Facts.model_validate({name: expected})
    return single


def _facts_query(singles: Mapping[str, Facts], subject: FactSubject, currency: str) -> Any:
    customer_id = col(Customer.id)
    columns = [
        *(_fact_column(name, customer_id) for name in singles),
        *(facts_hold(single, currency, customer_id) for single in singles.values()),
    ]
    labelled_columns = [column.label(f"column_{number}") for number, column in enumerate(columns)]
    statement = join_fact_tables(
        select(*labelled_columns).select_from(Customer),
        customer_id,
        subject.kind,
        literal(subject.id, BigInteger),
    )
    return statement.where(customer_id == subject.customer)


def _fact_column(name: str, customer: Any) -> Any:
    """A customer without orders has no row and counts as zero; no answer remains NULL."""
    if name.startswith(OWN):
        return custom_field(customer, name.removeprefix(OWN), CustomField.value)
    if name in ANSWER_COLUMNS:
        return col(ANSWER_COLUMNS[name])
    column = COUNT_COLUMNS.get(name, MONEY_COLUMNS.get(name))
    return null() if column is None else func.coalesce(col(column), 0)


def _fact_value(name: str, value: Any, tags: tuple[str, ...], currency: str) -> FactValue:
    if name == "tags":
        return tags
    if value is not None and name in MONEY_COLUMNS:
        return Decimal(value).scaleb(-decimals(currency))
    actual: FactValue = value
    return actual


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


def _expected_text(single: Facts, name: str) -> str:
    if name.startswith(OWN):
        return str((single.my or {})[name.removeprefix(OWN)])
    expected = getattr(single, name)
    return f"any of {', '.join(expected)}" if isinstance(expected, list) else str(expected)
