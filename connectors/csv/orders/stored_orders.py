"""Finds the stored orders that the records of a page are about."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, bindparam, or_, select
from sqlmodel import col

from connectors.csv.orders.groups import CsvOrder, CsvRefund
from connectors.csv.record_keys import DIGEST_BYTES, customer_part
from connectors.csv.rows import CsvFormat
from shop.db.upsert import IN_VALUES, Row
from shop.identity.customer_numbers import IN_BATCH, canonical_number, possible_spellings
from shop.tables import Identity, Order

DIGITS_OF_DIGEST = 2 * DIGEST_BYTES
UNNUMBERED_KEY = re.compile(rf"[0-9a-f]{{{DIGITS_OF_DIGEST}}}\.[0-9]+")
Buyer = tuple[str, str | None]  # source and key of the customer
ORDER_COLUMNS = (
    col(Order.external_id), col(Order.placed_at), col(Order.total), col(Order.customer_source),
    col(Order.customer_key), col(Order.counts),
)  # fmt: skip


@dataclass(frozen=True)
class StoredOrder:
    """An order that is stored, or that is about to be."""

    key: str
    placed_at: datetime
    total: int
    buyer: Buyer
    counts: bool

    @classmethod
    def of_row(cls, row: Row) -> StoredOrder:
        buyer = (row["customer_source"], row["customer_key"])
        return cls(row["external_id"], row["placed_at"], row["total"], buyer, row["counts"])

    @property
    def has_number(self) -> bool:
        return not UNNUMBERED_KEY.fullmatch(self.key)

    def day(self, zone: ZoneInfo) -> str:
        return self.placed_at.astimezone(zone).date().isoformat()


def keys_of_numbers(numbers: Iterable[str], *, padded: bool) -> set[str]:
    """Return the keys under which orders with these numbers may be stored.

    Keys with leading zeros are among them if `padded`.
    """
    return {
        key
        for number in numbers
        for key in (
            number,
            canonical_number(number),
            *(possible_spellings(number) if padded else ()),
        )
    }


def possible_keys(records: Sequence[CsvOrder | CsvRefund], *, padded: bool) -> set[str]:
    """Return the keys under which orders may be stored; see `keys_of_numbers` for `padded`."""
    unnumbered = {record.key for record in records if not record.number}
    numbered = [record for record in records if record.number]
    dated = {dated_key(record.number or "", _day(record)) for record in numbered}
    numbers = (record.number or "" for record in numbered)
    return unnumbered | dated | keys_of_numbers(numbers, padded=padded)


def _day(record: CsvOrder | CsvRefund) -> str:
    return (record.day if isinstance(record, CsvOrder) else record.row.day) or ""


@dataclass(frozen=True)
class KeyForms:
    """Which keys the stored orders of a source have, beside plain numbers."""

    padded: bool  # numbers with leading zeros, or .0
    unnumbered: bool  # keys of orders that were read without a number
    numbered: bool  # any others


def load_key_forms(connection: Connection, source: str) -> KeyForms:
    """Return the forms of keys of `source`; it is asked once, before a file is read."""
    forms = connection.execute(_key_forms_query(), {"row_source": source}).one()
    return KeyForms(*map(bool, forms))


@cache
def _key_forms_query() -> Select[Any]:
    key = col(Order.external_id)
    of_source = select(col(Order.id)).where(col(Order.source) == bindparam("row_source"))
    return select(
        of_source.where(or_(key.like("0%"), key.like("%.0"))).exists(),
        of_source.where(key.like(f"{'_' * DIGITS_OF_DIGEST}.%")).exists(),
        of_source.where(key.not_like(f"{'_' * DIGITS_OF_DIGEST}.%")).exists(),
    )


def dated_key(number: str, day: str) -> str:
    """Return the key of an order whose number other orders on other days have too."""
    return f"{number} {day}"


def load_orders(connection: Connection, source: str, keys: Iterable[str]) -> dict[str, StoredOrder]:
    """Return the stored orders of `source` with these keys."""
    return {
        row["external_id"]: StoredOrder.of_row(row)
        for row in load_in_batches(connection, _orders_by_key(), keys, {"row_source": source})
    }


def load_orders_of(
    connection: Connection, source: str, buyer_source: str, buyer_keys: Iterable[str]
) -> Iterator[tuple[str, StoredOrder]]:
    """Yield the orders of `source` of these customers, with the customer's key."""
    names = {"row_source": source, "buyer_source": buyer_source}
    keys = list(buyer_keys)
    for query in (_orders_by_customer(), _orders_without_customer()):
        for row in load_in_batches(connection, query, keys, names):
            yield row["buyer_key"], StoredOrder.of_row(row)


def load_orders_between(
    connection: Connection,
    source: str,
    owners: Iterable[Buyer],
    start: datetime,
    end: datetime,
) -> Iterator[StoredOrder]:
    """Yield the orders of `source` placed from `start` until `end`, not including it.

    They are those of `owners`; with an owner without a key, those of everybody.
    """
    span = {"row_source": source, "start": start, "end": end}
    by_source: defaultdict[str, list[str]] = defaultdict(list)
    for owner_source, key in owners:
        if key is None:
            all_orders = connection.execute(_in_span(_all_orders()), span)
            yield from (StoredOrder.of_row(dict(row)) for row in all_orders.mappings())
            return
        by_source[owner_source].append(key)
    for owner_source, keys in by_source.items():
        names = span | {"buyer_source": owner_source}
        for query in (_orders_by_customer(), _orders_without_customer()):
            for row in load_in_batches(connection, _in_span(query), keys, names):
                yield StoredOrder.of_row(row)


def load_in_batches(
    connection: Connection, query: Select[Any], values: Iterable[str], names: Mapping[str, Any]
) -> Iterator[Row]:
    """Yield the rows of `query` for all `values`: a statement takes only some thousands."""
    remaining = iter(values)
    while batch := list(islice(remaining, IN_BATCH)):
        for row in connection.execute(query, {**names, "values": batch}).mappings():
            yield dict(row)


@cache
def _orders_by_key() -> Select[Any]:
    return select(*ORDER_COLUMNS).where(
        col(Order.source) == bindparam("row_source"), col(Order.external_id).in_(IN_VALUES)
    )


@cache
def _orders_by_customer() -> Select[Any]:
    return (
        select(*ORDER_COLUMNS, col(Identity.external_id).label("buyer_key"))
        .join(Identity, col(Identity.customer_id) == col(Order.customer_id))
        .where(
            col(Identity.source) == bindparam("buyer_source"),
            col(Identity.external_id).in_(IN_VALUES),
            col(Order.source) == bindparam("row_source"),
        )
    )


@cache
def _orders_without_customer() -> Select[Any]:
    """Orders of customers whom no list has."""
    return select(*ORDER_COLUMNS, col(Order.customer_key).label("buyer_key")).where(
        col(Order.customer_source) == bindparam("buyer_source"),
        col(Order.customer_key).in_(IN_VALUES),
        col(Order.customer_id).is_(None),
        col(Order.source) == bindparam("row_source"),
    )


@cache
def _all_orders() -> Select[Any]:
    return select(*ORDER_COLUMNS).where(col(Order.source) == bindparam("row_source"))


@lru_cache(8)
def _in_span(query: Select[Any]) -> Select[Any]:
    placed_at = col(Order.placed_at)
    return query.where(placed_at >= bindparam("start"), placed_at < bindparam("end"))


def order_key(
    order: CsvOrder, row: Row, stored: Mapping[str, StoredOrder], csv_format: CsvFormat
) -> str:
    """Return the key under which `order` is stored, or the one that a new order gets.

    The number is the key, as a spreadsheet may have written it before. A number that began again
    on another day (in this file, or since an earlier one, for another customer) is followed by the
    day; an order whose day alone was corrected stays the same order.
    """
    number, day = order.number, order.day
    if number is None or day is None:
        return order.key
    dated = dated_key(number, day)
    if not stored:
        return dated if order.number_recurs else number
    if dated in stored:
        return dated
    before = stored.get(number) or _spelled_otherwise(order, row, stored, csv_format.zone)
    if before is None:
        return dated if order.number_recurs else number
    if before.day(csv_format.zone) == day:
        return before.key
    began_again = order.number_recurs or _is_of_another(before, row)
    return dated if began_again else before.key


def _spelled_otherwise(
    order: CsvOrder, row: Row, stored: Mapping[str, StoredOrder], zone: ZoneInfo
) -> StoredOrder | None:
    """Return the order of the same number, day and customer, if there is exactly one."""
    matches = [
        before
        for spelling in possible_spellings(order.number or "")
        if (before := stored.get(spelling))
        and before.day(zone) == order.day
        and customer_part(before.buyer[1]) == customer_part(row["customer_key"])
    ]
    return matches[0] if len(matches) == 1 else None


def _is_of_another(before: StoredOrder, row: Row) -> bool:
    keys = {before.buyer[1], row["customer_key"]}
    return None not in keys and len({customer_part(key) for key in keys}) > 1
