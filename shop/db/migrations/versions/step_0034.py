"""All findings of the doctor are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.add_column("examinations", sa.Column("findings", sa.String(), nullable=True))
