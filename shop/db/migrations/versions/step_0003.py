"""Time zones of customers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("identities", sa.Column("timezone", sa.String(), nullable=True))
    known = sa.text("timezone IS NOT NULL")
    op.create_index(
        "customers_by_zone",
        "customers",
        ["timezone"],
        sqlite_where=known,
        postgresql_where=known,
    )
