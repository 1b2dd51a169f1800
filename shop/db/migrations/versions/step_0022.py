"""The queue of a rule is read in order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
PENDING = "state IN ('queued', 'deferred')"


def upgrade() -> None:
    op.create_index(
        "messages_pending", "messages", ["rule", "due_at", "created_at", "id"],
        sqlite_where=sa.text(PENDING), postgresql_where=sa.text(PENDING),
    )  # fmt: skip
