"""The triggers that keep the counters: statements of SQLite and of PostgreSQL.

SQLite has one writer and changes the counters at once. PostgreSQL appends what has changed, so that
deliveries side by side never wait for a counter; `fold` adds it up.
"""

from __future__ import annotations

from collections.abc import Iterator

from shop.rule_counts.classes import COUNTED_TABLES, CountedTable

COLUMNS = "quarter, kind, rule, step, state, reason, number, change"
KEY = "quarter, kind, rule, step, state, reason, change"
ADD = f"ON CONFLICT ({KEY}) DO UPDATE SET number = rule_counts.number + excluded.number"
SEQUENCE = "rule_counts_changes"
PREFIX = "rule_counts_of_"  # of the names of triggers and functions


def create_statements(dialect: str) -> list[str]:
    """Returns the statements that create all triggers in a database that has none of them."""
    statements = _sqlite if dialect == "sqlite" else _postgresql
    created = [] if dialect == "sqlite" else [f"CREATE SEQUENCE IF NOT EXISTS {SEQUENCE}"]
    for table in COUNTED_TABLES:
        created += [finish(statement, dialect) for statement in statements(table)]
    return created


def trigger_names() -> list[str]:
    """Returns the names of all triggers."""
    return [
        f"{PREFIX}{event}_{table.name}"
        for table in COUNTED_TABLES
        for event in ("inserted", "updated", "deleted")
    ]


def count_statements(dialect: str) -> list[str]:
    """Returns the statements that count all rows, into a table without counters."""
    return [
        finish(
            f"INSERT INTO rule_counts ({COLUMNS}) "  # noqa: S608  # constants of this package
            f"SELECT {key}, count(*), 0 FROM {table.name} WHERE {condition} "
            "GROUP BY 1, 2, 3, 4, 5, 6",
            dialect,
        )
        for table in COUNTED_TABLES
        for key, condition in _counted(table, table.name)
    ]


def finish(statement: str, dialect: str) -> str:
    """Returns `statement` with what the databases name differently."""
    return statement.replace("{position}", "instr" if dialect == "sqlite" else "strpos")


def _counted(table: CountedTable, row: str) -> Iterator[tuple[str, str]]:
    """Yields the classes in which a row is counted, each with its condition."""
    yield table.class_of(row), "true"
    quarter = table.quarter_of(row)
    if quarter != "NULL":
        yield table.class_of(row, quarter=quarter), f"({quarter}) IS NOT NULL"


def _has_changed(table: CountedTable, distinct: str) -> str:
    """Whether the row of an UPDATE is of another class than before.

    The columns first: most updates change none of them.
    """
    return " OR ".join(f"OLD.{column} {distinct} NEW.{column}" for column in table.columns)


def _sqlite(table: CountedTable) -> Iterator[str]:
    new = " ".join(_sqlite_add(table, "NEW", 1))
    old = " ".join(_sqlite_add(table, "OLD", -1))
    name = table.name
    columns = ", ".join(table.columns)
    condition = _has_changed(table, "IS NOT")
    yield f"CREATE TRIGGER {PREFIX}inserted_{name} AFTER INSERT ON {name} BEGIN {new} END"
    yield (
        f"CREATE TRIGGER {PREFIX}updated_{name} AFTER UPDATE OF {columns} ON {name} "
        f"WHEN {condition} BEGIN {old} {new} END"
    )
    yield f"CREATE TRIGGER {PREFIX}deleted_{name} AFTER DELETE ON {name} BEGIN {old} END"


def _sqlite_add(table: CountedTable, row: str, number: int) -> Iterator[str]:
    for key, condition in _counted(table, row):
        row_of_class = f"SELECT {key}, {number}, 0 WHERE {condition}"
        yield f"INSERT INTO rule_counts ({COLUMNS}) {row_of_class} {ADD};"


def _postgresql(table: CountedTable) -> Iterator[str]:
    """INSERT and DELETE are counted a statement at a time; UPDATE, whose statements are many and
    mostly change no class, a row at a time.
    """
    name = table.name
    for event, command, alias, number in (
        ("inserted", "INSERT", "new", "count(*)"),
        ("deleted", "DELETE", "old", "-count(*)"),
    ):
        body = " ".join(
            f"INSERT INTO rule_counts ({COLUMNS}) "  # noqa: S608  # constants of this package
            f"SELECT counted.*, nextval('{SEQUENCE}') FROM ("
            f"SELECT {key}, {number} FROM rows_{alias} WHERE {condition} "
            "GROUP BY 1, 2, 3, 4, 5, 6) AS counted;"
            for key, condition in _counted(table, f"rows_{alias}")
        )
        yield _function(f"{PREFIX}{event}_{name}", body)
        yield (
            f"CREATE TRIGGER {PREFIX}{event}_{name} AFTER {command} ON {name} "
            f"REFERENCING {alias.upper()} TABLE AS rows_{alias} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {PREFIX}{event}_{name}()"
        )
    values = " UNION ALL ".join(
        f"SELECT {key}, {number}, nextval('{SEQUENCE}') WHERE {condition}"
        for row, number in (("OLD", -1), ("NEW", 1))
        for key, condition in _counted(table, row)
    )
    yield _function(f"{PREFIX}updated_{name}", f"INSERT INTO rule_counts ({COLUMNS}) {values};")
    yield (
        f"CREATE TRIGGER {PREFIX}updated_{name} AFTER UPDATE ON {name} FOR EACH ROW "
        f"WHEN ({_has_changed(table, 'IS DISTINCT FROM')}) "
        f"EXECUTE FUNCTION {PREFIX}updated_{name}()"
    )


def _function(name: str, body: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {body} RETURN NULL; END $$"
    )
