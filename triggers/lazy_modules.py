"""Modules that build queries, imported when first used.

`regulars check` reads every event for its name and defaults, and must not pay for SQLAlchemy.
Type checkers see the real modules.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = [
    "basis",
    "changed_customers",
    "col",
    "customer_metrics",
    "local_days",
    "moments",
    "orm",
    "parameter_rows",
    "sa",
    "tables",
    "timezones",
    "trigger",
    "upsert",
]

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy import orm
    from sqlmodel import col

    from measures import customers as customer_metrics
    from shop import tables
    from shop.consent import basis
    from shop.db import changed_customers, timezones, upsert
    from shop.types import moment as moments
    from triggers import local_days, parameter_rows, trigger
else:

    class LazyModule:
        """Imports the module called `name` when an attribute is first read."""

        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, attribute: str) -> Any:
            return getattr(import_module(self._name), attribute)

    basis = LazyModule("shop.consent.basis")
    changed_customers = LazyModule("shop.db.changed_customers")
    customer_metrics = LazyModule("measures.customers")
    local_days = LazyModule("triggers.local_days")
    moments = LazyModule("shop.types.moment")
    orm = LazyModule("sqlalchemy.orm")
    parameter_rows = LazyModule("triggers.parameter_rows")
    sa = LazyModule("sqlalchemy")
    tables = LazyModule("shop.tables")
    timezones = LazyModule("shop.db.timezones")
    trigger = LazyModule("triggers.trigger")
    upsert = LazyModule("shop.db.upsert")

    def col(column: Any) -> Any:
        """`sqlmodel.col`: the column behind an attribute of a table."""
        return import_module("sqlmodel").col(column)
