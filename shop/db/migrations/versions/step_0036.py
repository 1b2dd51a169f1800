"""What the owner decided about waiting mails is kept, and so are the links that ask for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.create_table(
        "approval_decisions",
        sa.Column("message_id", sa.String(), primary_key=True),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "approval_links",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("needs_passcode", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
    )
    op.create_index("ix_approval_links_expires_at", "approval_links", ["expires_at"])
    op.create_table(
        "approval_link_messages",
        sa.Column("link_id", sa.String(), primary_key=True),
        sa.Column("message_id", sa.String(), primary_key=True),
    )
