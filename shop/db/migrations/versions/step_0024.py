"""A bounce keeps its reason."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("mail_events", sa.Column("reason", sa.String(), nullable=True))
