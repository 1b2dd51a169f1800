"""A page of rows from a source, written in one go: the rows, whose they are, what they change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update
from sqlmodel import SQLModel, col

from shop import basis, dirty, people
from shop.phones import phone_key
from shop.tables import (
    Answer,
    BasisStatement,
    Booking,
    Cart,
    CartLine,
    Identity,
    Order,
    OrderLine,
    PointsEntry,
    Refund,
)
from shop.writing import Row, upsert

SOURCE_KEY = ("source", "external_id")
OWNER = ("customer_source", "customer_key")
Owned = type[Order] | type[Cart] | type[Booking] | type[Answer] | type[PointsEntry]
OWNED: dict[str, Owned] = {
    "orders": Order,
    "carts": Cart,
    "bookings": Booking,
    "answers": Answer,
    "points": PointsEntry,
}


@dataclass
class Arrivals:
    """Rows as dicts, by table; at most some thousand of each at a time."""

    identities: list[Row] = field(default_factory=list)
    statements: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)
    order_lines: list[Row] = field(default_factory=list)
    carts: list[Row] = field(default_factory=list)
    cart_lines: list[Row] = field(default_factory=list)
    refunds: list[Row] = field(default_factory=list)
    bookings: list[Row] = field(default_factory=list)
    answers: list[Row] = field(default_factory=list)
    points: list[Row] = field(default_factory=list)

    def __add__(self, other: Arrivals) -> Arrivals:
        names = [one.name for one in fields(self)]
        return Arrivals(**{name: getattr(self, name) + getattr(other, name) for name in names})


def arrive(
    connection: Connection,
    source: str,
    rows: Arrivals,
    *,
    country: str | None = None,
    now: datetime | None = None,
) -> set[int]:
    """Write the rows, settle whose they are, and mark those customers; their ids.

    The country is the shop's: phone numbers without one of their own are numbers there.
    """
    rows = replace(rows, identities=[_with_phone(row, country) for row in rows.identities])
    people.one_writer(connection)
    concerned = _owners(connection, source, rows)
    _write(connection, source, rows)
    concerned |= _settle_people(connection, source, rows, now or datetime.now(UTC))
    for name, model in OWNED.items():
        concerned |= _settle_owned(connection, model, source, getattr(rows, name))
    concerned |= _refunded(connection, source, rows.refunds)
    concerned = people.still_here(connection, concerned)
    dirty.mark(connection, concerned)
    return concerned


def _with_phone(row: Row, country: str | None) -> Row:
    return {**row, "phone_key": phone_key(row["phone"], country)}


def _write(connection: Connection, source: str, rows: Arrivals) -> None:
    known = (
        "email", "email_key", "phone", "phone_key", "first_name", "last_name", "timezone",
        "birthday",
    )  # fmt: skip
    upsert(connection, Identity, rows.identities, key=SOURCE_KEY, keep_known=known)
    for name, model in OWNED.items():
        theirs = getattr(rows, name)
        upsert(connection, model, theirs, key=SOURCE_KEY, owned_by=OWNER)
    upsert(connection, Refund, rows.refunds, key=SOURCE_KEY)
    upsert(connection, OrderLine, rows.order_lines, key=("source", "order_key", "position"))
    upsert(connection, CartLine, rows.cart_lines, key=("source", "cart_key", "position"))
    _drop_outdated(connection, OrderLine, Order, "order_key", source, rows.orders)
    _drop_outdated(connection, CartLine, Cart, "cart_key", source, rows.carts)


def _drop_outdated(
    connection: Connection,
    line: type[OrderLine] | type[CartLine],
    whole: type[Order] | type[Cart],
    key: str,
    source: str,
    rows: Sequence[Row],
) -> None:
    """Lines of an older version of an order or a cart, which the newer one no longer has."""
    newest = (
        select(col(whole.version))
        .where(col(whole.source) == col(line.source), col(whole.external_id) == getattr(line, key))
        .scalar_subquery()
    )
    keys = [row["external_id"] for row in rows]
    connection.execute(
        delete(line).where(
            col(line.source) == source, getattr(line, key).in_(keys), col(line.version) < newest
        )
    )


def _settle_people(connection: Connection, source: str, rows: Arrivals, now: datetime) -> set[int]:
    told = {row["external_id"] for row in (*rows.identities, *rows.statements)}
    if not told:
        return set()
    keys = sorted(told)
    concerned = people.settle(connection, rows.identities, now=now) if rows.identities else set()
    basis.record(connection, rows.statements)
    _link(
        connection, BasisStatement, BasisStatement.source, BasisStatement.external_id, source, keys
    )
    concerned |= _spoken_of(connection, source, keys)
    basis.settle(connection, concerned)
    for whole in OWNED.values():
        _link(connection, whole, whole.customer_source, whole.customer_key, source, keys)
    return concerned


def _spoken_of(connection: Connection, source: str, keys: Sequence[str]) -> set[int]:
    """A word may come without its identity: that was told before."""
    known = select(col(Identity.customer_id)).where(
        col(Identity.source) == source, col(Identity.external_id).in_(keys)
    )
    return {customer for customer in connection.scalars(known) if customer is not None}


def _settle_owned(
    connection: Connection, whole: Owned, source: str, rows: Sequence[Row]
) -> set[int]:
    if not rows:
        return set()
    for customers_of, keys in _by_source(rows):
        _link(connection, whole, whole.customer_source, whole.customer_key, customers_of, keys)
    return _whose(connection, whole, source, rows)


def _owners(connection: Connection, source: str, rows: Arrivals) -> set[int]:
    """Whose these were until now: a cart may pass from one customer to another."""
    before = [
        _whose(connection, model, source, getattr(rows, name)) for name, model in OWNED.items()
    ]
    return set().union(*before)


def _whose(connection: Connection, whole: Owned, source: str, rows: Sequence[Row]) -> set[int]:
    theirs = select(col(whole.customer_id)).where(
        col(whole.source) == source,
        col(whole.external_id).in_([row["external_id"] for row in rows]),
        col(whole.customer_id).is_not(None),
    )
    found = connection.scalars(theirs.distinct()) if rows else ()
    return {customer for customer in found if customer is not None}


def _refunded(connection: Connection, source: str, rows: Sequence[Row]) -> set[int]:
    """The customers of refunded orders; a refund may come first, then its order marks them."""
    theirs = select(col(Order.customer_id)).where(
        col(Order.source) == source,
        col(Order.external_id).in_([row["order_key"] for row in rows]),
        col(Order.customer_id).is_not(None),
    )
    found = connection.scalars(theirs.distinct()) if rows else ()
    return {customer for customer in found if customer is not None}


def _by_source(rows: Iterable[Row]) -> Iterable[tuple[str, list[str]]]:
    keys: dict[str, set[str]] = {}
    for row in rows:
        if row["customer_key"] is not None:
            keys.setdefault(row["customer_source"], set()).add(row["customer_key"])
    return [(source, sorted(found)) for source, found in keys.items()]


def _link(
    connection: Connection,
    model: type[SQLModel],
    source_column: Any,
    key_column: Any,
    source: str,
    keys: Sequence[str],
) -> None:
    """Rows that came before their customer was known, or with them, find that customer."""
    theirs = (
        select(col(Identity.customer_id))
        .where(
            col(Identity.source) == col(source_column), col(Identity.external_id) == col(key_column)
        )
        .scalar_subquery()
    )
    nobodys: Any = model.customer_id  # type: ignore[attr-defined]  # each of the three has it
    connection.execute(
        update(model)
        .where(col(nobodys).is_(None), col(source_column) == source, col(key_column).in_(keys))
        .values(customer_id=theirs)
    )
