"""Finds in the plans of both databases what grows with the shop instead of with the work."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from sqlalchemy import Connection, Engine

# Tables that grow with the shop. The others have a row a source, a rule, a stop or a tick.
LARGE = frozenset({
    "customers", "identities", "contacts", "custom_fields", "orders", "order_lines", "carts",
    "cart_lines",
    "answers", "messages", "enrolments", "tasks", "metrics", "basis", "basis_statements",
    "points_entries", "points_lots", "points_balances", "mail_events", "suppressions", "sign_ups",
})  # fmt: skip
COMMANDS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
SCAN = re.compile(r"SCAN (\w+?)(?:_\d+)?(?: |$)")
# A subquery for each row, over the few records of one customer.
NEWEST_OF_A_CUSTOMER = re.compile(r"ORDER BY custom_fields_\d+\.version DESC[^)]*LIMIT", re.DOTALL)
# As if each table with rows had a million, however many pages the rows of earlier tests have left;
# the transaction is rolled back.
LARGE_TABLES = """UPDATE pg_class SET
  relpages = pg_relation_size(oid) / current_setting('block_size')::int,
  reltuples = CASE WHEN pg_relation_size(oid) > 0 THEN 1000000 ELSE -1 END
WHERE relkind = 'r' AND relname = ANY(%(tables)s)"""
# PostgreSQL reads a small table once instead of searching it for each row.
HASHED = re.compile(r"hashed (SubPlan \d+)")
# Plans as of a large shop: an index is used wherever one can be.
SETTINGS = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")


def find_scans(engine: Engine, statements: Mapping[str, Any]) -> list[str]:
    """Returns a line for each of the `statements`, with their parameters, that reads a large table
    from end to end, or sorts all of a queue to take a part of it.
    """
    explain = _sqlite_faults if engine.dialect.name == "sqlite" else _postgresql_faults
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            for setting in SETTINGS:
                connection.exec_driver_sql(f"SET LOCAL {setting} = off")
            connection.exec_driver_sql("ANALYZE")
            connection.exec_driver_sql(LARGE_TABLES, {"tables": list(LARGE)})
        faults = [
            f"{fault} in {' '.join(statement.split())}"
            for statement, parameters in statements.items()
            if statement.lstrip().upper().startswith(COMMANDS)
            for fault in explain(connection, statement, parameters)
        ]
        connection.rollback()
    return faults


def _sqlite_faults(connection: Connection, statement: str, parameters: Any) -> Iterator[str]:
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    takes_a_part = " LIMIT " in NEWEST_OF_A_CUSTOMER.sub("", statement)
    for row in rows.all():
        detail = str(row[3])
        scan = SCAN.match(detail)
        if scan and scan[1] in LARGE:
            yield detail
        if "TEMP B-TREE FOR ORDER BY" in detail and takes_a_part:
            yield detail


def _postgresql_faults(connection: Connection, statement: str, parameters: Any) -> Iterator[str]:
    plan = connection.exec_driver_sql(
        f"EXPLAIN (VERBOSE, FORMAT JSON) {statement}", parameters
    ).scalar_one()
    hashed = set(HASHED.findall(json.dumps(plan)))
    yield from _faults_of_node(plan[0]["Plan"], hashed, is_limited=False)


def _faults_of_node(
    node: Mapping[str, Any], hashed: AbstractSet[str], *, is_limited: bool, in_row: bool = False
) -> Iterator[str]:
    if node.get("Subplan Name") in hashed:
        return
    kind, table = node["Node Type"], node.get("Relation Name", "")
    is_complete = "Index Cond" not in node and not is_limited
    if table in LARGE and kind.endswith("Scan") and kind != "Bitmap Heap Scan" and is_complete:
        yield f"{kind} of {table}"
    if kind == "Sort" and is_limited and not in_row:
        yield "Sort for a limit"
    for inner in node.get("Plans", ()):
        is_own = inner.get("Parent Relationship") != "SubPlan"  # else it is run for a row
        below_limit = kind == "Limit" or (is_limited and kind == "LockRows")
        yield from _faults_of_node(
            inner, hashed, is_limited=below_limit, in_row=in_row or not is_own
        )
