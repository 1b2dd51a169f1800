"""Service mails may go together as one mail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
PARTS = "digest_id IS NOT NULL"


def upgrade() -> None:
    op.add_column("messages", sa.Column("digest_id", sa.String(), nullable=True))
    op.create_index(
        "messages_in_digest", "messages", ["digest_id"],
        sqlite_where=sa.text(PARTS), postgresql_where=sa.text(PARTS),
    )  # fmt: skip
