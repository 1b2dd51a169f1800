"""Records opt-outs made through the link in a mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Connection, Select, bindparam, select
from sqlmodel import col

from engine.messages.recipients import load_recipients
from engine.open.open_shop import OpenShop
from mail.message.signed_links import read_token
from shop.consent.basis import EMAIL, ConsentValue, DirectStatement, record_direct_statements
from shop.db.engine import read_transaction, write_transaction
from shop.identity.customers import lock_identity_writes
from shop.identity.merge import current_customer
from shop.tables import Basis, BasisStatement, Customer

SOURCE = "unsubscribe-page"
NO_CUSTOMER = 0  # ids start at 1
# A second click or request counts as the same opt-out. The window is short: an opt-in made in
# between and received late must not outlive the second opt-out.
REPEAT_WINDOW = timedelta(minutes=1)


@dataclass(frozen=True)
class LinkHolder:
    """The customer that a link was signed for, after merges, and the mail that contained it.

    `language` is theirs as their source gives it.
    """

    customer: int
    message_id: str
    language: str | None = None


@dataclass(frozen=True)
class OptOutEvidence:
    """How the customer opted out, and the text shown to them."""

    evidence: str
    wording: str


def find_link_holder(shop: OpenShop, token: str) -> LinkHolder | None:
    """Return the holder of `token`; None for an invalid token and an unknown customer.

    The database is queried in either case, so that the response time reveals nothing. The doctor's
    probe link yields `NO_CUSTOMER`, for which nothing is recorded.
    """
    unsubscribe = read_token(shop.secret, token)
    with read_transaction(shop.engine) as connection:
        customer_id = current_customer(
            connection, unsubscribe.customer_id if unsubscribe else NO_CUSTOMER
        )
        language = connection.scalar(_language_query(), {"customer": customer_id or NO_CUSTOMER})
    if unsubscribe is None or unsubscribe.customer_id == NO_CUSTOMER:
        return LinkHolder(NO_CUSTOMER, unsubscribe.message_id) if unsubscribe else None
    if customer_id is None:
        return None
    return LinkHolder(customer_id, unsubscribe.message_id, language)


@cache
def _language_query() -> Select[tuple[str | None]]:
    return select(col(Customer.language)).where(col(Customer.id) == bindparam("customer"))


def record_opt_out(
    shop: OpenShop, holder: LinkHolder, evidence: OptOutEvidence, *, now: datetime
) -> None:
    """Record the opt-out of `holder` and of every customer with the address the mail went to.

    The next delivery sees it. A repetition within a minute is recorded once.
    """
    with read_transaction(shop.engine) as connection:
        if _just_opted_out(connection, holder.customer, now):
            return  # without waiting for the write lock
    with write_transaction(shop.engine) as connection:
        lock_identity_writes(connection)
        customer = _lock_customer(connection, holder.customer)
        if customer is None or _just_opted_out(connection, customer, now):
            return
        addressees = load_recipients(connection, [holder.message_id]).get(holder.message_id, set())
        record_direct_statements(
            connection,
            [
                _opt_out(recipient, holder, evidence, now)
                for recipient in sorted(addressees | {customer})
            ],
        )


def _opt_out(
    customer: int, holder: LinkHolder, evidence: OptOutEvidence, now: datetime
) -> DirectStatement:
    return DirectStatement(
        customer=customer,
        consent=ConsentValue.NO,
        at=now,
        evidence=f"{evidence.evidence}, from mail {holder.message_id}",
        wording=evidence.wording,
        actor="the customer",
        source=SOURCE,
    )


def _lock_customer(connection: Connection, customer: int) -> int | None:
    """The id of the row, locked so that a concurrent merge cannot remove it; after a merge, the
    survivor's.
    """
    query = select(col(Customer.id)).with_for_update()
    customer_id = connection.scalar(query.where(col(Customer.id) == customer))
    if customer_id is not None:
        return customer_id
    survivor = current_customer(connection, customer)
    return connection.scalar(query.where(col(Customer.id) == survivor))


def _just_opted_out(connection: Connection, customer: int, now: datetime) -> bool:
    """Whether the same opt-out was recorded within the last minute and still holds."""
    query = (
        select(col(BasisStatement.id))
        .join(Basis, col(Basis.statement_id) == col(BasisStatement.id))
        .where(
            col(Basis.customer_id) == customer,
            col(Basis.channel) == EMAIL,
            col(Basis.state) == ConsentValue.NO.value,
            col(BasisStatement.source) == SOURCE,
            col(BasisStatement.said_at) > now - REPEAT_WINDOW,
            col(BasisStatement.said_at) <= now,
        )
    )
    return connection.scalar(query) is not None
