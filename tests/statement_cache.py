"""Shares compiled statements between the engines of all tests of a worker."""

from __future__ import annotations

from functools import wraps
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.util import LRUCache

from shop.db import engine as database

STATEMENTS = 4_000  # an engine caches 500, and the tests need more


def share_statement_cache(patch: pytest.MonkeyPatch) -> None:
    """Every test has a SQLite file of its own and executes the same statements."""
    first = create_engine("sqlite://")
    first.connect().close()
    shared_cache: LRUCache[Any, Any] = LRUCache(STATEMENTS)

    @wraps(create_engine)
    def cached_create_engine(*address: Any, **options: Any) -> Engine:
        engine = create_engine(*address, **options)
        if engine.dialect.name == first.dialect.name:
            engine.dialect = first.dialect  # the cache key contains the dialect
        engine.update_execution_options(compiled_cache=shared_cache)
        return engine

    patch.setattr(database, "create_engine", cached_create_engine)
