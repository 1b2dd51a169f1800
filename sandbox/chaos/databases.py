"""A temporary database for each cell."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url


@contextmanager
def cell_database(kind: str, server: str | None) -> Iterator[str]:
    """Yield a database URL for the owner's file; a PostgreSQL database is created on `server`."""
    if kind == "sqlite" or server is None:
        yield "sqlite:///regulars.db"
        return
    name = f"regulars_chaos_{secrets.token_hex(4)}"
    with _autocommit(server) as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with _autocommit(server) as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def _autocommit(server: str) -> Iterator[Connection]:
    """Connect in autocommit mode: CREATE and DROP DATABASE cannot run in a transaction."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT", hide_parameters=True)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
