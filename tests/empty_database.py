"""An empty PostgreSQL database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text


@contextmanager
def another_database(postgres: Engine) -> Iterator[str]:
    """Create an empty database on the server of `postgres` and yield its URL."""
    server = postgres.execution_options(isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS another WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE another"))
        yield postgres.url.set(database="another").render_as_string(hide_password=False)
        connection.execute(text("DROP DATABASE another WITH (FORCE)"))
