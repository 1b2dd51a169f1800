"""INSERT … ON CONFLICT with a complete cache key, so that SQLAlchemy compiles it only once.

SQLAlchemy 2.0 gives its own ON CONFLICT clauses no cache key and compiles them on every execution.
Here each part of the SQL is in the key and each value is a bound parameter: two statements with
one key differ in values alone. `tests/shop/db/test_sqlalchemy_hooks.py` pins the private names.
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
    """ON CONFLICT DO NOTHING with a cache key."""

    _traverse_internals = TARGET_TRAVERSAL


class CachedDoUpdate(dml.OnConflictDoUpdate):
    """ON CONFLICT DO UPDATE with a cache key."""

    _traverse_internals = TARGET_TRAVERSAL + UPDATE_TRAVERSAL


class Insert(Plain):
    """An INSERT with ON CONFLICT whose SQL is the same on SQLite and PostgreSQL."""

    inherit_cache = True

    @cached_property
    def excluded(self) -> ColumnCollection[str, ColumnElement[Any]]:
        """The row that the conflict kept from being inserted."""
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
        """A bound parameter, because a literal value would become part of the cached SQL."""
        if isinstance(value, ColumnElement):
            return value
        return literal(value, self.table.c[name].type)

    def _on_conflict(self, clause: CachedDoNothing | CachedDoUpdate) -> Self:
        statement = self._generate()
        statement._post_values_clause = clause
        return statement
