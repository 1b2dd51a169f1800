"""All spellings of an address with letters beyond ASCII are one mailbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from settings.email_address import address_key

revision = "0017"
down_revision = "0016"

BATCH_SIZE = 2_000
KEYS_OF_RECORDS = (
    ("basis_statements", "source", "external_id"),
    ("orders", "customer_source", "customer_key"),
    ("carts", "customer_source", "customer_key"),
    ("bookings", "customer_source", "customer_key"),
    ("answers", "customer_source", "customer_key"),
    ("points_entries", "customer_source", "customer_key"),
)


def upgrade() -> None:
    """Folds all stored addresses again; those in plain ASCII stay as they are.

    1. Keys without a rule of their own are replaced.
    2. Contacts and suppressions with the same key become one.
    3. Records that a source calls by their address get its new key, unless it has a record of it.
    4. Customers who turn out to have one address: they are merged when one of their records is read
       again. Until then none of them is mailed if one of them must not be, and else the oldest.
    """
    connection = op.get_bind()
    for table, key in (
        ("identities", "email_key"), ("sign_ups", "address_key"), ("mail_events", "address"),
        ("basis_statements", "address_key"),
    ):  # fmt: skip
        for row_id, _, new_key in _changed(connection, table, "id", key):
            _update(connection, table, {key: new_key}, {"id": row_id})
    _fold_contacts(connection)
    _fold_suppressions(connection)
    _fold_record_keys(connection)
    _fold_customers(connection)


def _changed(
    connection: sa.Connection, table: str, id_column: str, key: str
) -> list[tuple[Any, str, str]]:
    """The id, the old and the new key of each row whose key changes."""
    ids: sa.ColumnClause[Any] = sa.column(id_column)
    keys: sa.ColumnClause[Any] = sa.column(key)
    query = sa.select(ids, keys).select_from(sa.table(table)).where(keys.is_not(None))
    return [
        (row[0], row[1], new_key)
        for row in _stream(connection, query)
        if (new_key := address_key(row[1])) and new_key != row[1]
    ]


def _stream(connection: sa.Connection, query: Any) -> Iterator[Any]:
    """All rows are read before the first is changed; only changed ones are kept in memory."""
    return iter(connection.execute(query.execution_options(yield_per=BATCH_SIZE)))


def _update(
    connection: sa.Connection, table: str, values: dict[str, Any], where: dict[str, Any]
) -> None:
    conditions = [sa.column(name) == value for name, value in where.items()]
    target = sa.table(table, *(sa.column(name) for name in values))
    connection.execute(sa.update(target).where(*conditions).values(**values))


def _exists(connection: sa.Connection, table: str, where: dict[str, Any]) -> bool:
    conditions = [sa.column(name) == value for name, value in where.items()]
    query = sa.select(sa.literal(1)).select_from(sa.table(table)).where(*conditions)
    return connection.execute(query.limit(1)).first() is not None


def _delete(connection: sa.Connection, table: str, where: dict[str, Any]) -> None:
    conditions = [sa.column(name) == value for name, value in where.items()]
    connection.execute(sa.delete(sa.table(table)).where(*conditions))


def _fold_contacts(connection: sa.Connection) -> None:
    channel: sa.ColumnClause[str] = sa.column("channel")
    columns: list[sa.ColumnClause[Any]] = [sa.column("identity_id"), sa.column("key")]
    query = sa.select(*columns).select_from(sa.table("contacts"))
    changes = [
        (row[0], row[1], new_key)
        for row in _stream(connection, query.where(channel == "e-mail"))
        if (new_key := address_key(row[1])) and new_key != row[1]
    ]
    for identity_id, old_key, new_key in changes:
        old = {"identity_id": identity_id, "channel": "e-mail", "key": old_key}
        if _exists(connection, "contacts", {**old, "key": new_key}):
            _delete(connection, "contacts", old)
        else:
            _update(connection, "contacts", {"key": new_key}, old)


def _fold_suppressions(connection: sa.Connection) -> None:
    """Of two, a complaint stays before others, and one that holds before one that was lifted."""
    names = ("address", "reason", "lifted_at")
    query = sa.select(*map(sa.column, names)).select_from(sa.table("suppressions"))
    for _, old_key, new_key in _changed(connection, "suppressions", "address", "address"):
        rows = connection.execute(query.where(sa.column("address").in_([old_key, new_key])))
        ranked = sorted(
            rows, key=lambda row: (row.reason != "complaint", row.lifted_at is not None)
        )
        for row in ranked[1:]:
            _delete(connection, "suppressions", {"address": row.address})
        if ranked[0].address != new_key:
            _update(connection, "suppressions", {"address": new_key}, {"address": old_key})


def _fold_record_keys(connection: sa.Connection) -> None:
    """The record of an address, and what names it."""
    names = ("id", "source", "external_id")
    query = sa.select(*map(sa.column, names)).select_from(sa.table("identities"))
    changes = [
        (row.id, row.source, row.external_id, f"{prefix}{new_key}")
        for row in _stream(connection, query.where(sa.column("external_id").contains("@")))
        for prefix, address in [_split_prefix(row.external_id)]
        if (new_key := address_key(address)) and new_key != address
    ]
    for identity_id, source, old_key, new_key in changes:
        if _exists(connection, "identities", {"source": source, "external_id": new_key}):
            continue
        _update(connection, "identities", {"external_id": new_key}, {"id": identity_id})
        for table, source_column, key_column in KEYS_OF_RECORDS:
            where = {source_column: source, key_column: old_key}
            _update(connection, table, {key_column: new_key}, where)


def _split_prefix(key: str) -> tuple[str, str]:
    return ("guest:", key.removeprefix("guest:")) if key.startswith("guest:") else ("", key)


def _fold_customers(connection: sa.Connection) -> None:
    customers = sa.table("customers", *map(sa.column, ("id", "email_key")))
    by_key: dict[str, list[int]] = defaultdict(list)
    for customer, _, new_key in _changed(connection, "customers", "id", "email_key"):
        by_key[new_key].append(customer)
    for new_key, changed in by_key.items():
        query = sa.select(customers.c.id).where(customers.c.email_key == new_key)
        claimants = sorted([*changed, *connection.scalars(query)])
        for customer in claimants[1:]:
            _update(connection, "customers", {"email": None, "email_key": None}, {"id": customer})
        if len(claimants) > 1 and _any_blocked(connection, claimants):
            _update(
                connection, "customers", {"email": None, "email_key": None}, {"id": claimants[0]}
            )
        else:
            _update(connection, "customers", {"email_key": new_key}, {"id": claimants[0]})


def _any_blocked(connection: sa.Connection, customers: list[int]) -> bool:
    basis = sa.table("basis", *map(sa.column, ("customer_id", "state")))
    blocked = sa.select(basis.c.state).where(
        basis.c.customer_id.in_(customers), basis.c.state.in_(["no", "unread"])
    )
    return connection.execute(blocked.limit(1)).first() is not None
