"""Bulk writes that work alike on SQLite and PostgreSQL.

Statements with constant SQL are built once (`@cache`) and given their values on execution:
building a statement costs more than executing it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import BindParameter, Connection, Table, and_, bindparam, case, func
from sqlmodel import SQLModel

from shop.db.cached_insert import Insert

Row = Mapping[str, Any]
ColumnNames = tuple[str, ...]
STATEMENT_CACHE_SIZE = 500  # statements of one kind that differ by the owner's configuration
# A list of values, given as the parameter "values" on execution.
IN_VALUES: BindParameter[Any] = bindparam("values", expanding=True)


def table_of(model: type[SQLModel]) -> Table:
    """Returns the Core table of a SQLModel class."""
    return cast("Table", model.__table__)  # type: ignore[attr-defined]  # SQLModel sets it


@cache
def insert_into(model: type[SQLModel]) -> Insert:
    """Returns an INSERT into the table of `model` that supports ON CONFLICT."""
    return Insert(table_of(model))


def insert_missing(connection: Connection, model: type[SQLModel], rows: Sequence[Row]) -> None:
    """Inserts those of `rows` whose key does not exist yet."""
    if rows:
        connection.execute(_insert_missing_query(model), rows)


def upsert(
    connection: Connection,
    model: type[SQLModel],
    rows: Sequence[Row],
    *,
    key: Sequence[str],
    keep_if_null: Sequence[str] = (),
    owner_columns: Sequence[str] = (),
) -> None:
    """Inserts or updates `rows`; one with an older `version` than the stored row changes nothing.

    In the columns of `keep_if_null`, NULL does not overwrite a value: a platform that hides an
    address today did not delete it. Where one of `owner_columns` changes, `customer_id` becomes
    NULL until the new customer is resolved.
    """
    if rows:
        columns = tuple(rows[0])
        statement = _upsert_query(
            model, columns, tuple(key), tuple(keep_if_null), tuple(owner_columns)
        )
        connection.execute(statement, rows)


@cache
def _insert_missing_query(model: type[SQLModel]) -> Insert:
    return insert_into(model).on_conflict_do_nothing()


@cache
def _upsert_query(
    model: type[SQLModel],
    columns: ColumnNames,
    key: ColumnNames,
    keep_if_null: ColumnNames,
    owner_columns: ColumnNames,
) -> Insert:
    statement = insert_into(model)
    table, excluded = table_of(model), statement.excluded
    new_values: dict[str, Any] = {
        name: func.coalesce(excluded[name], table.c[name])
        if name in keep_if_null
        else excluded[name]
        for name in columns
        if name not in key
    }
    if owner_columns:
        same_owner = and_(
            *(table.c[name].is_not_distinct_from(excluded[name]) for name in owner_columns)
        )
        new_values["customer_id"] = case((same_owner, table.c.customer_id))
    not_older = table.c.version <= excluded.version
    return statement.on_conflict_do_update(
        index_elements=list(key), set_=new_values, where=not_older
    )
