"""Gives the records of a file the keys under which they are stored; pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from connectors.csv.config import TotalIsOf
from connectors.csv.orders.baskets import Match, MatchKind
from connectors.csv.orders.counterparts import is_midnight
from connectors.csv.orders.groups import CsvOrder, CsvRefund, TotalRule, build_order
from connectors.csv.orders.records import order
from connectors.csv.orders.row import OrderRow
from connectors.csv.orders.stored_orders import StoredOrder, order_key
from connectors.csv.rows import CsvFormat
from connectors.stream import ParsedRecord
from shop.db.upsert import Row
from shop.ingest.source_rows import SourceRows
from shop.types.moment import moment_of

KEPT_SUM = (
    "Orders with the same total in several rows, read before, keep the sum of their rows. In new "
    "ones it is the order's. Write total is of: the order, or the line, under {source} to decide "
    "it for all of them."
)
KEPT_ROWS = (
    "Orders of several rows in {source} that were read before without their numbers stay as they "
    "are stored: each of their rows is an order. New orders are read with all their rows. Nothing "
    "has to be done."
)
KEPT_ORDERS = (
    "Rows of {source} belong to orders that were read with their numbers before. These orders stay "
    "as they are stored. Name the column of the numbers again, with order: under columns, so that "
    "corrections of them are read."
)
UNDECIDED = (
    "It may be a row of an order that was read with its number before, or a new order. It is not "
    "counted. Name the column of the numbers again, with order: under columns."
)
NOT_COUNTED = (
    "Rows of {source} may belong to orders that were read with their numbers before, or be new "
    "orders. They are not counted, and are listed by: regulars set-aside. Name the column of the "
    "numbers again, with order: under columns."
)
STATED_REFUND = "/refunded"  # ends the key of a refund that a status or a column states


def with_stored_key(
    record: CsvOrder | CsvRefund,
    parsed: ParsedRecord,
    stored: Mapping[str, StoredOrder],
    csv_format: CsvFormat,
) -> ParsedRecord:
    """Return `parsed` with the key under which the order is `stored`, or the one it will get."""
    if not isinstance(record, CsvOrder) or not parsed.rows.orders:
        return parsed
    [row] = parsed.rows.orders
    key = order_key(record, row, stored, csv_format)
    return _as_stored(record, parsed, key, stored.get(key), csv_format)


def with_counterpart(
    record: CsvOrder,
    parsed: ParsedRecord,
    matches: Mapping[int, Match],
    csv_format: CsvFormat,
) -> ParsedRecord:
    """Return `parsed` with the key of the stored order that `matches` (by line) found for it.

    A row of a stored order changes nothing, and an undecided one is set aside. Of an order whose
    rows are stored one by one, these stay orders.
    """
    of_rows = {row.line: matches[row.line] for row in record.rows if row.line in matches}
    kinds = {match.kind for match in of_rows.values()}
    if MatchKind.PART in kinds:
        warning = KEPT_ORDERS.format(source=csv_format.source)
        people = SourceRows(identities=parsed.rows.identities)
        return ParsedRecord(parsed.key, people, parsed.errors, (warning,))
    if MatchKind.UNDECIDED in kinds:
        warning = NOT_COUNTED.format(source=csv_format.source)
        return ParsedRecord(parsed.key, errors=(UNDECIDED,), warnings=(warning,))
    orders = {line: match.order for line, match in of_rows.items() if match.order}
    if not orders:
        return parsed
    first, *others = orders.values()
    rows_with_total = sum(row.total is not None for row in record.rows)
    if not others and (rows_with_total == 1 or first.total in (record.total, record.sum_of_rows)):
        return _as_stored(record, parsed, first.key, first, csv_format)
    return _by_rows(record, parsed, orders, csv_format)


def _as_stored(
    record: CsvOrder,
    parsed: ParsedRecord,
    key: str,
    before: StoredOrder | None,
    csv_format: CsvFormat,
) -> ParsedRecord:
    if before and record.sum_of_rows == before.total:
        parsed = _with_sum(record, parsed, csv_format)
    [row] = parsed.rows.orders
    placed_at = _placed_at(row["placed_at"], before, csv_format)
    if (key, placed_at) == (row["external_id"], row["placed_at"]):
        return parsed
    rows = replace(
        parsed.rows,
        orders=[{**row, "external_id": key, "placed_at": placed_at}],
        order_lines=[{**line, "order_key": key} for line in parsed.rows.order_lines],
        refunds=[_refund_of(refund, row["external_id"], key) for refund in parsed.rows.refunds],
    )
    return replace(parsed, rows=rows)


def _placed_at(written: datetime, before: StoredOrder | None, csv_format: CsvFormat) -> datetime:
    """Return when an order was placed: a spreadsheet that drops the time says nothing new."""
    zone = csv_format.zone
    if before is None or not is_midnight(written, zone):
        return written
    same_day = before.day(zone) == written.astimezone(zone).date().isoformat()
    return before.placed_at if same_day else written


def _by_rows(
    record: CsvOrder,
    parsed: ParsedRecord,
    orders: Mapping[int, StoredOrder],
    csv_format: CsvFormat,
) -> ParsedRecord:
    """Return the rows of `record` that are stored as orders; refunds go to the largest one."""
    [whole] = parsed.rows.orders
    rows = SourceRows(identities=parsed.rows.identities)
    for row in record.rows:
        if row.line in orders:
            rows += _row_as_stored(row, orders[row.line], whole, csv_format)
    largest = max(orders.values(), key=lambda order: (order.total, order.key))
    rows.refunds += [
        {**refund, "order_key": largest.key}
        for refund in parsed.rows.refunds
        if refund["external_id"] != record.key + STATED_REFUND
    ]
    warnings = (*parsed.warnings, KEPT_ROWS.format(source=csv_format.source))
    return ParsedRecord(parsed.key, rows, parsed.errors, warnings)


def _row_as_stored(
    row: OrderRow, before: StoredOrder, whole: Row, csv_format: CsvFormat
) -> SourceRows:
    part = build_order(before.key, [row], None, row.day or "", False, TotalRule(TotalIsOf.LINE))
    rows = order(part, csv_format, moment_of(whole["version"])).rows
    buyer = {"customer_source": before.buyer[0], "customer_key": before.buyer[1]}
    orders: list[Row] = [{**order_row, **buyer} for order_row in rows.orders]
    return replace(rows, identities=[], orders=orders)


def _with_sum(record: CsvOrder, parsed: ParsedRecord, csv_format: CsvFormat) -> ParsedRecord:
    """Return an order with the sum of its rows as its total, as it is stored.

    Versions before `total is of` added equal totals. What was stored then changes, with its
    points, only when the owner says whose the totals are.
    """
    rows = replace(
        parsed.rows,
        orders=[{**row, "total": record.sum_of_rows} for row in parsed.rows.orders],
        order_lines=[
            {**line, "total": row.total or 0}
            for line, row in zip(parsed.rows.order_lines, record.rows, strict=False)
        ],
    )
    return replace(parsed, rows=rows, warnings=(KEPT_SUM.format(source=csv_format.source),))


def _refund_of(refund: Row, key_before: str, key: str) -> Row:
    stated = refund["external_id"] == key_before + STATED_REFUND
    refund_key = key + STATED_REFUND if stated else refund["external_id"]
    return {**refund, "external_id": refund_key, "order_key": key}
