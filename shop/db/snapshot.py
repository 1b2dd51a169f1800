"""A copy of the whole database while it is in use: SQLite's file, or rows as lines of JSON."""

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

BATCH_SIZE = 1_000  # rows in memory


def copy_sqlite(engine: Engine, target_file: Path) -> None:
    """As it stands at one moment; writers are not kept waiting, and what they add is not in it."""
    with _translate_copy_errors(), closing(engine.raw_connection()) as pool_connection:
        os.close(os.open(target_file, os.O_CREAT | os.O_WRONLY, 0o600))
        source: Any = pool_connection.driver_connection
        with closing(sqlite3.connect(target_file)) as target:
            source.backup(target)


def backup_before_upgrade(engine: Engine, from_revision: str) -> Path | None:
    """Beside the file, named after the step it stands at; whole or not at all."""
    file = engine.url.database
    if engine.dialect.name != "sqlite" or not file or file == ":memory:":
        return None
    backup = Path(file).with_name(f"{Path(file).stem}-at-{from_revision}.db")
    unfinished = backup.with_name(f".{backup.name}.{os.getpid()}")
    try:
        copy_sqlite(engine, unfinished)
        # Another process may have brought it up to date just now: then it keeps the copy too.
        if file_revision(unfinished) == from_revision:
            unfinished.replace(backup)
    finally:
        unfinished.unlink(missing_ok=True)
    return backup


def file_revision(file: Path) -> str | None:
    """The step at which a file stands, read without SQLAlchemy; None where it is no shop's."""
    with closing(sqlite3.connect(file)) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.DatabaseError:
            return None
    return str(row[0]) if row else None


def dump_tables(engine: Engine, folder: Path) -> list[Path]:
    """Every table as it stands at one moment, a file each: the columns, then a row a line."""
    snapshot_engine = engine
    if engine.dialect.name == "postgresql":
        snapshot_engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with read_transaction(snapshot_engine) as connection:
        return [_dump_table(connection, table, folder) for table in SQLModel.metadata.sorted_tables]


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
    """Into an empty database, in one transaction: the tables of then, their rows, today's steps."""
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
    """New rows get new numbers, and nobody the number of one who was merged into another."""
    for name in [table.name for table in metadata.tables.values() if "id" in table.columns]:
        sequence_query = text("SELECT pg_get_serial_sequence(:name, 'id')")
        if sequence := connection.scalar(sequence_query, {"name": name}):
            merged_ids = ", (SELECT max(gone) FROM merges)" if name == "customers" else ""
            highest = f"greatest((SELECT max(id) FROM {name}){merged_ids})"  # noqa: S608  # a table of ours
            advance = f"SELECT setval(:sequence, {highest}) WHERE {highest} IS NOT NULL"
            connection.execute(text(advance), {"sequence": sequence})


def is_empty_database(connection: Connection) -> bool:
    """Whether nothing of a shop is in it."""
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
