"""Orders and answers that name a customer whom no list has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Update,
    and_,
    bindparam,
    func,
    select,
    update,
)
from sqlmodel import col

from shop.consent.basis import recompute_basis
from shop.db import changed_customers
from shop.db.upsert import table_of
from shop.identity.customer_numbers import match_numbers
from shop.tables import Answer, BasisStatement, Identity, Order

NamedModel = type[Order] | type[Answer]
NAMED_MODELS: Mapping[str, NamedModel] = {"orders": Order, "answers": Answer}
BATCH_SIZE = 1_000
MAX_EXAMPLES = 2
# A number or a code, and no name or address of a person.
CODE = re.compile(r"(?=.*[0-9])[A-Za-z0-9#/._-]{1,20}")


@dataclass(frozen=True)
class UnplacedRecords:
    """How many of the records that name a customer name one whom no list has, with examples."""

    stream: str  # orders or answers
    unplaced: int
    named: int
    examples: tuple[str, ...] = ()


def place_by_number(connection: Connection, source: str) -> set[int]:
    """Give orders, answers and opt-outs in their files to the customers of `source` whose number
    they spell otherwise.

    Returns the ids of these customers, who are marked as changed. Rows whose number is spelled as
    in the list were linked when the list arrived.
    """
    affected: set[int] = set()
    for model in NAMED_MODELS.values():
        last_key = ""
        while keys := _unplaced_keys(connection, model, source, last_key):
            last_key = keys[-1]
            for key, listed_key in match_numbers(connection, source, keys).items():
                names = {"row_source": source, "row_key": key, "listed_key": listed_key}
                connection.execute(_place_query(model), names)
                affected |= set(connection.scalars(_customer_query(), names))
    affected |= _place_statements(connection, source)
    changed_customers.mark_changed(connection, affected)
    return affected


def _place_statements(connection: Connection, source: str) -> set[int]:
    """Give statements to their customers, and recompute their basis; returns the customers."""
    keys = set(connection.scalars(_unplaced_statements(), {"row_source": source}))
    customers: set[int] = set()
    for key, listed_key in match_numbers(connection, source, keys).items():
        names = {"row_source": source, "row_key": key, "listed_key": listed_key}
        connection.execute(_place_statements_query(), names)
        customers |= set(connection.scalars(_customer_query(), names))
    recompute_basis(connection, customers)
    return customers


@cache
def _unplaced_statements() -> Select[tuple[str]]:
    of_nobody = col(BasisStatement.customer_id).is_(None)
    of_source = col(BasisStatement.source) == bindparam("row_source")
    return select(col(BasisStatement.external_id)).where(of_nobody, of_source).distinct()


@cache
def _place_statements_query() -> Update:
    return (
        update(BasisStatement)
        .where(
            col(BasisStatement.source) == bindparam("row_source"),
            col(BasisStatement.external_id) == bindparam("row_key"),
            col(BasisStatement.customer_id).is_(None),
        )
        .values(customer_id=_customer_query().scalar_subquery())
    )


def count_unplaced(connection: Connection, source: str) -> list[UnplacedRecords]:
    """Return the counts of `source`, for each kind of record with any that is of nobody known."""
    return [
        counts
        for stream, model in NAMED_MODELS.items()
        if (counts := _count(connection, source, stream, model)).unplaced
    ]


def example_codes(keys: list[str]) -> tuple[str, ...]:
    """Return the first keys that are numbers or codes: others may be the name of a person."""
    return tuple(key for key in keys if CODE.fullmatch(key))[:MAX_EXAMPLES]


def _count(connection: Connection, source: str, stream: str, model: NamedModel) -> UnplacedRecords:
    names = {"row_source": source}
    unplaced = connection.scalar(_count_query(model, only_unplaced=True), names) or 0
    if not unplaced:
        return UnplacedRecords(stream, 0, 0)
    named = connection.scalar(_count_query(model, only_unplaced=False), names) or 0
    keys = connection.scalars(_examples_query(model), names)
    return UnplacedRecords(stream, unplaced, named, example_codes([key or "" for key in keys]))


def _is_unplaced(model: NamedModel) -> ColumnElement[bool]:
    return and_(col(model.customer_id).is_(None), col(model.customer_key).is_not(None))


@cache
def _count_query(model: NamedModel, *, only_unplaced: bool) -> Select[tuple[int]]:
    table = table_of(model)
    of_source = table.c.source == bindparam("row_source")
    counted = _is_unplaced(model) if only_unplaced else table.c.customer_key.is_not(None)
    return select(func.count()).select_from(table).where(of_source, counted)


@cache
def _examples_query(model: NamedModel) -> Select[tuple[str | None]]:
    key = col(model.customer_key)
    of_source = col(model.source) == bindparam("row_source")
    return select(key).where(of_source, _is_unplaced(model)).distinct().order_by(key).limit(20)


def _unplaced_keys(connection: Connection, model: NamedModel, source: str, after: str) -> list[str]:
    names = {"row_source": source, "after": after}
    return [key for key in connection.scalars(_keys_query(model), names) if key is not None]


@cache
def _keys_query(model: NamedModel) -> Select[tuple[str | None]]:
    key = col(model.customer_key)
    of_list = col(model.customer_source) == bindparam("row_source")
    return (
        select(key)
        .where(of_list, _is_unplaced(model), key > bindparam("after"))
        .distinct()
        .order_by(key)
        .limit(BATCH_SIZE)
    )


@cache
def _place_query(model: NamedModel) -> Update:
    return (
        update(model)
        .where(
            col(model.customer_source) == bindparam("row_source"),
            col(model.customer_key) == bindparam("row_key"),
            col(model.customer_id).is_(None),
        )
        .values(
            customer_key=bindparam("listed_key"),
            customer_id=_customer_query().scalar_subquery(),
        )
    )


@cache
def _customer_query() -> Select[Any]:
    return select(col(Identity.customer_id)).where(
        col(Identity.source) == bindparam("row_source"),
        col(Identity.external_id) == bindparam("listed_key"),
    )
