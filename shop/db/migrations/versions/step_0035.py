"""Counters of rules, and the index by which the last mails of a rule are found.

Their triggers are created after the last migration, which counts all rows.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    op.create_table(
        "rule_counts",
        sa.Column("quarter", sa.BigInteger(), primary_key=True),
        *(
            sa.Column(name, sa.String(), primary_key=True)
            for name in ("kind", "rule", "step", "state", "reason")
        ),
        sa.Column("change", sa.BigInteger(), primary_key=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    is_settled = sa.text("settled_at IS NOT NULL")
    op.create_index(
        "messages_settled",
        "messages",
        ["rule", "settled_at"],
        sqlite_where=is_settled,
        postgresql_where=is_settled,
    )
