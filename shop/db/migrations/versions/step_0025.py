"""A sign-up knows its mailbox, whatever its spelling, and the network it came from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Earlier sign-ups get their address without dots at Gmail and without a +tag as mailbox."""
    op.add_column("sign_ups", sa.Column("mailbox", sa.String(), nullable=False, server_default=""))
    op.add_column("sign_ups", sa.Column("place", sa.String(), nullable=True))
    op.create_index("sign_ups_of_mailbox", "sign_ups", ["mailbox", "settled_at"])
    op.create_index("sign_ups_of_place", "sign_ups", ["place", "confirmed_at"])
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT id, address_key FROM sign_ups")).all()
    mailboxes = [{"row": row.id, "mailbox": _mailbox(row.address_key)} for row in rows]
    if mailboxes:
        connection.execute(
            sa.text("UPDATE sign_ups SET mailbox = :mailbox WHERE id = :row"), mailboxes
        )


def _mailbox(address: str) -> str:
    name, at, domain = address.rpartition("@")
    name = name.partition("+")[0]
    if domain in ("gmail.com", "googlemail.com"):
        return f"{name.replace('.', '')}@gmail.com"
    return f"{name}{at}{domain}"
