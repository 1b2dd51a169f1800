"""Turns orders and refunds of a file into rows; nothing raises."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from connectors.csv.orders.groups import CsvOrder, CsvRefund
from connectors.csv.orders.row import OrderRow
from connectors.csv.orders.words import OrderStatus, parse_channel
from connectors.csv.rows import CsvFormat, parse_buyer
from connectors.read_record import hold_future_order
from connectors.stream import ParsedRecord
from shop.db.upsert import Row
from shop.ingest.source_rows import SourceRows
from shop.types.moment import microseconds

UNKNOWN_CHANNEL = "unknown"  # neither till nor online: a visit, but no ground for mailing anyone


def order(record: CsvOrder | CsvRefund, csv_format: CsvFormat, read_at: datetime) -> ParsedRecord:
    if isinstance(record, CsvRefund):
        return _refund(record, csv_format, read_at)
    rows, position = record.rows, f"line {record.rows[0].line}"
    placed_at = min((row.placed_at for row in _purchases(rows) if row.placed_at), default=None)
    if record.is_no_sale and placed_at is None:
        return ParsedRecord(position)
    if record.errors or placed_at is None:
        return ParsedRecord(position, errors=record.errors or ("The date is none.",))
    customer = next((row.customer for row in rows if row.customer), "")
    buyer, identities, buyer_errors = parse_buyer(customer, csv_format, read_at)
    version = microseconds(read_at)
    order_row, future_errors = hold_future_order({
        "source": csv_format.source, "external_id": record.key,
        "customer_source": buyer[0], "customer_key": buyer[1],
        "placed_at": placed_at, "total": record.total,
        "currency": rows[0].currency or csv_format.currency,
        "channel": _channel(rows), "counts": record.counts,
        "awaits_payment": record.awaits_payment, "version": version,
    }, read_at)  # fmt: skip
    refunds = [
        _refund_row(
            refund.key, record.key, refund.row.placed_at, refund.amount, csv_format, version
        )
        for refund in record.refunds
    ]
    if record.refunded:
        refunded_at = max(row.placed_at for row in rows if row.placed_at)
        key = f"{record.key}/refunded"
        refunds.append(
            _refund_row(key, record.key, refunded_at, record.refunded, csv_format, version)
        )
    lines = order_lines(record, csv_format, version) if csv_format.has_products else []
    source_rows = SourceRows(identities, orders=[order_row], order_lines=lines, refunds=refunds)
    return ParsedRecord(position, source_rows, (*buyer_errors, *future_errors))


def _purchases(rows: Sequence[OrderRow]) -> list[OrderRow]:
    """Return the rows that are the purchase itself, not what became of it later."""
    return [row for row in rows if row.status in (None, OrderStatus.PAID)] or list(rows)


def _channel(rows: Sequence[OrderRow]) -> str:
    written = min((row.channel for row in rows if row.channel), default="")
    return parse_channel(written) or UNKNOWN_CHANNEL


def _refund(refund: CsvRefund, csv_format: CsvFormat, read_at: datetime) -> ParsedRecord:
    """Return a refund whose order is not in the rows of its number, still without an order."""
    row, position = refund.row, f"line {refund.row.line}"
    if row.errors:
        return ParsedRecord(position, errors=row.errors)
    number, version = refund.number or "", microseconds(read_at)
    refund_row = _refund_row(refund.key, number, row.placed_at, refund.amount, csv_format, version)
    return ParsedRecord(position, SourceRows(refunds=[refund_row]))


def _refund_row(
    key: str,
    order_key: str,
    refunded_at: datetime | None,
    amount: int,
    csv_format: CsvFormat,
    version: int,
) -> Row:
    return {
        "source": csv_format.source, "external_id": key, "order_key": order_key,
        "refunded_at": refunded_at, "total": amount, "version": version,
    }  # fmt: skip


def order_lines(record: CsvOrder, csv_format: CsvFormat, version: int) -> list[Row]:
    """Return a line for each row; of the order's own total no line is known to have a share."""
    has_shares = len(record.rows) == 1 or csv_format.lines_have_totals
    return [
        {
            "source": csv_format.source, "order_key": record.key, "position": position,
            "title": row.product or "?", "product_key": None, "quantity": row.quantity,
            "total": (row.total or 0) if has_shares else 0, "category": row.category,
            "version": version,
        }
        for position, row in enumerate(record.rows)
    ]  # fmt: skip
