"""Matches a page of a file to what is stored, in the transaction that writes the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from connectors.csv.orders.counterparts import find_counterparts
from connectors.csv.orders.groups import CsvOrder, CsvRefund
from connectors.csv.orders.index import OrderIndex
from connectors.csv.orders.refund_counterparts import with_stored_refunds
from connectors.csv.orders.refund_orders import assign_refunds, delete_withdrawn_refunds
from connectors.csv.orders.rekey import with_counterpart, with_stored_key
from connectors.csv.orders.stored_orders import (
    KeyForms,
    StoredOrder,
    load_orders,
    possible_keys,
)
from connectors.csv.rows import CsvFormat
from connectors.stream import ParsedRecord
from shop.db.upsert import Row
from shop.identity.customer_numbers import match_numbers


def reconcile_customers(
    connection: Connection, parsed: Sequence[ParsedRecord], csv_format: CsvFormat
) -> list[ParsedRecord]:
    """Return `parsed` with customer numbers as the list of customers spells them."""
    spelling = match_numbers(
        connection,
        csv_format.customers_of,
        {
            row["customer_key"]
            for record in parsed
            for row in (*record.rows.orders, *record.rows.answers)
            if row["customer_key"] and row["customer_source"] == csv_format.customers_of
        },
    )
    return [_respell(record, spelling) for record in parsed] if spelling else list(parsed)


def _respell(record: ParsedRecord, spelling: Mapping[str, str]) -> ParsedRecord:
    def respelled(rows: Sequence[Row]) -> list[Row]:
        return [
            {**row, "customer_key": spelling.get(row["customer_key"], row["customer_key"])}
            for row in rows
        ]

    orders, answers = respelled(record.rows.orders), respelled(record.rows.answers)
    return replace(record, rows=replace(record.rows, orders=orders, answers=answers))


def reconcile_orders(
    connection: Connection,
    records: Sequence[CsvOrder | CsvRefund],
    parsed: Sequence[ParsedRecord],
    csv_format: CsvFormat,
    *,
    forms: KeyForms,
    index: OrderIndex,
) -> list[ParsedRecord]:
    """Return `parsed` with the keys under which orders are stored, and refunds with their orders.

    `forms` is what `load_key_forms` returned before the file was read; `index` has its rows.

    1. Customer numbers are spelled as in the list of customers.
    2. An order takes the key under which it is stored, as its file had numbers, or none, or times
       of day before; a number that began again gets its day.
    3. Refunds whose order is not in the rows of their number are assigned to one of the customer.
    4. Rows that are no sales are left out, unless an earlier reading took them for orders.
    5. What an earlier version of the file called refunded, and this one does not, is removed.
    """
    if csv_format.customers_of != csv_format.source:
        parsed = reconcile_customers(connection, parsed, csv_format)
    is_first_reading = not (forms.numbered or forms.unnumbered)
    stored: Mapping[str, StoredOrder] = {}
    if not is_first_reading:
        keys = possible_keys(records, padded=forms.padded)
        stored = load_orders(connection, csv_format.source, keys)
    parsed = [
        with_stored_key(record, parsed_record, stored, csv_format)
        for record, parsed_record in zip(records, parsed, strict=True)
    ]
    parsed = _without_new_no_sales(records, parsed, stored)
    if unknown := [] if is_first_reading else _unknown_orders(records, parsed, stored, forms):
        parsed = _match_unknown(connection, records, parsed, unknown, index, csv_format)
    if not is_first_reading:
        records, parsed = with_stored_refunds(connection, records, parsed, index, csv_format)
    assigned = assign_refunds(connection, records, parsed, csv_format)
    delete_withdrawn_refunds(connection, csv_format.source, assigned)
    return assigned


def _without_new_no_sales(
    records: Sequence[CsvOrder | CsvRefund],
    parsed: Sequence[ParsedRecord],
    stored: Mapping[str, StoredOrder],
) -> list[ParsedRecord]:
    """Return `parsed` without rows that are no sales; one that was stored as an order counts no
    longer.
    """

    def is_left_out(record: CsvOrder | CsvRefund, parsed_record: ParsedRecord) -> bool:
        if not isinstance(record, CsvOrder) or not record.is_no_sale:
            return False
        return not any(row["external_id"] in stored for row in parsed_record.rows.orders)

    return [
        ParsedRecord(parsed_record.key) if is_left_out(record, parsed_record) else parsed_record
        for record, parsed_record in zip(records, parsed, strict=True)
    ]


def _unknown_orders(
    records: Sequence[CsvOrder | CsvRefund],
    parsed: Sequence[ParsedRecord],
    stored: Mapping[str, StoredOrder],
    forms: KeyForms,
) -> list[tuple[CsvOrder, Row]]:
    """Return the orders under whose key nothing is stored; one with a number may be without it."""
    return [
        (record, parsed_record.rows.orders[0])
        for record, parsed_record in zip(records, parsed, strict=True)
        if isinstance(record, CsvOrder)
        and parsed_record.rows.orders
        and parsed_record.rows.orders[0]["external_id"] not in stored
        and (forms.unnumbered or not record.number)
    ]


def _match_unknown(
    connection: Connection,
    records: Sequence[CsvOrder | CsvRefund],
    parsed: Sequence[ParsedRecord],
    unknown: Sequence[tuple[CsvOrder, Row]],
    index: OrderIndex,
    csv_format: CsvFormat,
) -> list[ParsedRecord]:
    """Return `parsed` with the keys of stored orders that the file knows by other keys."""
    matches = find_counterparts(connection, unknown, index, csv_format)
    lines = {record.rows[0].line for record, _ in unknown}
    return [
        with_counterpart(record, parsed_record, matches, csv_format)
        if isinstance(record, CsvOrder) and record.rows[0].line in lines
        else parsed_record
        for record, parsed_record in zip(records, parsed, strict=True)
    ]
