"""Fencing tokens: a number that grows whenever a mail is leased or taken over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    for table in ("messages", "sign_ups"):
        op.add_column(table, sa.Column("fence", sa.Integer(), server_default="0", nullable=False))
