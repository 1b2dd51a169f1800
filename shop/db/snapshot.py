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
from settings.errors import OutOfReach
from shop.db.engine import HEAD, reading
from shop.db.migrations import run_steps
from shop.types.moment import Moment

MANY = 1_000  # rows in memory


def copy_sqlite(engine: Engine, to: Path) -> None:
    """As it stands at one moment; writers are not kept waiting, and what they add is not in it."""
    with _said(), closing(engine.raw_connection()) as raw:
        os.close(os.open(to, os.O_CREAT | os.O_WRONLY, 0o600))
        source: Any = raw.driver_connection
        with closing(sqlite3.connect(to)) as target:
            source.backup(target)


def keep_before_upgrade(engine: Engine, found: str) -> Path | None:
    """Beside the file, named after the step it stands at; whole or not at all."""
    file = engine.url.database
    if engine.dialect.name != "sqlite" or not file or file == ":memory:":
        return None
    kept = Path(file).with_name(f"{Path(file).stem}-at-{found}.db")
    fresh = kept.with_name(f".{kept.name}.{os.getpid()}")
    try:
        copy_sqlite(engine, fresh)
        # Another process may have brought it up to date just now: then it keeps the copy too.
        if revision_of(fresh) == found:
            fresh.replace(kept)
    finally:
        fresh.unlink(missing_ok=True)
    return kept


def revision_of(file: Path) -> str | None:
    """The step at which a file stands, read without SQLAlchemy; None where it is no shop's."""
    with closing(sqlite3.connect(file)) as opened:
        try:
            row = opened.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.DatabaseError:
            return None
    return str(row[0]) if row else None


def dump(engine: Engine, folder: Path) -> list[Path]:
    """Every table as it stands at one moment, a file each: the columns, then a row a line."""
    one_moment = engine
    if engine.dialect.name == "postgresql":
        one_moment = engine.execution_options(isolation_level="REPEATABLE READ")
    with reading(one_moment) as connection:
        return [_dump(connection, table, folder) for table in SQLModel.metadata.sorted_tables]


def _dump(connection: Connection, table: Table, folder: Path) -> Path:
    file = folder / f"{table.name}.jsonl"
    columns = [
        type_coerce(one, BigInteger).label(one.name) if isinstance(one.type, Moment) else one
        for one in table.columns
    ]
    found = connection.execution_options(yield_per=MANY).execute(select(*columns))
    file.touch(mode=0o600, exist_ok=False)
    with file.open("w", encoding="utf-8") as out:
        for row in chain([found.keys()], found):
            out.write(json.dumps(list(row), ensure_ascii=False) + "\n")
    return file


def load(connection: Connection, files: Iterable[tuple[str, Path]], revision: str) -> None:
    """Into an empty database, in one transaction: the tables of then, their rows, today's steps."""
    by_name = dict(files)
    run_steps(connection, revision)
    known = MetaData()
    known.reflect(connection)
    for name in [table.name for table in SQLModel.metadata.sorted_tables if table.name in by_name]:
        with by_name[name].open(encoding="utf-8") as lines:
            _load(connection, known.tables[name], lines)
    if connection.dialect.name == "postgresql":
        _count_on(connection, known)
    if revision != HEAD:
        run_steps(connection)


def _load(connection: Connection, table: Table, lines: IO[str]) -> None:
    columns = [str(name) for name in json.loads(next(lines))]
    rows = (dict(zip(columns, json.loads(line), strict=True)) for line in lines)
    insert = table.insert()
    while batch := list(islice(rows, MANY)):
        connection.execute(insert, batch)


def _count_on(connection: Connection, known: MetaData) -> None:
    """New rows get new numbers, and nobody the number of one who was merged into another."""
    for name in [one.name for one in known.tables.values() if "id" in one.columns]:
        counter = text("SELECT pg_get_serial_sequence(:name, 'id')")
        if sequence := connection.scalar(counter, {"name": name}):
            gone = ", (SELECT max(gone) FROM merges)" if name == "customers" else ""
            last = f"greatest((SELECT max(id) FROM {name}){gone})"  # noqa: S608  # a table of ours
            count_on = f"SELECT setval(:sequence, {last}) WHERE {last} IS NOT NULL"
            connection.execute(text(count_on), {"sequence": sequence})


def is_empty(connection: Connection) -> bool:
    """Whether nothing of a shop is in it."""
    ours = {*SQLModel.metadata.tables, "alembic_version"}
    return not ours & set(inspect(connection).get_table_names())


@contextmanager
def _said() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        why = getattr(error, "strerror", None) or error
        told = f"The database could not be copied: {why}. Nothing was changed."
        raise OutOfReach(told) from error
