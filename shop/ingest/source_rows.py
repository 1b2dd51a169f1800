"""Writes a page of rows of a source in one transaction, and resolves whose they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
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
from shop.consent.basis import ConsentValue
from shop.consent.mailing_address import update_mailing_addresses
from shop.consent.source_statements import record_statements
from shop.db import changed_customers
from shop.db.upsert import IN_VALUES, Row, table_of, upsert
from shop.identity import customers
from shop.identity.custom_fields import custom_field_row
from shop.identity.tags import tag_keys
from shop.ingest.guests import load_guests, mark_without_orders
from shop.ingest.missing_records import restore_listed
from shop.tables import (
    Answer,
    BasisStatement,
    Booking,
    Cart,
    CartLine,
    CustomField,
    Identity,
    Order,
    OrderCoupon,
    OrderLine,
    PointsEntry,
    Refund,
)
from shop.types.phone import phone_key

SOURCE_KEY = ("source", "external_id")
REPORTS_ADDRESS, REPORTS_FIELDS = "reports_address", "reports_fields"
OWNER_COLUMNS = ("customer_source", "customer_key")
ADDRESS = ("email", "email_key")
KEPT_FACTS = ("phone", "phone_key", "first_name", "last_name", "timezone", "birthday")
OwnedModel = type[Order] | type[Cart] | type[Booking] | type[Answer] | type[PointsEntry]
ChildModel = type[OrderLine] | type[OrderCoupon] | type[CartLine] | type[CustomField]
ParentModel = type[Order] | type[Cart] | type[Identity]
OWNED_MODELS: dict[str, OwnedModel] = {
    "orders": Order,
    "carts": Cart,
    "bookings": Booking,
    "answers": Answer,
    "points": PointsEntry,
}


@dataclass
class SourceRows:
    """Rows as dicts, by table; at most some thousands of each at a time.

    Where a row of `identities` has a true `reports_address`, its source shows the address that the
    record has now, and without one the record has none any more. In all other rows None means that
    the source does not show it. Where it has a true `reports_fields`, `custom_fields` are all that
    the record has now.
    """

    identities: list[Row] = field(default_factory=list)
    custom_fields: list[Row] = field(default_factory=list)
    statements: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)
    order_lines: list[Row] = field(default_factory=list)
    order_coupons: list[Row] = field(default_factory=list)
    carts: list[Row] = field(default_factory=list)
    cart_lines: list[Row] = field(default_factory=list)
    refunds: list[Row] = field(default_factory=list)
    bookings: list[Row] = field(default_factory=list)
    answers: list[Row] = field(default_factory=list)
    points: list[Row] = field(default_factory=list)

    def __add__(self, other: SourceRows) -> SourceRows:
        names = [table_field.name for table_field in fields(self)]
        return SourceRows(**{name: getattr(self, name) + getattr(other, name) for name in names})


def without_addresses(rows: SourceRows, addresses: Collection[str]) -> SourceRows:
    """Returns `rows` without those of the folded `addresses`: their records stay, known by name or
    number alone. A record that says yes keeps its address.
    """
    no_address = {"email": None, "email_key": None}
    opted_in = {
        (statement["source"], statement["external_id"])
        for statement in rows.statements
        if statement["says"] == ConsentValue.YES.value
    }
    identities = [
        {**row, **no_address}
        if row["email_key"] in addresses and (row["source"], row["external_id"]) not in opted_in
        else row
        for row in rows.identities
    ]
    return replace(rows, identities=identities)


def ingest_rows(
    connection: Connection,
    source: str,
    rows: SourceRows,
    *,
    country: str | None = None,
    now: datetime | None = None,
) -> set[int]:
    """Writes `rows` of `source` and returns the ids of the customers whose data changed.

    1. Current owners of the rows are noted: a row may pass from one customer to another.
    2. Rows are upserted; an older version never replaces a newer one.
    3. Identities are resolved to customers, statements recorded and their basis recomputed.
    4. Rows that arrived before their customer, or with them, are linked to that customer, guests
       who lost their last order are marked as gone, and the address follows the purchases.
    5. All affected customers are marked as changed.

    `country` is the shop's: phone numbers without a country code are numbers there.
    """
    rows = replace(rows, identities=[_with_keys(row, country) for row in rows.identities])
    customers.lock_identity_writes(connection)
    now = now or datetime.now(UTC)
    previous_owners = _previous_owners(connection, source, rows)
    guests = load_guests(connection, source, [row["external_id"] for row in rows.orders])
    _upsert_rows(connection, source, rows)
    affected = _resolve_people(connection, source, rows, now)
    for name, model in OWNED_MODELS.items():
        affected |= _assign_owners(connection, model, source, getattr(rows, name))
    affected |= mark_without_orders(connection, source, guests, now)
    if rows.orders:
        update_mailing_addresses(connection, affected)
    affected |= _refunded_customers(connection, source, rows.refunds)
    affected |= customers.still_existing(connection, previous_owners)
    changed_customers.mark_changed(connection, affected)
    return affected


def _with_keys(row: Row, country: str | None) -> Row:
    """Adds what is compared instead of number and tags."""
    tags = tag_keys(row["tags"]) if row["tags"] != "[]" else ""
    return {**row, "phone_key": phone_key(row["phone"], country), "tag_keys": tags}


def _upsert_rows(connection: Connection, source: str, rows: SourceRows) -> None:
    _upsert_identities(connection, rows.identities)
    _upsert_custom_fields(connection, source, rows)
    for name, model in OWNED_MODELS.items():
        model_rows = getattr(rows, name)
        upsert(connection, model, model_rows, key=SOURCE_KEY, owner_columns=OWNER_COLUMNS)
    upsert(connection, Refund, rows.refunds, key=SOURCE_KEY)
    upsert(connection, OrderLine, rows.order_lines, key=("source", "order_key", "position"))
    upsert(connection, OrderCoupon, rows.order_coupons, key=("source", "order_key", "position"))
    upsert(connection, CartLine, rows.cart_lines, key=("source", "cart_key", "position"))
    _delete_outdated_children(connection, OrderLine, Order, "order_key", source, rows.orders)
    _delete_outdated_children(connection, OrderCoupon, Order, "order_key", source, rows.orders)
    _delete_outdated_children(connection, CartLine, Cart, "cart_key", source, rows.carts)


def _upsert_identities(connection: Connection, identities: Sequence[Row]) -> None:
    """An address that a record has lost is deleted: mail to it rests on nothing any more."""
    for reports_address, keep_if_null in ((False, (*ADDRESS, *KEPT_FACTS)), (True, KEPT_FACTS)):
        rows = [
            {name: row[name] for name in row if name not in (REPORTS_ADDRESS, REPORTS_FIELDS)}
            for row in identities
            if row.get(REPORTS_ADDRESS, False) is reports_address
        ]
        upsert(connection, Identity, rows, key=SOURCE_KEY, keep_if_null=keep_if_null)


def _upsert_custom_fields(connection: Connection, source: str, rows: SourceRows) -> None:
    """A value that a newer copy of its record no longer has is deleted."""
    fields_with_keys = [custom_field_row(row) for row in rows.custom_fields]
    upsert(connection, CustomField, fields_with_keys, key=(*SOURCE_KEY, "name"))
    identities = [row for row in rows.identities if row.get(REPORTS_FIELDS)]
    _delete_outdated_children(connection, CustomField, Identity, "external_id", source, identities)


def _delete_outdated_children(
    connection: Connection,
    child: ChildModel,
    parent: ParentModel,
    key: str,
    source: str,
    rows: Sequence[Row],
) -> None:
    """Deletes what an older order, cart or identity had, and the newer one no longer has."""
    if rows:
        parent_keys = [row["external_id"] for row in rows]
        connection.execute(
            _delete_outdated_query(child, parent, key),
            {"row_source": source, "values": parent_keys},
        )


@cache
def _delete_outdated_query(child: ChildModel, parent: ParentModel, key: str) -> Delete:
    current_version = (
        select(col(parent.version))
        .where(
            col(parent.source) == col(child.source), col(parent.external_id) == getattr(child, key)
        )
        .scalar_subquery()
    )
    return delete(child).where(
        col(child.source) == bindparam("row_source"),
        getattr(child, key).in_(IN_VALUES),
        col(child.version) < current_version,
    )


def _resolve_people(
    connection: Connection, source: str, rows: SourceRows, now: datetime
) -> set[int]:
    if not rows.identities and not rows.statements:
        return set()
    affected = (
        customers.resolve_customers(connection, rows.identities, now=now)
        if rows.identities
        else set()
    )
    affected |= restore_listed(connection, source, [row["external_id"] for row in rows.identities])
    record_statements(connection, rows.statements)
    for named_source, keys in _named_keys(source, rows).items():
        _link_customers(connection, BasisStatement, SOURCE_KEY, named_source, keys)
        affected |= _customers_named_only(connection, named_source, rows, keys)
        if named_source == source:
            for model in _models_without_owner(connection, source):
                _link_customers(connection, model, OWNER_COLUMNS, source, keys)
    basis.recompute_basis(connection, affected)
    return affected


def _named_keys(source: str, rows: SourceRows) -> dict[str, list[str]]:
    """The keys of records that statements are about, by source: orders name those of a list."""
    keys: dict[str, set[str]] = {source: set()}
    for row in (*rows.identities, *rows.statements):
        keys.setdefault(row["source"], set()).add(row["external_id"])
    return {named_source: sorted(named_keys) for named_source, named_keys in keys.items()}


def _customers_named_only(
    connection: Connection, source: str, rows: SourceRows, keys: Sequence[str]
) -> set[int]:
    """A statement may arrive without its identity, which was ingested before."""
    identity_keys = {(row["source"], row["external_id"]) for row in rows.identities}
    return _customer_ids(
        connection, Identity, source, [key for key in keys if (source, key) not in identity_keys]
    )


def _models_without_owner(connection: Connection, source: str) -> list[OwnedModel]:
    """The tables in which rows of this source have no customer yet: seldom any."""
    flags = connection.execute(_without_owner_query(), {"row_source": source}).one()
    return [
        model
        for model, has_unowned in zip(OWNED_MODELS.values(), flags, strict=True)
        if has_unowned
    ]


@cache
def _without_owner_query() -> Select[tuple[bool, ...]]:
    """Takes the first row of each index: for EXISTS, PostgreSQL would scan the whole table."""
    return select(
        *(
            select(col(model.id))
            .where(
                col(model.customer_id).is_(None),
                col(model.customer_key).is_not(None),
                col(model.customer_source) == bindparam("row_source"),
            )
            .order_by(col(model.customer_source), col(model.customer_key))
            .limit(1)
            .scalar_subquery()
            .is_not(None)
            for model in OWNED_MODELS.values()
        )
    )


def _assign_owners(
    connection: Connection, model: OwnedModel, source: str, rows: Sequence[Row]
) -> set[int]:
    if not rows:
        return set()
    for customer_source, keys in _customer_keys_by_source(rows):
        _link_customers(connection, model, OWNER_COLUMNS, customer_source, keys)
    return _customer_ids(connection, model, source, [row["external_id"] for row in rows])


def _previous_owners(connection: Connection, source: str, rows: SourceRows) -> set[int]:
    """The customers that the rows had before: a cart may pass from one to another."""
    owners: set[int] = set()
    for name, model in OWNED_MODELS.items():
        keys = [row["external_id"] for row in getattr(rows, name)]
        owners |= _customer_ids(connection, model, source, keys)
    return owners


def _refunded_customers(connection: Connection, source: str, rows: Sequence[Row]) -> set[int]:
    """The customers of refunded orders. A refund may arrive first; then its order marks them."""
    return _customer_ids(connection, Order, source, [row["order_key"] for row in rows])


def _customer_ids(
    connection: Connection, model: OwnedModel | type[Identity], source: str, keys: Sequence[str]
) -> set[int]:
    if not keys:
        return set()
    return set(
        connection.scalars(_customer_ids_query(model), {"row_source": source, "values": keys})
    )


@cache
def _customer_ids_query(model: OwnedModel | type[Identity]) -> Select[tuple[int]]:
    table = table_of(model)
    return (
        select(table.c.customer_id)
        .where(
            table.c.source == bindparam("row_source"),
            table.c.external_id.in_(IN_VALUES),
            table.c.customer_id.is_not(None),
        )
        .distinct()
    )


def _customer_keys_by_source(rows: Iterable[Row]) -> Iterable[tuple[str, list[str]]]:
    keys: dict[str, set[str]] = {}
    for row in rows:
        if row["customer_key"] is not None:
            keys.setdefault(row["customer_source"], set()).add(row["customer_key"])
    return [(source, sorted(customer_keys)) for source, customer_keys in keys.items()]


def _link_customers(
    connection: Connection,
    model: type[SQLModel],
    name_columns: tuple[str, str],
    source: str,
    keys: Sequence[str],
) -> None:
    """Links rows that arrived before their customer, or with them, to that customer."""
    connection.execute(_link_query(model, *name_columns), {"row_source": source, "values": keys})


@cache
def _link_query(model: type[SQLModel], source: str, key: str) -> Update:
    table = table_of(model)
    named_identity = and_(
        col(Identity.source) == table.c[source], col(Identity.external_id) == table.c[key]
    )
    return (
        update(table)
        .where(
            table.c.customer_id.is_(None),
            table.c[source] == bindparam("row_source"),
            table.c[key].in_(IN_VALUES),
        )
        .values(
            customer_id=select(col(Identity.customer_id)).where(named_identity).scalar_subquery()
        )
    )
