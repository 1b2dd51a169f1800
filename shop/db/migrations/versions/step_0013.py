"""The series of a rule, and steps that are identified by what they do."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Tasks get the key of their step; the steps of enrolments follow with the next tick.

    The key of a task is made of its words: `task Call them`, and `task Call them #2` for the second
    of the same words. What an enrolment's step does is in config.yaml, which no migration reads.
    """
    op.add_column("rule_states", sa.Column("series", sa.String(), nullable=True))
    op.add_column("enrolments", sa.Column("next_step", sa.String(), nullable=True))
    op.execute(
        "UPDATE tasks SET step = 'task ' || words || CASE WHEN earlier = 0 THEN ''"
        " ELSE ' #' || (1 + earlier) END FROM ("
        "  SELECT id AS numbered_id,"
        "  row_number() OVER (PARTITION BY enrolment_id, words ORDER BY id) - 1 AS earlier"
        "  FROM tasks"
        ") AS numbered WHERE id = numbered_id"
    )
