"""Rows of values as a table of an SQL statement, each value a named parameter.

Statements with as many rows have the same SQL, so that they are built and compiled once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Subquery, bindparam, select, union_all
from sqlalchemy.types import TypeEngine


@dataclass(frozen=True)
class ParameterRows:
    """`rows` with the columns of `types`; the names of the parameters begin with `prefix`."""

    prefix: str
    types: Mapping[str, TypeEngine[Any]]
    rows: Sequence[Sequence[Any]]

    def table(self) -> Subquery:
        """A union of selects, which means the same on both databases; it needs one row at least."""
        selects = [
            select(
                *(
                    bindparam(self._name(number, column), value, type_=type_).label(column)
                    for (column, type_), value in zip(self.types.items(), row, strict=True)
                )
            )
            for number, row in enumerate(self.rows)
        ]
        return union_all(*selects).subquery()

    def values(self) -> dict[str, Any]:
        """Returns the values by the names of their parameters."""
        return {
            self._name(number, column): value
            for number, row in enumerate(self.rows)
            for column, value in zip(self.types, row, strict=True)
        }

    def _name(self, number: int, column: str) -> str:
        return f"{self.prefix}_{column}_{number}"
