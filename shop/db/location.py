"""Where a database lives, so that a copy of it can be told from the shop itself.

SQLite: the machine and the path of the file. PostgreSQL: the database itself, wherever those
who work on it are; several machines on one database are one shop.
"""

from __future__ import annotations

import hashlib
import re
import socket
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, Engine, Select, delete, select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from shop.db.engine import reading
from shop.db.upsert import add_new
from shop.tables import Home

THE_ONE = 1
MACHINE_ID = Path("/etc/machine-id")
CONTAINER = (Path("/.dockerenv"), Path("/run/.containerenv"))


@dataclass(frozen=True)
class Place:
    key: str
    spoken: str  # for a sentence


def place_of(engine: Engine) -> Place | None:
    """None for a database that lives in memory alone, and can be nobody's copy."""
    if engine.dialect.name == "postgresql":
        return _on_server(engine)
    file = engine.url.database
    if not file or file == ":memory:":
        return None
    path = Path(file).resolve()
    return Place(f"{_machine(path)} {path}", str(path))


def lives_at(connection: Connection) -> Place | None:
    """Where it was last known to be the shop."""
    row = connection.execute(_known()).one_or_none()
    return Place(row.place, row.spoken) if row else None


def settle_at(connection: Connection, place: Place, *, now: datetime, anew: bool = False) -> None:
    """From now on it lives here; where it lived somewhere already, only `anew`."""
    if anew:
        connection.execute(delete(Home))
    row = {"id": THE_ONE, "place": place.key, "spoken": place.spoken, "since": now}
    add_new(connection, Home, [row])


@cache
def _known() -> Select[tuple[str, str]]:
    return select(col(Home.place), col(Home.spoken))


def _machine(file: Path) -> str:
    """Its own number, which is never told to anybody; a container has one only if it was given.

    The name of a container changes with each start; the number of a file on its volume does not.
    """
    known = MACHINE_ID.read_text().strip() if MACHINE_ID.is_file() else ""
    if re.fullmatch("[0-9a-f]{32}", known):
        return hashlib.sha256(f"regulars {known}".encode()).hexdigest()[:16]
    if any(mark.exists() for mark in CONTAINER):
        return f"file {file.stat().st_ino}"
    return socket.gethostname()


def _on_server(engine: Engine) -> Place:
    """A dump that was loaded anew has another number, even under the old name."""
    with reading(engine) as connection:
        asked = "SELECT oid, datname FROM pg_database WHERE datname = current_database()"
        number, name = connection.execute(text(asked)).one()
        server = _server(connection)
    return Place(f"postgresql {server} {name} {number}", f"the database {name}")


def _server(connection: Connection) -> str:
    """The number that a server was made with; not every landlord lets it be seen."""
    try:
        with connection.begin_nested():
            asked = "SELECT system_identifier FROM pg_control_system()"
            return str(connection.scalar(text(asked)))
    except DBAPIError:
        return "a server"
