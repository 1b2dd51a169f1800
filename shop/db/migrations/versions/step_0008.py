"""The currency of a tick, and an index on the date of consent statements."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("ticks", sa.Column("currency", sa.String(), nullable=True))
    op.create_index("statements_by_date", "basis_statements", ["said_at"])
