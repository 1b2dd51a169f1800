"""Visits are customer-days: tables of days, the zone of each tick, indexes for a day's figures.

The first tick after it finds no zone in the earlier ticks, and computes all visits and days.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.add_column("ticks", sa.Column("timezone", sa.String(), nullable=True))
    op.create_table(
        "visit_days",
        sa.Column("customer_id", sa.Integer(), sa.ForeignKey("customers.id"), primary_key=True),
        sa.Column("day", sa.Integer(), primary_key=True),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("first_order_at", sa.BigInteger(), nullable=False),
        sa.Column("last_order_at", sa.BigInteger(), nullable=True),
        sqlite_with_rowid=False,
    )
    op.create_index("visit_days_by_day", "visit_days", ["day"])
    op.create_table(
        "shop_days",
        sa.Column("day", sa.Integer(), primary_key=True, autoincrement=False),
        *_counts(),
    )
    op.create_table(
        "shop_day_changes",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("day", sa.Integer(), nullable=False),
        *_counts(),
    )
    op.create_table(
        "reach_days",
        sa.Column("day", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("counted_at", sa.BigInteger(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("reachable", sa.Integer(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
    )
    op.create_index("messages_by_time", "messages", ["settled_at", "state", "rule"])
    op.drop_index("ix_metrics_expected_back_at", "metrics")
    op.create_index("metrics_overdue", "metrics", ["expected_back_at", "visits"])


def _counts() -> list[sa.Column[int]]:
    return [
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("visits", "first_visits", "orders")
        ),
        sa.Column("spent", sa.BigInteger(), nullable=False),
    ]
