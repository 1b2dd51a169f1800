"""Where a database is, so that a copy of it can be recognised.

SQLite: the machine and the path of the file. PostgreSQL: the database itself, whichever machine
connects; several machines on one database are one shop.
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

from shop.db.engine import read_transaction
from shop.db.upsert import insert_missing
from shop.tables import DatabaseLocation

SINGLE_ROW_ID = 1
MACHINE_ID = Path("/etc/machine-id")
CONTAINER_FILES = (Path("/.dockerenv"), Path("/run/.containerenv"))


@dataclass(frozen=True)
class Location:
    """A key that identifies the place, and a description of it for sentences."""

    key: str
    description: str  # to be used in a sentence


def location_of(engine: Engine) -> Location | None:
    """Returns where the database of `engine` is; None for one in memory, which cannot be copied."""
    if engine.dialect.name == "postgresql":
        return _postgresql_location(engine)
    file = engine.url.database
    if not file or file == ":memory:":
        return None
    path = Path(file).resolve()
    return Location(f"{_machine_key(path)} {path}", str(path))


def stored_location(connection: Connection) -> Location | None:
    """Returns where the database was when it was last known to be the shop's own."""
    row = connection.execute(_location_query()).one_or_none()
    return Location(row.place, row.spoken) if row else None


def store_location(
    connection: Connection, location: Location, *, now: datetime, overwrite: bool = False
) -> None:
    """Stores `location` as the shop's own; an existing one is replaced only with `overwrite`."""
    if overwrite:
        connection.execute(delete(DatabaseLocation))
    row = {"id": SINGLE_ROW_ID, "place": location.key, "spoken": location.description, "since": now}
    insert_missing(connection, DatabaseLocation, [row])


@cache
def _location_query() -> Select[tuple[str, str]]:
    return select(col(DatabaseLocation.place), col(DatabaseLocation.spoken))


def _machine_key(file: Path) -> str:
    """A hash of the machine id; in a container without one, the inode of `file`.

    The host name of a container changes with every start, the inode of a file on a volume does not.
    """
    machine_id = MACHINE_ID.read_text().strip() if MACHINE_ID.is_file() else ""
    if re.fullmatch("[0-9a-f]{32}", machine_id):
        return hashlib.sha256(f"regulars {machine_id}".encode()).hexdigest()[:16]
    if any(marker.exists() for marker in CONTAINER_FILES):
        return f"file {file.stat().st_ino}"
    return socket.gethostname()


def _postgresql_location(engine: Engine) -> Location:
    """By oid: a dump that was restored has another one, even under the same name."""
    with read_transaction(engine) as connection:
        query = "SELECT oid, datname FROM pg_database WHERE datname = current_database()"
        number, name = connection.execute(text(query)).one()
        server = _server_identifier(connection)
    return Location(f"postgresql {server} {name} {number}", f"the database {name}")


def _server_identifier(connection: Connection) -> str:
    """The identifier of the cluster; some hosters do not allow reading it."""
    try:
        with connection.begin_nested():
            query = "SELECT system_identifier FROM pg_control_system()"
            return str(connection.scalar(text(query)))
    except DBAPIError:
        return "a server"
