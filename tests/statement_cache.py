"""What comes to the same in every test is put together once a worker: its statements."""

from __future__ import annotations

from functools import wraps
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.util import LRUCache

from shop.db import engine as database

STATEMENTS = 4_000  # an engine remembers 500, and the tests ask more than that


def share_statement_cache(patch: pytest.MonkeyPatch) -> None:
    """Each test has a SQLite file of its own, and asks of it what all the others ask of theirs."""
    first = create_engine("sqlite://")
    first.connect().close()
    shared_cache: LRUCache[Any, Any] = LRUCache(STATEMENTS)

    @wraps(create_engine)
    def cached_create_engine(*address: Any, **options: Any) -> Engine:
        engine = create_engine(*address, **options)
        if engine.dialect.name == first.dialect.name:
            engine.dialect = first.dialect  # what is put together is remembered with its dialect
        engine.update_execution_options(compiled_cache=shared_cache)
        return engine

    patch.setattr(database, "create_engine", cached_create_engine)
