"""Orders that are dated ahead count from their day on, and birthdays that stand for none go."""

from __future__ import annotations

import time

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

DAY = 24 * 3_600_000_000  # microseconds
MARK_CUSTOMERS = """
INSERT INTO dirty (customer_id) SELECT DISTINCT customer_id FROM orders
WHERE customer_id IS NOT NULL AND counts = true AND placed_at > :latest
"""
HOLD_ORDERS = """
UPDATE orders SET counts = false, counts_from = placed_at
WHERE counts = true AND placed_at > :latest
"""
# An empty birthday replaces what the source still says.
CLEAR_BIRTHDAYS = """
UPDATE identities SET birthday = '' WHERE birthday IN ('1900-01-01', '1970-01-01')
"""
TAKE_OTHER_BIRTHDAYS = """
UPDATE customers SET birthday = (
    SELECT identities.birthday FROM identities
    WHERE identities.customer_id = customers.id AND identities.birthday <> ''
    ORDER BY version DESC LIMIT 1
)
WHERE birthday IN ('1900-01-01', '1970-01-01')
"""


def upgrade() -> None:
    """An order is ahead by the clock of the shop's runs, as in steps before this one.

    The next tick computes what the orders of its customer come to, and lets those count whose day
    has come.
    """
    connection = op.get_bind()
    op.add_column("orders", sa.Column("counts_from", sa.BigInteger(), nullable=True))
    is_held = sa.text("counts_from IS NOT NULL")
    op.create_index(
        "orders_ahead", "orders", ["counts_from"], sqlite_where=is_held, postgresql_where=is_held
    )
    last_run = connection.scalar(sa.text("SELECT max(at) FROM ticks"))
    latest = {"latest": (last_run or time.time_ns() // 1_000) + DAY}
    for statement in (MARK_CUSTOMERS, HOLD_ORDERS):
        connection.execute(sa.text(statement), latest)
    for statement in (CLEAR_BIRTHDAYS, TAKE_OTHER_BIRTHDAYS):
        connection.execute(sa.text(statement))
