"""Reports by mail about older mails no longer count: anybody can compute the ids of those."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

REPORT_WINDOW = 30 * 24 * 3_600_000_000  # microseconds: what comes back does so within 30 days
HANDED_OVER = "('sending', 'in doubt')"  # such a mail may have gone and has no date yet


def upgrade() -> None:
    """Reports count for the mails of the shop's last 30 days, by the clock of its runs.

    A mail that has not gone yet is not among them.
    """
    op.add_column(
        "messages",
        sa.Column("accepts_mailed_reports", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    op.execute(
        "UPDATE messages SET accepts_mailed_reports = false"  # noqa: S608 - constants
        f" WHERE state NOT IN {HANDED_OVER} AND coalesce(settled_at, 0) <"
        f" (SELECT max(at) FROM ticks) - {REPORT_WINDOW}"
    )
