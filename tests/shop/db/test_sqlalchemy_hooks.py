"""Pins the private names of SQLAlchemy that `shop.db.cached_insert` and the tests rely on.

Where this fails after an upgrade: read the new release's `ON CONFLICT` classes and compiled cache,
adapt `shop/db/cached_insert.py` and `tests/statement_cache.py`, run `tests/shop/db`, and write the
release down here.
"""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import create_engine, util
from sqlalchemy.dialects.postgresql import dml
from sqlalchemy.engine.interfaces import CacheStats
from sqlalchemy.sql import Insert
from sqlalchemy.sql.visitors import InternalTraversal

from shop.db.cached_insert import TARGET_TRAVERSAL, UPDATE_TRAVERSAL
from shop.db.upsert import insert_into
from shop.tables import Stop

VERIFIED_WITH = "2.0.58"
HOOKS = {
    "Insert._generate": (Insert, "_generate"),
    "Insert._generate_cache_key": (Insert, "_generate_cache_key"),
    "Insert._post_values_clause": (Insert, "_post_values_clause"),
    "Insert._traverse_internals": (Insert, "_traverse_internals"),
    "Insert.inherit_cache": (Insert, "inherit_cache"),
    "OnConflictDoNothing._generate_cache_key": (dml.OnConflictDoNothing, "_generate_cache_key"),
    "InternalTraversal.dp_string": (InternalTraversal, "dp_string"),
    "InternalTraversal.dp_clauseelement": (InternalTraversal, "dp_clauseelement"),
    "InternalTraversal.dp_multi_list": (InternalTraversal, "dp_multi_list"),
    "InternalTraversal.dp_dml_ordered_values": (InternalTraversal, "dp_dml_ordered_values"),
    "util.LRUCache": (util, "LRUCache"),
    "CacheStats.CACHE_HIT": (CacheStats, "CACHE_HIT"),
}


def _series(release: str) -> str:
    return ".".join(release.split(".")[:2])


def test_the_release_series_is_the_one_that_was_verified() -> None:
    installed = sqlalchemy.__version__
    assert _series(installed) == _series(VERIFIED_WITH), (
        f"SQLAlchemy {installed} is installed, and its private names were verified with "
        f"{VERIFIED_WITH}: verify shop/db/cached_insert.py and tests/statement_cache.py with it."
    )


@pytest.mark.parametrize("hook", HOOKS)
def test_a_private_name_is_still_there(hook: str) -> None:
    owner, name = HOOKS[hook]
    assert hasattr(owner, name), (
        f"SQLAlchemy {sqlalchemy.__version__} has no {hook}; shop/db/cached_insert.py or "
        f"tests/statement_cache.py needs it (verified with {VERIFIED_WITH})."
    )


def test_a_conflict_clause_has_the_attributes_of_its_cache_key() -> None:
    """The cache key is read from these attributes; one that is missing would not be in it."""
    nothing = dml.OnConflictDoNothing()
    update = dml.OnConflictDoUpdate(index_elements=["what"], set_={"because": "it rains"})
    missing = [name for name, _ in TARGET_TRAVERSAL if not hasattr(nothing, name)]
    missing += [
        name for name, _ in TARGET_TRAVERSAL + UPDATE_TRAVERSAL if not hasattr(update, name)
    ]
    known = {name for name, _ in TARGET_TRAVERSAL + UPDATE_TRAVERSAL}
    unknown = {name for name in vars(update) if not name.startswith("_")} - known
    assert (missing, unknown) == ([], set()), (
        f"The ON CONFLICT clauses of SQLAlchemy {sqlalchemy.__version__} are built otherwise than "
        f"those of {VERIFIED_WITH}: adapt TARGET_TRAVERSAL and UPDATE_TRAVERSAL."
    )


def test_a_statement_with_a_conflict_clause_is_cached_in_the_given_cache() -> None:
    """`compiled_cache` is how the tests share compiled statements between engines."""
    cache: util.LRUCache[Any, Any] = util.LRUCache(10)
    engine = create_engine("sqlite://").execution_options(compiled_cache=cache)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE stops (what TEXT PRIMARY KEY, since, because)")
        for _ in range(2):
            insert = insert_into(Stop).on_conflict_do_nothing()
            connection.execute(insert, {"what": "everything", "since": None, "because": None})
    assert len(cache) == 1
