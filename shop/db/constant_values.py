"""Conditions with constants of the program, which are a part of the SQL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, literal_column


def is_one_of(column: SQLColumnExpression[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """SQL condition: `column` is one of `values`, which must be constants of the program.

    SQLAlchemy writes the values of `in_` into the text of a statement each time that it is
    executed, which takes longer than many a statement.
    """
    quoted = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
    constants: ColumnElement[Any] = literal_column(f"({quoted})")
    condition: ColumnElement[bool] = column.op("IN", is_comparison=True)(constants)
    return condition
