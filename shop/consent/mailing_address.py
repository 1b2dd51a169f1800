"""The one address of a customer to which mail may go, where their records have several.

Consent belongs to the address it was given for. So a customer who opted in is mailed at that
address and at no other. Without an opt-in it is the address of the record they bought with last,
which is the only one that a purchase speaks for; without purchases, that of their newest record.
Records that their source no longer has come last.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Update,
    and_,
    bindparam,
    distinct,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from shop.consent.existing_customer import BasisState
from shop.db.binary_order import BinaryOrder
from shop.db.upsert import IN_VALUES, table_of
from shop.identity.absence import CONFIRMED
from shop.identity.contacts import EMAIL_CHANNEL, in_batches
from shop.tables import Basis, BasisStatement, Customer, Identity, Order


def update_mailing_addresses(connection: Connection, customer_ids: Collection[int]) -> None:
    """Writes the address of those of `customer_ids` who have several to choose from.

    Reads the stored basis and orders, so both must be up to date.
    """
    for batch in in_batches(customer_ids):
        addresses = connection.execute(_addresses_query(), {"values": batch})
        changes = [
            {"customer": customer, "new_key": new_key}
            for customer, old_key, new_key in addresses
            if old_key != new_key
        ]
        if changes:
            connection.execute(_update_query(), changes)


@cache
def _addresses_query() -> Select[Any]:
    """Customers with several addresses, or an opt-in for another one than they have.

    An address that a record of another customer has too is nobody's until the two are merged.
    """
    new_key = func.coalesce(_opt_in_address(), _purchase_address(), _newest_address())
    address_count = (
        select(func.count(distinct(col(Identity.email_key))))
        .where(_identity_of_customer())
        .scalar_subquery()
    )
    other = aliased(Identity)
    is_shared = (
        select(col(other.id))
        .where(
            col(other.email_key) == new_key,
            col(other.customer_id).is_not(None),
            col(other.customer_id) != col(Customer.id),
        )
        .exists()
    )
    differs = _opt_in_address().is_distinct_from(col(Customer.email_key))
    return select(col(Customer.id), col(Customer.email_key), new_key).where(
        col(Customer.id).in_(IN_VALUES),
        or_(address_count > 1, and_(_opt_in_address().is_not(None), differs)),
        ~is_shared,
    )


@cache
def _update_query() -> Update:
    """The address is spelt as the newest record with it spells it."""
    spelling = (
        select(col(Identity.email))
        .where(_identity_of_customer(), col(Identity.email_key) == bindparam("new_key"))
        .order_by(*_newest_first())
        .limit(1)
        .correlate(Customer)
        .scalar_subquery()
    )
    return (
        update(table_of(Customer))
        .where(col(Customer.id) == bindparam("customer"))
        .values(email_key=bindparam("new_key"), email=func.coalesce(spelling, bindparam("new_key")))
    )


def _opt_in_address() -> ColumnElement[str | None]:
    return (
        select(col(BasisStatement.address_key))
        .join(Basis, col(Basis.statement_id) == col(BasisStatement.id))
        .where(
            col(Basis.customer_id) == col(Customer.id),
            col(Basis.channel) == EMAIL_CHANNEL,
            col(Basis.state) == BasisState.YES.value,
        )
        .correlate(Customer)
        .scalar_subquery()
    )


def _purchase_address() -> ColumnElement[str | None]:
    same_record = and_(
        col(Identity.source) == col(Order.customer_source),
        col(Identity.external_id) == col(Order.customer_key),
    )
    return (
        select(col(Identity.email_key))
        .join(Order, same_record)
        .where(
            col(Order.customer_id) == col(Customer.id),
            col(Order.counts).is_(True),
            col(Identity.email_key).is_not(None),
            ~_is_absent(),
        )
        .order_by(col(Order.placed_at).desc(), col(Order.id).desc())
        .limit(1)
        .correlate(Customer)
        .scalar_subquery()
    )


def _newest_address() -> ColumnElement[str | None]:
    return (
        select(col(Identity.email_key))
        .where(_identity_of_customer(), col(Identity.email_key).is_not(None))
        .order_by(_is_absent(), *_newest_first())
        .limit(1)
        .correlate(Customer)
        .scalar_subquery()
    )


def _identity_of_customer() -> ColumnElement[bool]:
    return col(Identity.customer_id) == col(Customer.id)


def _newest_first() -> tuple[ColumnElement[Any], ...]:
    return (
        col(Identity.version).desc(),
        BinaryOrder(col(Identity.source)),
        BinaryOrder(col(Identity.external_id)),
    )


def _is_absent() -> ColumnElement[bool]:
    return func.coalesce(col(Identity.absence), "").in_(CONFIRMED)
