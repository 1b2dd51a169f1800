"""Tells whether another connection has changed the database, without a lock and without a write."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.pool import StaticPool

from shop.db.engine import read_transaction, translate_database_errors, unavailable_error


class ChangeWatch:
    """Names the rows that must be read again; yields a connection to read them with."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def stale(self, asked: Sequence[str], rest: Collection[str]) -> Sequence[str]:
        """Returns the ids of rows that may have changed since they were read.

        Of those `asked` about now, and of the `rest` that will be asked about later.
        """
        raise NotImplementedError

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with read_transaction(self._engine) as connection:
            yield connection


class DataVersionWatch(ChangeWatch):
    """SQLite counts the commits of other connections (https://www.sqlite.org/pragma.html#pragma_data_version).

    The counter is read on a connection of its own that is never inside a transaction: within one it
    would stand still.
    """

    def __init__(self, engine: Engine, raw: Any) -> None:
        super().__init__(engine)
        self._cursor = raw.cursor()
        self._version: int | None = None

    def stale(self, asked: Sequence[str], rest: Collection[str]) -> Sequence[str]:
        """All, once after each change: one statement for the rest of a batch."""
        version = self._read_version()
        if version == self._version:
            return ()
        self._version = version
        return list(dict.fromkeys((*asked, *rest)))

    def _read_version(self) -> int:
        try:
            version: int = self._cursor.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error as error:
            raise unavailable_error(error) from error
        return version


class AlwaysStaleWatch(ChangeWatch):
    """PostgreSQL has no such counter: what is asked about is read each time, on one connection."""

    def __init__(self, engine: Engine, connection: Connection | None) -> None:
        super().__init__(engine)
        self._connection = connection

    def stale(self, asked: Sequence[str], rest: Collection[str]) -> Sequence[str]:
        return asked

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        if self._connection is None:
            with super().reading() as connection:
                yield connection
        else:
            with translate_database_errors():
                yield self._connection


@contextmanager
def open_change_watch(engine: Engine) -> Iterator[ChangeWatch]:
    """Opens the watch of the database of `engine`, on a connection that is kept."""
    if engine.dialect.name != "sqlite":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield AlwaysStaleWatch(engine, connection)
    elif isinstance(engine.pool, StaticPool):
        yield AlwaysStaleWatch(engine, None)  # in memory: there is one connection only
    else:
        with closing(engine.raw_connection()) as raw:
            yield DataVersionWatch(engine, raw)
