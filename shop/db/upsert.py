"""Bulk writing that means the same on SQLite and PostgreSQL.

Here and in all of the shop, a statement whose words never change is put together once (`@cache`)
and told its values when it is executed: to put it together costs more than to carry it out.
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
STATEMENT_CACHE_SIZE = 500  # statements of a kind, where what an owner wrote makes them differ
# A list that is told when a statement is executed.
IN_VALUES: BindParameter[Any] = bindparam("some", expanding=True)


def table_of(model: type[SQLModel]) -> Table:
    return cast("Table", model.__table__)  # type: ignore[attr-defined]  # SQLModel sets it


@cache
def insert_into(model: type[SQLModel]) -> Insert:
    """An INSERT that knows ON CONFLICT."""
    return Insert(table_of(model))


def insert_missing(connection: Connection, model: type[SQLModel], rows: Sequence[Row]) -> None:
    """Insert the rows that are not there yet, and leave those that are."""
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
    """Insert or update; a row whose `version` is older than the stored one changes nothing.

    In the columns of `keep_if_null` nothing never overwrites something: a platform that hides
    an address today did not take it away. Where one of `owner_columns` changes, the row is nobody's
    until its new customer is found.
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
