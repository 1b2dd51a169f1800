"""Lines of orders have a category."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.add_column("order_lines", sa.Column("category", sa.String(), nullable=True))
