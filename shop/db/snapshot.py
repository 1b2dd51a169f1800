"""Consistent copies of the database while it is in use: SQLite's file, or tables as JSON lines."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Engine,
    MetaData,
    Table,
    inspect,
    select,
    text,
    type_coerce,
)
from sqlmodel import SQLModel

import shop.tables  # noqa: F401  # fills the metadata
from settings.errors import UnavailableError
from shop.db.engine import HEAD, read_transaction
from shop.db.migrations import run_steps
from shop.types.moment import Moment

BATCH_SIZE = 1_000  # rows kept in memory


def copy_sqlite(engine: Engine, target_file: Path) -> None:
    """Copies the database to `target_file` as it is at one moment, without blocking writers."""
    with _translate_copy_errors(), closing(engine.raw_connection()) as pool_connection:
        os.close(os.open(target_file, os.O_CREAT | os.O_WRONLY, 0o600))
        source: Any = pool_connection.driver_connection
        with closing(sqlite3.connect(target_file)) as target:
            source.backup(target)


def backup_before_upgrade(engine: Engine, from_revision: str) -> Path | None:
    """Copies SQLite's file to a file beside it, named after `from_revision`; atomic.

    Returns the path of the copy; None for PostgreSQL and for a database in memory.
    """
    file = engine.url.database
    if engine.dialect.name != "sqlite" or not file or file == ":memory:":
        return None
    backup = Path(file).with_name(f"{Path(file).stem}-at-{from_revision}.db")
    unfinished = backup.with_name(f".{backup.name}.{os.getpid()}")
    try:
        copy_sqlite(engine, unfinished)
        # Another process may have upgraded meanwhile, and then made its own copy.
        if file_revision(unfinished) == from_revision:
            unfinished.replace(backup)
    finally:
        unfinished.unlink(missing_ok=True)
    return backup


def file_revision(file: Path) -> str | None:
    """Returns the migration that a SQLite `file` is at; None where it is no database of a shop."""
    with closing(sqlite3.connect(file)) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.DatabaseError:
            return None
    return str(row[0]) if row else None


def dump_tables(engine: Engine, folder: Path) -> list[Path]:
    """Writes every table as it is at one moment, except derived ones, and returns the files.

    A file has a line with the columns, then one per row, as JSON arrays.
    """
    snapshot_engine = engine
    if engine.dialect.name == "postgresql":
        snapshot_engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with read_transaction(snapshot_engine) as connection:
        return [
            _dump_table(connection, table, folder)
            for table in SQLModel.metadata.sorted_tables
            if not table.info.get("is_derived")
        ]


def _dump_table(connection: Connection, table: Table, folder: Path) -> Path:
    file = folder / f"{table.name}.jsonl"
    columns = [
        type_coerce(column, BigInteger).label(column.name)
        if isinstance(column.type, Moment)
        else column
        for column in table.columns
    ]
    rows = connection.execution_options(yield_per=BATCH_SIZE).execute(select(*columns))
    file.touch(mode=0o600, exist_ok=False)
    with file.open("w", encoding="utf-8") as output:
        for row in chain([rows.keys()], rows):
            output.write(json.dumps(list(row), ensure_ascii=False) + "\n")
    return file


def load_tables(connection: Connection, files: Iterable[tuple[str, Path]], revision: str) -> None:
    """Loads `files` of `dump_tables` into an empty database, in the transaction of `connection`.

    1. The migrations run up to `revision`, that of the dump.
    2. The rows are inserted, parents first.
    3. PostgreSQL's sequences are advanced.
    4. The later migrations run.
    """
    by_name = dict(files)
    run_steps(connection, revision)
    metadata = MetaData()
    metadata.reflect(connection)
    for name in [table.name for table in SQLModel.metadata.sorted_tables if table.name in by_name]:
        with by_name[name].open(encoding="utf-8") as lines:
            _load_table(connection, metadata.tables[name], lines)
    if connection.dialect.name == "postgresql":
        _advance_sequences(connection, metadata)
    if revision != HEAD:
        run_steps(connection)


def _load_table(connection: Connection, table: Table, lines: IO[str]) -> None:
    columns = [str(name) for name in json.loads(next(lines))]
    rows = (dict(zip(columns, json.loads(line), strict=True)) for line in lines)
    insert = table.insert()
    while batch := list(islice(rows, BATCH_SIZE)):
        connection.execute(insert, batch)


def _advance_sequences(connection: Connection, metadata: MetaData) -> None:
    """New ids are higher than all stored ones, and than those of customers who were merged."""
    for name in [table.name for table in metadata.tables.values() if "id" in table.columns]:
        sequence_query = text("SELECT pg_get_serial_sequence(:name, 'id')")
        if sequence := connection.scalar(sequence_query, {"name": name}):
            merged_ids = ", (SELECT max(gone) FROM merges)" if name == "customers" else ""
            highest = f"greatest((SELECT max(id) FROM {name}){merged_ids})"  # noqa: S608  # a table of ours
            advance = f"SELECT setval(:sequence, {highest}) WHERE {highest} IS NOT NULL"
            connection.execute(text(advance), {"sequence": sequence})


def is_empty_database(connection: Connection) -> bool:
    """Whether none of the shop's tables exists."""
    shop_tables = {*SQLModel.metadata.tables, "alembic_version"}
    return not shop_tables & set(inspect(connection).get_table_names())


@contextmanager
def _translate_copy_errors() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        detail = getattr(error, "strerror", None) or error
        sentence = f"The database could not be copied: {detail}. Nothing was changed."
        raise UnavailableError(sentence) from error
