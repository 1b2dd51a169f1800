"""A cart keeps when it was created, an order whether it is still to be paid."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """An older cart was created when it was last touched, as far as is known."""
    op.add_column("carts", sa.Column("created_at", sa.BigInteger(), nullable=True))
    op.execute("UPDATE carts SET created_at = left_at")
    op.add_column(
        "orders",
        sa.Column("awaits_payment", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
