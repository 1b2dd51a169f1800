"""The queue of a rule is found by an index that no other index can take the place of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
PENDING = "coalesce(state, '') IN ('queued', 'deferred')"


def upgrade() -> None:
    op.drop_index("messages_pending", "messages")
    op.create_index(
        "messages_pending", "messages", ["rule", "due_at", "created_at", "id"],
        sqlite_where=sa.text(PENDING), postgresql_where=sa.text(PENDING),
    )  # fmt: skip
