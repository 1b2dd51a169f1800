"""Mail has a language: a shop that has customers already keeps English until it writes another.

A sign-up remembers the language of its page, for the mail that confirms it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.add_column("sign_ups", sa.Column("language", sa.String(), nullable=True))
    op.create_table("earlier_language", sa.Column("code", sa.String(), primary_key=True))
    op.execute(
        "INSERT INTO earlier_language (code) SELECT 'en' WHERE EXISTS (SELECT 1 FROM customers)"
    )
