"""Somebody's no, from the link in one of their mails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select
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
NO_CUSTOMER = 0  # customers count from one
# Who presses twice, or whose mail program asks twice, says one no. Only so long: a yes given in
# between and heard of late must not outlive the second no.
REPEAT_WINDOW = timedelta(minutes=1)


@dataclass(frozen=True)
class LinkHolder:
    """Who holds a link: the customer they are today, and the mail it stood in."""

    customer: int
    message_id: str


@dataclass(frozen=True)
class OptOutEvidence:
    """How they said it, and what they had before their eyes."""

    evidence: str
    wording: str


def find_link_holder(shop: OpenShop, token: str) -> LinkHolder | None:
    """Whose link this is; None for one that is not ours, and for somebody nobody knows.

    The database is asked either way, so that the time an answer takes tells nothing. A link that we
    signed for nobody is the doctor's: it shows the page, and whoever presses there, nobody leaves.
    """
    unsubscribe = read_token(shop.secret, token)
    with read_transaction(shop.engine) as connection:
        customer_id = current_customer(
            connection, unsubscribe.customer_id if unsubscribe else NO_CUSTOMER
        )
    if unsubscribe is None or unsubscribe.customer_id == NO_CUSTOMER:
        return LinkHolder(NO_CUSTOMER, unsubscribe.message_id) if unsubscribe else None
    return LinkHolder(customer_id, unsubscribe.message_id) if customer_id is not None else None


def record_opt_out(
    shop: OpenShop, holder: LinkHolder, evidence: OptOutEvidence, *, now: datetime
) -> None:
    """From the next look at the outbox on nothing goes to them."""
    with read_transaction(shop.engine) as connection:
        if _just_opted_out(connection, holder.customer, now):
            return  # without waiting for a turn to write
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
    """Their row, held until this is written: nobody merges them away meanwhile."""
    query = select(col(Customer.id)).with_for_update()
    customer_id = connection.scalar(query.where(col(Customer.id) == customer))
    if customer_id is not None:
        return customer_id
    survivor = current_customer(connection, customer)
    return connection.scalar(query.where(col(Customer.id) == survivor))


def _just_opted_out(connection: Connection, customer: int, now: datetime) -> bool:
    """They said this very no a moment ago, and it holds."""
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
