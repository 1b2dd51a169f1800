"""From what sources know of a person to one customer.

Today one person is recognised by their e-mail address. An identity without one is a customer
of its own until an address is known.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, literal, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from shop.tables import Customer, Identity
from shop.writing import insert_into


def settle(connection: Connection, source: str, external_ids: Sequence[str]) -> set[int]:
    """Give each of these identities its customer, and each customer what is known of them.

    Returns the customers concerned.
    """
    ours = [col(Identity.source) == source, col(Identity.external_id).in_(external_ids)]
    _found_customers(connection, ours)
    _join(connection, ours)
    customers = set(connection.scalars(select(col(Identity.customer_id)).where(*ours)))
    settled = {customer for customer in customers if customer is not None}
    _describe(connection, settled)
    return settled


def email_key(address: str | None) -> str | None:
    """What two spellings of one address have in common."""
    return address.strip().lower() or None if address else None


def _found_customers(connection: Connection, ours: list[ColumnElement[bool]]) -> None:
    """A new customer for every new address, and for every new identity without one."""
    known = select(col(Customer.id)).where(col(Customer.email_key) == col(Identity.email_key))
    alone = case((col(Identity.email_key).is_(None), col(Identity.id)), else_=literal(0))
    new = (
        select(func.min(col(Identity.id)), col(Identity.email_key))
        .where(*ours, col(Identity.customer_id).is_(None), ~known.exists())
        .group_by(col(Identity.email_key), alone)
    )
    founding = insert_into(Customer, connection).from_select(["founder", "email_key"], new)
    connection.execute(founding.on_conflict_do_nothing())


def _join(connection: Connection, ours: list[ColumnElement[bool]]) -> None:
    theirs = (
        select(func.min(col(Customer.id)))
        .where(
            or_(
                col(Customer.email_key) == col(Identity.email_key),
                col(Customer.founder) == col(Identity.id),
            )
        )
        .scalar_subquery()
    )
    nobodys = col(Identity.customer_id).is_(None)
    connection.execute(update(Identity).where(*ours, nobodys).values(customer_id=theirs))


def _describe(connection: Connection, customers: Collection[int]) -> None:
    """Each fact from the identity that knows it and was changed last."""
    known = {name: _newest(name) for name in ("first_name", "last_name", "language", "birthday")}
    joined = select(func.min(col(Identity.joined_at))).where(_theirs(Identity)).scalar_subquery()
    chosen = col(Customer.id).in_(customers)
    connection.execute(update(Customer).where(chosen).values(joined_at=joined, **known))
    address = {"email": _newest("email"), "email_key": _newest("email_key")}
    connection.execute(update(Customer).where(chosen, ~_address_taken()).values(**address))


def _newest(name: str) -> Any:
    fact = getattr(Identity, name)
    return (
        select(fact)
        .where(_theirs(Identity), fact.is_not(None))
        .order_by(col(Identity.version).desc(), col(Identity.id).desc())
        .limit(1)
        .correlate(Customer)
        .scalar_subquery()
    )


def _theirs(identity: type[Identity]) -> ColumnElement[bool]:
    return col(identity.customer_id) == col(Customer.id)


def _address_taken() -> ColumnElement[bool]:
    """Another customer has the newest address: two people are not made one by a rename."""
    other = aliased(Customer)
    return (
        select(col(other.id))
        .where(col(other.email_key) == _newest("email_key"), col(other.id) != col(Customer.id))
        .correlate(Customer)
        .exists()
    )
