"""Tags are compared without regard to capitals, on both databases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.identity.tags import tag_keys

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    column = sa.Column("tag_keys", sa.String(), nullable=False, server_default="")
    op.add_column("identities", column)
    connection = op.get_bind()
    identities = sa.table("identities", *map(sa.column, ("id", "tags", "tag_keys")))
    tagged = sa.select(identities.c.id, identities.c.tags).where(identities.c.tags.startswith('["'))
    is_row = identities.c.id == sa.bindparam("identity")
    statement = sa.update(identities).where(is_row).values(tag_keys=sa.bindparam("keys"))
    batches = connection.execute(tagged.execution_options(yield_per=2_000)).partitions()
    for rows in [list(batch) for batch in batches]:
        connection.execute(
            statement, [{"identity": row.id, "keys": tag_keys(row.tags)} for row in rows]
        )
