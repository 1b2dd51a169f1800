"""Creates the triggers of the counters, takes them out of a copy, and adds up their changes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection

from shop.rule_counts.triggers import (
    ADD,
    COLUMNS,
    count_statements,
    create_statements,
    trigger_names,
)

SQLITE_TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
POSTGRESQL_TRIGGERS = (
    "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
    "WHERE NOT tgisinternal AND pg_table_is_visible(pg_class.oid)"
)
FOLD = f"""
    WITH changes AS (DELETE FROM rule_counts WHERE change <> 0 RETURNING *)
    INSERT INTO rule_counts ({COLUMNS})
    SELECT quarter, kind, rule, step, state, reason, sum(number), 0 FROM changes
    GROUP BY quarter, kind, rule, step, state, reason
    {ADD}
"""  # noqa: S608  # constants
REMOVE_ZEROS = "DELETE FROM rule_counts WHERE number = 0"


def install_counters(connection: Connection) -> None:
    """Creates the triggers and counts all rows, unless the database has the triggers already.

    Called after migrations: SQLite drops the triggers of a table that a migration rebuilds.
    """
    dialect = connection.dialect.name
    query = SQLITE_TRIGGERS if dialect == "sqlite" else POSTGRESQL_TRIGGERS
    existing = set(connection.exec_driver_sql(query).scalars())
    if existing.issuperset(trigger_names()):
        return
    for name in existing.intersection(trigger_names()):
        _drop(connection, name)
    for statement in create_statements(dialect):
        connection.exec_driver_sql(statement)
    recount(connection)


def recount(connection: Connection) -> None:
    """Counts all rows; reads every enrolment, mail and task."""
    connection.exec_driver_sql("DELETE FROM rule_counts")
    for statement in count_statements(connection.dialect.name):
        connection.exec_driver_sql(statement)


def fold_counters(connection: Connection) -> None:
    """Adds up the changes that PostgreSQL has appended. One process at a time: with a tick."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(FOLD)
        connection.exec_driver_sql(REMOVE_ZEROS)


def remove_triggers(file: Path) -> None:
    """Takes the triggers out of a copy of SQLite's database: a backup holds nothing that runs."""
    with closing(sqlite3.connect(file)) as connection:
        for name in trigger_names():
            connection.execute(f"DROP TRIGGER IF EXISTS {name}")
        connection.commit()


def _drop(connection: Connection, name: str) -> None:
    on_table = ""
    if connection.dialect.name == "postgresql":
        on_table = f" ON {name.rpartition('ed_')[2]}"
    connection.exec_driver_sql(f"DROP TRIGGER {name}{on_table}")
