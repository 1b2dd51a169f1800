"""A fresh database, on SQLite or on PostgreSQL, to load a frozen one into and to look at."""

from __future__ import annotations

import hashlib
import re
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg

FILE = "regulars.db"
MACHINE_ID = Path("/etc/machine-id")
CONTAINER = (Path("/.dockerenv"), Path("/run/.containerenv"))
NAME = "upgraded_cafe"


@dataclass(frozen=True)
class Home:
    """Where a database lives, as 0.1.0 wrote it into its table `home`."""

    place: str
    spoken: str


class Database(Protocol):
    """What the test needs of either."""

    @property
    def dump(self) -> str:
        """The name of its frozen file."""

    @property
    def address(self) -> str:
        """As config.yaml names it."""

    def load(self, sql: str) -> None: ...

    def rows(self, sql: str) -> list[tuple[Any, ...]]: ...

    def home(self) -> Home: ...


@dataclass(frozen=True)
class OnSqlite:
    folder: Path
    dump: str = "sqlite"
    address: str = f"sqlite:///{FILE}"

    def load(self, sql: str) -> None:
        with closing(sqlite3.connect(self.folder / FILE)) as connection:
            connection.executescript(sql)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / FILE)) as connection:
            return connection.execute(sql).fetchall()

    def home(self) -> Home:
        file = self.folder / FILE
        file.touch()
        return Home(f"{this_machine(file)} {file.resolve()}", str(file.resolve()))


@dataclass(frozen=True)
class OnPostgres:
    uri: str
    dump: str = "postgresql"

    @property
    def address(self) -> str:
        return self.uri.replace("postgresql:", "postgresql+psycopg:", 1)

    def load(self, sql: str) -> None:
        with psycopg.connect(self.uri) as connection:
            connection.execute(sql)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.uri) as connection:
            return connection.execute(sql).fetchall()

    def home(self) -> Home:
        [(server, number)] = self.rows(
            "SELECT (SELECT system_identifier FROM pg_control_system()), oid"
            " FROM pg_database WHERE datname = current_database()"
        )
        return Home(f"postgresql {server} {NAME} {number}", f"the database {NAME}")


@contextmanager
def new_on_postgres(server: str) -> Iterator[OnPostgres]:
    """A database of its own on this server, for as long as the block lasts."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {NAME}")
        connection.execute(f"CREATE DATABASE {NAME}")
        yield OnPostgres(re.sub(r"/postgres(?=\?|$)", f"/{NAME}", server))
        connection.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


def this_machine(file: Path) -> str:
    """The machine's name in a home on SQLite."""
    number = MACHINE_ID.read_text().strip() if MACHINE_ID.is_file() else ""
    if re.fullmatch("[0-9a-f]{32}", number):
        return hashlib.sha256(f"regulars {number}".encode()).hexdigest()[:16]
    if any(mark.exists() for mark in CONTAINER):
        return f"file {file.stat().st_ino}"
    return socket.gethostname()
