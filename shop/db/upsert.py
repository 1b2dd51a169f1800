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
Names = tuple[str, ...]
REMEMBERED = 500  # statements of a kind, where what an owner wrote makes them differ
# A list that is told when a statement is executed.
SOME: BindParameter[Any] = bindparam("some", expanding=True)


def table_of(model: type[SQLModel]) -> Table:
    return cast("Table", model.__table__)  # type: ignore[attr-defined]  # SQLModel sets it


@cache
def insert_into(model: type[SQLModel]) -> Insert:
    """An INSERT that knows ON CONFLICT."""
    return Insert(table_of(model))


def add_new(connection: Connection, model: type[SQLModel], rows: Sequence[Row]) -> None:
    """Insert the rows that are not there yet, and leave those that are."""
    if rows:
        connection.execute(_adding(model), rows)


def upsert(
    connection: Connection,
    model: type[SQLModel],
    rows: Sequence[Row],
    *,
    key: Sequence[str],
    keep_known: Sequence[str] = (),
    owned_by: Sequence[str] = (),
) -> None:
    """Insert or update; a row whose `version` is older than the stored one changes nothing.

    In the columns of `keep_known` nothing never overwrites something: a platform that hides
    an address today did not take it away. Where one of `owned_by` changes, the row is nobody's
    until its new customer is found.
    """
    if rows:
        columns = tuple(rows[0])
        updating = _updating(model, columns, tuple(key), tuple(keep_known), tuple(owned_by))
        connection.execute(updating, rows)


@cache
def _adding(model: type[SQLModel]) -> Insert:
    return insert_into(model).on_conflict_do_nothing()


@cache
def _updating(
    model: type[SQLModel], columns: Names, key: Names, keep_known: Names, owned_by: Names
) -> Insert:
    statement = insert_into(model)
    table, new = table_of(model), statement.excluded
    changed: dict[str, Any] = {
        name: func.coalesce(new[name], table.c[name]) if name in keep_known else new[name]
        for name in columns
        if name not in key
    }
    if owned_by:
        same = and_(*(table.c[name].is_not_distinct_from(new[name]) for name in owned_by))
        changed["customer_id"] = case((same, table.c.customer_id))
    newer = table.c.version <= new.version
    return statement.on_conflict_do_update(index_elements=list(key), set_=changed, where=newer)
