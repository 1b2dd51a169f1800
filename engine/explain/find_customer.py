"""Finds one customer by address, phone number or customer number."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select
from sqlmodel import col

from settings.errors import WrongUsageError
from shop.identity.contacts import EMAIL_CHANNEL, PHONE_CHANNEL
from shop.identity.customers import email_key
from shop.identity.merge import current_customer
from shop.tables import Contact, Customer, Identity, Merge
from shop.types.person_name import full_name
from shop.types.phone import phone_key

MAX_DIGITS = 9  # of a customer's number, which is a 32-bit integer on PostgreSQL


@dataclass(frozen=True)
class MergedCustomer:
    """A customer that was merged into this one."""

    number: int
    reason: str  # the shared contact
    at: datetime


@dataclass(frozen=True)
class CustomerSummary:
    """The customer that was found, with the customers merged into it."""

    number: int
    name: str | None
    email: str | None
    phone: str | None
    merged_from: tuple[MergedCustomer, ...]


def find_customer(connection: Connection, identifier: str, country: str) -> CustomerSummary:
    """Return the only customer that `identifier` matches, by current or earlier address or phone.

    `country` (ISO code) is used to read national phone numbers. Raises `WrongUsageError` where
    there is no match or more than one.
    """
    numbers = find_numbers(connection, identifier.strip(), country)
    if not numbers:
        raise WrongUsageError(
            f"Nothing is known of {identifier}. Where they are new, run: regulars sync"
        )
    if len(numbers) > 1:
        choices = " or ".join(str(number) for number in sorted(numbers))
        raise WrongUsageError(
            f"{identifier} is more than one customer. Say which by number: {choices}."
        )
    return _load_summary(connection, next(iter(numbers)))


def find_numbers(connection: Connection, identifier: str, country: str) -> Collection[int]:
    """Return the numbers of all customers that `identifier` names exactly, as `find_customer`."""
    if "@" in identifier:
        address = email_key(identifier)
        return _customers_where(
            connection, col(Customer.email_key) == address
        ) or _customers_with_contact(connection, EMAIL_CHANNEL, address)
    if identifier.isascii() and identifier.isdigit() and len(identifier) <= MAX_DIGITS:
        number = current_customer(connection, int(identifier))
        if number is not None:
            return [number]
    phone = phone_key(identifier, country)
    if phone is None:
        return []
    current = _customers_where(connection, col(Customer.phone_key) == phone)
    return current | _customers_with_contact(connection, PHONE_CHANNEL, phone)


def _customers_where(connection: Connection, condition: ColumnElement[bool]) -> set[int]:
    return {
        number for number in connection.scalars(select(col(Customer.id)).where(condition)) if number
    }


def _customers_with_contact(connection: Connection, channel: str, key: str | None) -> set[int]:
    """By an address or phone number that a source has for them, or had before."""
    owners = (
        select(col(Identity.customer_id))
        .join(Contact, col(Contact.identity_id) == col(Identity.id))
        .where(col(Contact.channel) == channel, col(Contact.key) == key)
    )
    return {number for number in connection.scalars(owners) if number is not None}


def _load_summary(connection: Connection, number: int) -> CustomerSummary:
    row = connection.execute(
        select(
            col(Customer.first_name), col(Customer.last_name), col(Customer.email),
            col(Customer.phone_key),
        ).where(col(Customer.id) == number)
    ).one()  # fmt: skip
    name = full_name(row.first_name, row.last_name)
    return CustomerSummary(
        number, name or None, row.email, row.phone_key, _merged_customers(connection, number)
    )


def _merged_customers(connection: Connection, number: int) -> tuple[MergedCustomer, ...]:
    """Customers merged into this one, directly or through another merge; earliest first."""
    merged: dict[int, MergedCustomer] = {}
    frontier = {number}
    while frontier:
        merges = select(col(Merge.gone), col(Merge.why), col(Merge.at)).where(
            col(Merge.kept).in_(frontier)
        )
        next_merged = {
            merged_number: MergedCustomer(merged_number, reason, at)
            for merged_number, reason, at in connection.execute(merges)
        }
        frontier = set(next_merged) - set(merged) - {number}
        merged |= {merged_number: next_merged[merged_number] for merged_number in frontier}
    return tuple(
        sorted(merged.values(), key=lambda merged_number: (merged_number.at, merged_number.number))
    )
