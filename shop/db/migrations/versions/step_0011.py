"""How far streams are read by the platform's own times, and which records a source lacks now."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("sync_states", sa.Column("newest_at", sa.BigInteger(), nullable=True))
    op.add_column("sync_states", sa.Column("removed_at", sa.BigInteger(), nullable=True))
    op.add_column("identities", sa.Column("absent_since", sa.BigInteger(), nullable=True))
    op.add_column("identities", sa.Column("absence", sa.String(), nullable=True))
    absent = sa.text("absence IS NOT NULL")
    op.create_index(
        "identities_absent",
        "identities",
        ["source"],
        sqlite_where=absent,
        postgresql_where=absent,
    )
    op.create_table(
        "listed_records",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("source", "external_id"),
    )
