"""Opens the database, SQLite in a file or PostgreSQL, and its transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.pool import StaticPool

from settings.errors import DatabaseLostError, OwnerFileError, UnavailableError

HEAD = "0037"  # the newest migration; a test compares it with the migrations folder
LOCK_TIMEOUT = 30.0  # seconds
BACKENDS = {"sqlite", "postgresql"}
# Of the driver's errors, those that mean damage: https://www.sqlite.org/rescode.html,
# https://www.postgresql.org/docs/current/errcodes-appendix.html
SQLITE_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
POSTGRESQL_DAMAGE = {"XX001", "XX002"}
RESTORE_REMEDY = (
    "Restore the latest backup into an empty folder: regulars restore FILE --into FOLDER"
)


def open_database(address: str, *, base_folder: Path, lock_timeout: float = LOCK_TIMEOUT) -> Engine:
    """Returns the engine for the `address` of config.yaml; SQLite paths start at `base_folder`.

    `lock_timeout` is how many seconds SQLite waits for a lock of another process. Raises an error
    with a sentence for the owner where the address is not usable.
    """
    url = _parse_url(address, base_folder)
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, lock_timeout)
    return _postgresql(url)


def schema_revision(engine: Engine) -> str | None:
    """Returns the migration that the database is at; None where it is empty."""
    with read_transaction(engine) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        current_revision: str | None = connection.scalar(
            text("SELECT version_num FROM alembic_version")
        )
        return current_revision


@contextmanager
def write_transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes. SQLite's write lock is taken at once, not at the first write."""
    with translate_database_errors(), engine.begin() as connection:
        yield connection


@contextmanager
def schema_transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction in which a migration may rebuild a table that others refer to.

    SQLite cannot drop a column with a foreign key, and enforces foreign keys while a table is
    replaced. The steps are those of https://www.sqlite.org/lang_altertable.html#otheralter:

    1. Foreign keys are switched off; this has an effect only outside a transaction.
    2. The caller's statements run in one transaction.
    3. Every foreign key is checked before the commit; raises IntegrityError where one is broken.
    4. Foreign keys are switched on again.
    """
    with translate_database_errors(), engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            with connection.begin():
                yield connection
            return
        _enforce_foreign_keys(connection, "OFF")
        try:
            with connection.begin():
                yield connection
                _check_foreign_keys(connection)
        finally:
            _enforce_foreign_keys(connection, "ON")


def _enforce_foreign_keys(connection: Connection, switch: str) -> None:
    raw: Any = connection.connection.driver_connection
    raw.execute(f"PRAGMA foreign_keys={switch}")


def _check_foreign_keys(connection: Connection) -> None:
    pragma = "PRAGMA foreign_key_check"
    broken = connection.exec_driver_sql(pragma).first()
    if broken:
        raise IntegrityError(pragma, None, Exception(f"a row of {broken[0]} has lost its parent"))


@contextmanager
def read_transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads, and takes no write lock."""
    with (
        translate_database_errors(),
        engine.connect().execution_options(only_reads=True) as connection,
    ):
        yield connection


@contextmanager
def translate_database_errors() -> Iterator[None]:
    """Raises the database's errors as errors with a sentence for the owner."""
    try:
        yield
    except DatabaseError as error:
        if _is_damage(error.orig):
            raise damage_error(_first_line(error.orig)) from error
        if isinstance(error, OperationalError):
            raise unavailable_error(error.orig) from error
        raise


def unavailable_error(error: BaseException | None) -> UnavailableError:
    """Returns the owner's sentence for an `error` of the database's driver."""
    return UnavailableError(
        f"The database did not do its part: {_first_line(error)}. Nothing is lost; run it again."
    )


def damage_error(finding: str) -> DatabaseLostError:
    """Returns the owner's sentence for a damaged database, with the `finding` of the driver."""
    return DatabaseLostError(
        f"The database is damaged, or `database:` names another file: {finding}. "
        f"{RESTORE_REMEDY}. Keep the damaged file: it may hold what is newer than the backup."
    )


def _is_damage(error: BaseException | None) -> bool:
    primary_code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return primary_code in SQLITE_DAMAGE or getattr(error, "sqlstate", "") in POSTGRESQL_DAMAGE


def _first_line(error: BaseException | None) -> str:
    return str(error).strip().splitlines()[0] if error and str(error).strip() else "no answer"


def _parse_url(address: str, base_folder: Path) -> URL:
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise OwnerFileError(
            "database: is no address. Write sqlite:///regulars.db or postgresql+psycopg://…"
        ) from error
    if url.get_backend_name() not in BACKENDS:
        raise OwnerFileError(
            f"database: {url.get_backend_name()} is not known here. "
            "Write sqlite:///regulars.db or postgresql+psycopg://…"
        )
    if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
        return url.set(database=str(base_folder / str(url.database)))
    return url


def _sqlite(url: URL, lock_timeout: float) -> Engine:
    in_memory = url.database in (None, "", ":memory:")
    engine = create_engine(
        url,
        connect_args={"check_same_thread": False, "timeout": lock_timeout},
        hide_parameters=True,  # an error message must not contain a customer's address
        **({"poolclass": StaticPool} if in_memory else {}),
    )

    @event.listens_for(engine, "connect")
    def _connect(raw: sqlite3.Connection, _record: Any) -> None:
        raw.isolation_level = None  # SQLAlchemy emits BEGIN, not the driver
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        only_reads = connection.get_execution_options().get("only_reads")
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")

    return engine


def _postgresql(url: URL) -> Engine:
    try:
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise OwnerFileError(
            "database: PostgreSQL needs its driver. Run: pip install 'regulars[postgres]'"
        ) from error
