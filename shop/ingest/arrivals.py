"""A page of rows from a source, written in one go: the rows, whose they are, what they change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import cache

from sqlalchemy import (
    Connection,
    Delete,
    Select,
    Update,
    and_,
    bindparam,
    delete,
    select,
    update,
)
from sqlmodel import SQLModel, col

from shop.consent import basis
from shop.db import changed_customers
from shop.db.upsert import SOME, Row, table_of, upsert
from shop.identity import customers
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
from shop.types.phone import phone_key

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
    customers.one_writer(connection)
    before = _owners(connection, source, rows)
    _write(connection, source, rows)
    concerned = _settle_people(connection, source, rows, now or datetime.now(UTC))
    for name, model in OWNED.items():
        concerned |= _settle_owned(connection, model, source, getattr(rows, name))
    concerned |= _refunded(connection, source, rows.refunds)
    concerned |= customers.still_here(connection, before)
    changed_customers.mark(connection, concerned)
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
    if rows:
        some = [row["external_id"] for row in rows]
        connection.execute(_dropping(line, whole, key), {"of_source": source, "some": some})


@cache
def _dropping(
    line: type[OrderLine] | type[CartLine], whole: type[Order] | type[Cart], key: str
) -> Delete:
    newest = (
        select(col(whole.version))
        .where(col(whole.source) == col(line.source), col(whole.external_id) == getattr(line, key))
        .scalar_subquery()
    )
    return delete(line).where(
        col(line.source) == bindparam("of_source"),
        getattr(line, key).in_(SOME),
        col(line.version) < newest,
    )


def _settle_people(connection: Connection, source: str, rows: Arrivals, now: datetime) -> set[int]:
    told = {row["external_id"] for row in (*rows.identities, *rows.statements)}
    if not told:
        return set()
    keys = sorted(told)
    concerned = customers.settle(connection, rows.identities, now=now) if rows.identities else set()
    basis.record(connection, rows.statements)
    _link(connection, BasisStatement, SOURCE_KEY, source, keys)
    concerned |= _spoken_of(connection, source, rows, keys)
    basis.settle(connection, concerned)
    for whole in _waiting(connection, source):
        _link(connection, whole, OWNER, source, keys)
    return concerned


def _spoken_of(
    connection: Connection, source: str, rows: Arrivals, keys: Sequence[str]
) -> set[int]:
    """A word may come without its identity: that was told before."""
    known = {(row["source"], row["external_id"]) for row in rows.identities}
    return _whose(connection, Identity, source, [one for one in keys if (source, one) not in known])


def _waiting(connection: Connection, source: str) -> list[Owned]:
    """Where anything of this source is nobody's yet: seldom anywhere."""
    found = connection.execute(_nobodys(), {"of_source": source}).one()
    return [whole for whole, waits in zip(OWNED.values(), found, strict=True) if waits]


@cache
def _nobodys() -> Select[tuple[bool, ...]]:
    """The first along the index of what is nobody's: for whether there is any, PostgreSQL would
    read the whole table.
    """
    return select(
        *(
            select(col(whole.id))
            .where(
                col(whole.customer_id).is_(None),
                col(whole.customer_key).is_not(None),
                col(whole.customer_source) == bindparam("of_source"),
            )
            .order_by(col(whole.customer_source), col(whole.customer_key))
            .limit(1)
            .scalar_subquery()
            .is_not(None)
            for whole in OWNED.values()
        )
    )


def _settle_owned(
    connection: Connection, whole: Owned, source: str, rows: Sequence[Row]
) -> set[int]:
    if not rows:
        return set()
    for customers_of, keys in _by_source(rows):
        _link(connection, whole, OWNER, customers_of, keys)
    return _whose(connection, whole, source, [row["external_id"] for row in rows])


def _owners(connection: Connection, source: str, rows: Arrivals) -> set[int]:
    """Whose these were until now: a cart may pass from one customer to another."""
    before: set[int] = set()
    for name, model in OWNED.items():
        keys = [row["external_id"] for row in getattr(rows, name)]
        before |= _whose(connection, model, source, keys)
    return before


def _refunded(connection: Connection, source: str, rows: Sequence[Row]) -> set[int]:
    """The customers of refunded orders; a refund may come first, then its order marks them."""
    return _whose(connection, Order, source, [row["order_key"] for row in rows])


def _whose(
    connection: Connection, model: Owned | type[Identity], source: str, keys: Sequence[str]
) -> set[int]:
    if not keys:
        return set()
    return set(connection.scalars(_customers_of(model), {"of_source": source, "some": keys}))


@cache
def _customers_of(model: Owned | type[Identity]) -> Select[tuple[int]]:
    table = table_of(model)
    return (
        select(table.c.customer_id)
        .where(
            table.c.source == bindparam("of_source"),
            table.c.external_id.in_(SOME),
            table.c.customer_id.is_not(None),
        )
        .distinct()
    )


def _by_source(rows: Iterable[Row]) -> Iterable[tuple[str, list[str]]]:
    keys: dict[str, set[str]] = {}
    for row in rows:
        if row["customer_key"] is not None:
            keys.setdefault(row["customer_source"], set()).add(row["customer_key"])
    return [(source, sorted(found)) for source, found in keys.items()]


def _link(
    connection: Connection,
    model: type[SQLModel],
    named_by: tuple[str, str],
    source: str,
    keys: Sequence[str],
) -> None:
    """Rows that came before their customer was known, or with them, find that customer."""
    connection.execute(_linking(model, *named_by), {"of_source": source, "some": keys})


@cache
def _linking(model: type[SQLModel], source: str, key: str) -> Update:
    table = table_of(model)
    named = and_(col(Identity.source) == table.c[source], col(Identity.external_id) == table.c[key])
    return (
        update(table)
        .where(
            table.c.customer_id.is_(None),
            table.c[source] == bindparam("of_source"),
            table.c[key].in_(SOME),
        )
        .values(customer_id=select(col(Identity.customer_id)).where(named).scalar_subquery())
    )
