"""In which currency a tick added up, and what was said by its date."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("ticks", sa.Column("currency", sa.String(), nullable=True))
    op.create_index("statements_by_date", "basis_statements", ["said_at"])
