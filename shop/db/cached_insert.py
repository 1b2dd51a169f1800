"""INSERT … ON CONFLICT whose SQL is put together once; SQLAlchemy 2.0 does so every time.

It knows a statement again by its key, and gives its own ON CONFLICT none. Here all that SQL is
made of is in the key, and each value is bound: of two statements with one key only values differ.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any, Self

from sqlalchemy import ColumnElement, alias, literal
from sqlalchemy.dialects.postgresql import dml
from sqlalchemy.sql import ColumnCollection
from sqlalchemy.sql import Insert as Plain
from sqlalchemy.sql.visitors import InternalTraversal as Part

TARGET_TRAVERSAL = [
    ("constraint_target", Part.dp_string),
    ("inferred_target_elements", Part.dp_multi_list),
    ("inferred_target_whereclause", Part.dp_clauseelement),
]
UPDATE_TRAVERSAL = [
    ("update_values_to_set", Part.dp_dml_ordered_values),
    ("update_whereclause", Part.dp_clauseelement),
]


class CachedDoNothing(dml.OnConflictDoNothing):
    _traverse_internals = TARGET_TRAVERSAL


class CachedDoUpdate(dml.OnConflictDoUpdate):
    _traverse_internals = TARGET_TRAVERSAL + UPDATE_TRAVERSAL


class Insert(Plain):
    """One for both databases: they say ON CONFLICT in the same words."""

    inherit_cache = True

    @cached_property
    def excluded(self) -> ColumnCollection[str, ColumnElement[Any]]:
        """The row that would have been inserted."""
        return alias(self.table, name="excluded").columns

    def on_conflict_do_nothing(self) -> Self:
        return self._on_conflict(CachedDoNothing())

    def on_conflict_do_update(
        self,
        *,
        index_elements: Collection[str],
        set_: Mapping[str, Any],
        where: ColumnElement[bool] | None = None,
    ) -> Self:
        bound = {name: self._bound(name, value) for name, value in set_.items()}
        return self._on_conflict(
            CachedDoUpdate(index_elements=index_elements, set_=bound, where=where)
        )

    def _bound(self, name: str, value: Any) -> ColumnElement[Any]:
        """A plain value would be part of the SQL, and be written again in place of the next."""
        if isinstance(value, ColumnElement):
            return value
        return literal(value, self.table.c[name].type)

    def _on_conflict(self, clause: CachedDoNothing | CachedDoUpdate) -> Self:
        statement = self._generate()
        statement._post_values_clause = clause
        return statement
