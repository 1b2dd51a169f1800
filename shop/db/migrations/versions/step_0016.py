"""Numbers of files lose the apostrophe with which spreadsheets mark a number as text."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"

# Table, column of the key, and the other columns that make it unique.
KEYS = (
    ("identities", "external_id", ("source",)),
    ("basis_statements", "external_id",
     ("source", "channel", "says", "said_at", "recorded_at")),
    ("orders", "external_id", ("source",)),
    ("orders", "customer_key", ()),
    ("order_lines", "order_key", ("source", "position")),
    ("order_coupons", "order_key", ("source", "position")),
    ("refunds", "order_key", ()),
    ("answers", "customer_key", ()),
    ("points_entries", "customer_key", ()),
    ("points_entries", "order_key", ()),
)  # fmt: skip
MARKED = "substr({0}, 1, 1) = '''' AND substr({0}, 2, 1) IN ('+', '=', {1})"
DIGITS = ", ".join(f"'{digit}'" for digit in range(10))

RENAME_ENTRIES = (
    "UPDATE points_entries"
    " SET external_id = replace(external_id, order_source || '/''', order_source || '/') WHERE "
)


def upgrade() -> None:
    """A file that is read again then finds its customers and orders under the same keys.

    A key that is there without the apostrophe too stays as it is.
    """
    op.execute(RENAME_ENTRIES + _marked("order_key"))
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


def _marked(column: str) -> str:
    return MARKED.format(column, DIGITS)
