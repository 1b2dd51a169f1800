"""Numbers of files lose the apostrophe with which spreadsheets mark a number as text."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"

# What hangs on an order: table, column of its key, and the column of its source.
OF_ORDERS = (
    ("order_lines", "order_key", "source"),
    ("order_coupons", "order_key", "source"),
    ("refunds", "order_key", "source"),
    ("points_entries", "order_key", "order_source"),
)
# Table, column of the key, and the other columns that make it unique.
KEYS = (
    ("identities", "external_id", ("source",)),
    ("basis_statements", "external_id",
     ("source", "channel", "says", "said_at", "recorded_at")),
    ("orders", "external_id", ("source",)),
    ("orders", "customer_key", ()),
    ("answers", "customer_key", ()),
    ("points_entries", "customer_key", ()),
)  # fmt: skip
MARKED = "substr({0}, 1, 1) = '''' AND substr({0}, 2, 1) IN ('+', '=', {1})"
DIGITS = ", ".join(f"'{digit}'" for digit in range(10))

RENAME_ENTRIES = (
    "UPDATE points_entries"
    " SET external_id = replace(external_id, order_source || '/''', order_source || '/') WHERE "
)


def upgrade() -> None:
    """A file that is read again then finds its customers and orders under the same keys.

    A key that is there without the apostrophe too stays as it is, with all that hangs on it.
    """
    op.execute(RENAME_ENTRIES + _marked("order_key") + _no_order("points_entries", "order_source"))
    for table, column, source in OF_ORDERS:
        op.execute(
            f"UPDATE {table} SET {column} = substr({column}, 2)"  # noqa: S608 - constants
            f" WHERE {_marked(column)}{_no_order(table, source)}"
        )
    for table, column, unique in KEYS:
        without_mark = f"substr({table}.{column}, 2)"
        same = " AND ".join(f"other.{name} = {table}.{name}" for name in unique)
        free = (
            f" AND NOT EXISTS (SELECT 1 FROM {table} other"  # noqa: S608 - constants
            f" WHERE other.{column} = {without_mark} AND {same})"
            if unique
            else ""
        )
        op.execute(
            f"UPDATE {table} SET {column} = substr({column}, 2)"  # noqa: S608 - constants
            f" WHERE {_marked(column)}{free}"
        )


def _no_order(table: str, source: str) -> str:
    return (
        " AND NOT EXISTS (SELECT 1 FROM orders"  # noqa: S608 - constants
        f" WHERE orders.source = {table}.{source}"
        f" AND orders.external_id = substr({table}.order_key, 2))"
    )


def _marked(column: str) -> str:
    return MARKED.format(column, DIGITS)
