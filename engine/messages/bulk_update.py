"""Changing rows one by one, each to values of its own, by one statement."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Update, bindparam, update
from sqlmodel import SQLModel

from shop.db.upsert import table_of


@cache
def update_columns(model: type[SQLModel], *columns: str) -> Update:
    """Of the row whose id is given as `row`, these columns, each given by its name."""
    table = table_of(model)
    values: dict[str, Any] = {name: bindparam(name) for name in columns}
    return update(table).where(table.c.id == bindparam("row")).values(values)
