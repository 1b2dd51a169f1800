"""Finds the orders that refunds of a file are of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from sqlalchemy import Connection, Delete, SQLColumnExpression, bindparam, delete, select
from sqlmodel import col

from connectors.csv.orders.groups import CsvOrder, CsvRefund
from connectors.csv.orders.rekey import STATED_REFUND
from connectors.csv.orders.stored_orders import (
    Buyer,
    StoredOrder,
    dated_key,
    load_in_batches,
    load_orders,
    load_orders_of,
    possible_keys,
)
from connectors.csv.rows import CsvFormat, parse_buyer
from connectors.stream import ParsedRecord
from shop.db.upsert import IN_VALUES, Row
from shop.identity.customer_numbers import match_numbers
from shop.tables import Refund

NO_ORDER = "The total is negative, and no earlier order of this customer is as large."


@dataclass
class RefundableOrders:
    """The orders that refunds of a page may be of, and what was given back of each before."""

    by_key: dict[str, StoredOrder]
    by_buyer: defaultdict[Buyer, dict[str, StoredOrder]]
    given_back: defaultdict[str, dict[str, int]] = field(
        default_factory=lambda: defaultdict(dict)
    )  # by order, by refund
    order_of_refund: dict[str, str] = field(default_factory=dict)

    def choose(self, refund: CsvRefund, buyer: Buyer, csv_format: CsvFormat) -> str | None:
        """Return the key of the order of `refund`, or None.

        It is the one that it was assigned to before, the one with its number, or the customer's
        latest order before it of which as much is left, first of all exactly as much.
        """
        before = self.order_of_refund.get(refund.key)
        if before in self.by_key:
            return before
        if refund.number:
            numbers = (dated_key(refund.number, refund.row.day or ""), refund.number)
            named = next((self.by_key[key] for key in numbers if key in self.by_key), None)
            if named and (buyer[1] is None or named.buyer[1] in (None, buyer[1])):
                return named.key
        orders = self.by_buyer.get(buyer, {}).values() if buyer[1] else ()
        candidates = [
            order
            for order in orders
            if order.counts
            and order.day(csv_format.zone) <= (refund.row.day or "")
            and self.left(order, refund) >= refund.amount
        ]
        best = max(
            candidates,
            key=lambda order: (self.left(order, refund) == refund.amount, order.placed_at),
            default=None,
        )
        return best.key if best else None

    def is_stated(self, refund: CsvRefund, key: str) -> bool:
        """Return whether the status of order `key` has said already that this was given back."""
        given_back, order = self.given_back[key], self.by_key.get(key)
        if order is None or key + STATED_REFUND not in given_back or refund.key in given_back:
            return False
        return self.left(order, refund) < refund.amount

    def left(self, order: StoredOrder, refund: CsvRefund) -> int:
        """Return what is left of `order`, apart from `refund`."""
        others = self.given_back[order.key].items()
        return order.total - sum(amount for key, amount in others if key != refund.key)


def assign_refunds(
    connection: Connection,
    records: Sequence[CsvOrder | CsvRefund],
    parsed: Sequence[ParsedRecord],
    csv_format: CsvFormat,
) -> list[ParsedRecord]:
    """Return `parsed` with the orders of refunds that stand apart from their orders."""
    refunds = [record for record in records if isinstance(record, CsvRefund)]
    if not refunds:
        return list(parsed)
    buyers = _buyers(connection, refunds, parsed, csv_format)
    orders = _load_refundable(connection, refunds, parsed, set(buyers.values()), csv_format)
    return [
        _assign(record, parsed_record, orders, buyers[record.key], csv_format)
        if isinstance(record, CsvRefund) and parsed_record.rows.refunds
        else parsed_record
        for record, parsed_record in zip(records, parsed, strict=True)
    ]


def _buyers(
    connection: Connection,
    refunds: Sequence[CsvRefund],
    parsed: Sequence[ParsedRecord],
    csv_format: CsvFormat,
) -> dict[str, Buyer]:
    """Return the customer of each refund, as the list of customers spells the number."""
    read_at = next((refund.row.placed_at for refund in refunds if refund.row.placed_at), None)
    if read_at is None:
        return {refund.key: (csv_format.source, None) for refund in refunds}
    named = {
        refund.key: parse_buyer(refund.row.customer, csv_format, read_at)[0] for refund in refunds
    }
    spelling: dict[str, str] = {}
    if csv_format.customers_of != csv_format.source:
        keys = {key for source, key in named.values() if key and source == csv_format.customers_of}
        spelling = match_numbers(connection, csv_format.customers_of, keys)
    return {
        refund: (source, spelling.get(key or "", key)) for refund, (source, key) in named.items()
    }


def _load_refundable(
    connection: Connection,
    refunds: Sequence[CsvRefund],
    parsed: Sequence[ParsedRecord],
    buyers: set[Buyer],
    csv_format: CsvFormat,
) -> RefundableOrders:
    """Return the orders of the refunds' numbers and customers, stored ones and the page's."""
    source = csv_format.source
    orders = RefundableOrders(
        load_orders(connection, source, possible_keys(refunds, padded=False)), defaultdict(dict)
    )
    for buyer_source in {buyer_source for buyer_source, _ in buyers}:
        keys = {key for owner, key in buyers if key and owner == buyer_source}
        for buyer_key, order in load_orders_of(connection, source, buyer_source, keys):
            orders.by_buyer[buyer_source, buyer_key][order.key] = order
            orders.by_key.setdefault(order.key, order)
    for record in parsed:
        for row in record.rows.orders:
            order = StoredOrder.of_row(row)
            orders.by_key[order.key] = orders.by_buyer[order.buyer][order.key] = order
    refund_keys = [refund.key for refund in refunds]
    read_before = list(load_refunds(connection, source, col(Refund.external_id), refund_keys))
    missing = {row["order_key"] for row in read_before} - orders.by_key.keys()
    orders.by_key |= load_orders(connection, source, missing)
    given_back = [
        *load_refunds(connection, source, col(Refund.order_key), list(orders.by_key)),
        *read_before,
        *(row for record in parsed if record.rows.orders for row in record.rows.refunds),
    ]
    for row in given_back:
        orders.given_back[row["order_key"]][row["external_id"]] = row["total"]
        orders.order_of_refund[row["external_id"]] = row["order_key"]
    return orders


def load_refunds(
    connection: Connection, source: str, column: SQLColumnExpression[str], values: Sequence[str]
) -> Iterator[Row]:
    """Yield the refunds of `source` with one of `values` in `column`."""
    query = select(col(Refund.external_id), col(Refund.order_key), col(Refund.total)).where(
        col(Refund.source) == bindparam("row_source"), column.in_(IN_VALUES)
    )
    return load_in_batches(connection, query, values, {"row_source": source})


def _assign(
    refund: CsvRefund,
    parsed: ParsedRecord,
    orders: RefundableOrders,
    buyer: Buyer,
    csv_format: CsvFormat,
) -> ParsedRecord:
    key = orders.choose(refund, buyer, csv_format)
    if key is None:
        return ParsedRecord(parsed.key, errors=(NO_ORDER,))
    if orders.is_stated(refund, key):
        return ParsedRecord(parsed.key)
    orders.given_back[key][refund.key] = refund.amount
    refunds: list[Row] = [{**row, "order_key": key} for row in parsed.rows.refunds]
    return replace(parsed, rows=replace(parsed.rows, refunds=refunds))


def delete_withdrawn_refunds(
    connection: Connection, source: str, parsed: Sequence[ParsedRecord]
) -> None:
    """Remove what an earlier version of the file called refunded, and this one does not."""
    stated = {row["external_id"] for record in parsed for row in record.rows.refunds}
    keys = {row["external_id"] + STATED_REFUND for record in parsed for row in record.rows.orders}
    if withdrawn := sorted(keys - stated):
        connection.execute(_delete_refunds(), {"row_source": source, "values": withdrawn})


@cache
def _delete_refunds() -> Delete:
    return delete(Refund).where(
        col(Refund.source) == bindparam("row_source"), col(Refund.external_id).in_(IN_VALUES)
    )
