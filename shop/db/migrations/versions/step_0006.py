"""Until when a mail can be approved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("messages", sa.Column("approve_until", sa.BigInteger(), nullable=True))
