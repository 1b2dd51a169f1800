"""An enrolment names the row it is about by its kind and id."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Runs in `shop.db.engine.schema_transaction`: on SQLite it rebuilds the table.

    1. The new columns are added.
    2. They take over what `cart_id` and `answer_id` say; an enrolment never had both.
    3. The old columns go, with their foreign keys.
    """
    op.add_column("enrolments", sa.Column("subject_kind", sa.String(), nullable=True))
    op.add_column("enrolments", sa.Column("subject_id", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE enrolments SET subject_kind = 'cart', subject_id = cart_id "
        "WHERE cart_id IS NOT NULL"
    )
    op.execute(
        "UPDATE enrolments SET subject_kind = 'answer', subject_id = answer_id "
        "WHERE answer_id IS NOT NULL AND cart_id IS NULL"
    )
    # Only this table is reflected: SQLAlchemy warns of an index of customers, which stays.
    with op.batch_alter_table("enrolments", reflect_kwargs={"resolve_fks": False}) as table:
        table.drop_column("cart_id")
        table.drop_column("answer_id")
