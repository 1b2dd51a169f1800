"""Consent belongs to the address it was given for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

OWN_RECORD = (
    "SELECT i.email_key FROM identities i"
    " WHERE i.source = basis_statements.source AND i.external_id = basis_statements.external_id"
)
OPT_IN_ADDRESS = (
    "SELECT s.address_key FROM basis_statements s JOIN basis b ON b.statement_id = s.id"
    " WHERE b.customer_id = customers.id AND b.channel = 'e-mail' AND b.state = 'yes'"
)
PURCHASE_ADDRESS = (
    "SELECT i.email_key FROM orders o JOIN identities i"
    " ON i.source = o.customer_source AND i.external_id = o.customer_key"
    " WHERE o.customer_id = customers.id AND o.counts AND i.email_key IS NOT NULL"
    " ORDER BY o.placed_at DESC, o.id DESC LIMIT 1"
)
ADDRESS = f"coalesce(({OPT_IN_ADDRESS}), ({PURCHASE_ADDRESS}), customers.email_key)"
SPELLING = (
    "SELECT n.email FROM identities n"  # noqa: S608 - constants
    f" WHERE n.customer_id = customers.id AND n.email_key = {ADDRESS}"
    " ORDER BY n.version DESC, n.source, n.external_id LIMIT 1"
)


def upgrade() -> None:
    """Adds the address to each statement, and corrects where mail to a customer goes.

    1. A statement of a source is for the address that its record has; one that was given to the
       shop itself, for the address of its customer.
    2. An opt-in of a record without an address allows no e-mail to an address of another record.
    3. Mail goes to the address of the opt-in, else to that of the latest purchase.
    """
    op.add_column("basis_statements", sa.Column("address_key", sa.String(), nullable=True))
    op.execute(f"UPDATE basis_statements SET address_key = ({OWN_RECORD})")  # noqa: S608 - constants
    op.execute(
        "UPDATE basis_statements SET address_key ="  # noqa: S608 - constants
        " (SELECT c.email_key FROM customers c WHERE c.id = basis_statements.customer_id)"
        f" WHERE NOT EXISTS ({OWN_RECORD})"
    )
    op.execute(
        "UPDATE basis SET state = 'none', statement_id = NULL WHERE state = 'yes'"
        " AND statement_id IN (SELECT id FROM basis_statements WHERE address_key IS NULL)"
        " AND customer_id IN (SELECT id FROM customers WHERE email_key IS NOT NULL)"
    )
    op.execute(
        f"UPDATE customers SET email_key = {ADDRESS}, email = coalesce(({SPELLING}), {ADDRESS})"  # noqa: S608 - constants
        f" WHERE email_key <> {ADDRESS}"
    )
