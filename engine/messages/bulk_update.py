"""Updates many rows by one statement, each with values of its own."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Update, bindparam, update
from sqlmodel import SQLModel

from shop.db.upsert import table_of


@cache
def update_columns(model: type[SQLModel], *columns: str) -> Update:
    """Returns an UPDATE of `columns` of the row whose id is bound as `row`; values are bound by
    column name.
    """
    table = table_of(model)
    values: dict[str, Any] = {name: bindparam(name) for name in columns}
    return update(table).where(table.c.id == bindparam("row")).values(values)
