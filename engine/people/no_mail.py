"""Stops and allows mail to the address of one customer, as `suppress` and `unsuppress` do."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from sqlalchemy import Connection, select
from sqlmodel import col

from engine.open.open_shop import OpenShop
from shop.consent.suppressions import (
    SuppressionReason,
    is_suppressed,
    lift_suppression,
    suppress_address,
)
from shop.db.engine import write_transaction
from shop.tables import Customer, Suppression


class NoMail(Enum):
    """What became of it, as a sentence for the owner."""

    STOPPED = "Nothing goes to this address any more."
    STOPPED_BEFORE = "Nothing went to this address already: this was done before."
    LIFTED = "Mail may go to this address again."
    LIFTED_BEFORE = "Nothing stands in the way of mail to this address: this was done before."
    NO_ADDRESS = "They have no e-mail address."
    COMPLAINT = (
        "They complained of spam to their mail provider. That stands: write to them from your own "
        "mailbox, if you must."
    )
    HELD_COMPLAINT = "A complaint of theirs waits for your decision: regulars complaints list."


REFUSALS = {
    SuppressionReason.COMPLAINT: NoMail.COMPLAINT,
    SuppressionReason.HELD_COMPLAINT: NoMail.HELD_COMPLAINT,
}


def stop_mail_to(shop: OpenShop, customer: int, because: str, *, now: datetime) -> NoMail:
    """Suppresses the address of `customer` by hand, because of `because`, which may be empty."""
    with write_transaction(shop.engine) as connection:
        address = _address(connection, customer)
        if address is None:
            return NoMail.NO_ADDRESS
        if _is_suppressed(connection, address):
            return NoMail.STOPPED_BEFORE
        by_hand = SuppressionReason.BY_HAND
        suppress_address(connection, address, by_hand, because.strip() or None, now=now)
    return NoMail.STOPPED


def allow_mail_to(shop: OpenShop, customer: int, because: str, *, now: datetime) -> NoMail:
    """Lifts the suppression of the address of `customer`; a complaint stands."""
    with write_transaction(shop.engine) as connection:
        address = _address(connection, customer)
        if address is None:
            return NoMail.NO_ADDRESS
        reason = lift_suppression(connection, address, because.strip(), now=now)
    if reason is None:
        return NoMail.LIFTED_BEFORE
    return REFUSALS.get(reason, NoMail.LIFTED)


def _address(connection: Connection, customer: int) -> str | None:
    return connection.scalar(select(col(Customer.email_key)).where(col(Customer.id) == customer))


def _is_suppressed(connection: Connection, address: str) -> bool:
    query = select(col(Suppression.address)).where(
        col(Suppression.address) == address, is_suppressed()
    )
    return connection.scalar(query) is not None
