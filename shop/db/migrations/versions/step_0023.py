"""Each import of addresses that get nothing keeps its list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "imported_suppressions",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["suppression_imports.id"]),
        sa.PrimaryKeyConstraint("import_id", "address"),
    )
    op.create_index("imported_suppressions_of_address", "imported_suppressions", ["address"])
    op.execute(
        "INSERT INTO imported_suppressions (import_id, address, reason) "
        "SELECT import_id, address, reason FROM suppressions WHERE import_id IN "
        "(SELECT id FROM suppression_imports)"
    )
