"""A stream keeps which version of its reader read it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("sync_states", sa.Column("reader", sa.Integer(), nullable=True))
