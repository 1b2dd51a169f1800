"""Groups the rows of an order file into orders, and parses them; nothing raises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from connectors import parse_values
from connectors.csv.cells import amounts
from connectors.csv.record_keys import Occurrences, order_digest, text_digest
from connectors.csv.rows import CsvFormat, CsvRow, parse_buyer, parse_when, when_error
from connectors.stream import ParsedRecord
from shop.db.upsert import Row
from shop.ingest.source_rows import SourceRows
from shop.types.moment import microseconds

CHANNELS = {
    **dict.fromkeys(("till", "pos", "counter", "in store", "in-store", "shop", "store"), "till"),
    **dict.fromkeys(("online", "web", "website", "internet", "online store"), "online"),
}


@dataclass(frozen=True)
class CsvOrder:
    """The rows of one order; `key` is its number, or says who bought, when and for how much."""

    key: str
    rows: Sequence[CsvRow]
    repeated: bool = False  # the same number occurred earlier in the file


def group_orders(
    csv_rows: Iterable[CsvRow], csv_format: CsvFormat, read_at: datetime
) -> Iterator[CsvOrder]:
    """Yield orders: adjacent rows with one order number, or single rows where there are no numbers.

    Two equal orders without a number stay two: their keys end with the number of the occurrence.
    """
    occurrences = Occurrences()
    numbers: set[bytes] = set()
    for number, group in groupby(csv_rows, key=lambda line: line.cells.get("order") or line.number):
        order_rows = list(group)
        if isinstance(number, str):
            number_digest = text_digest(number)
            yield CsvOrder(number, order_rows, repeated=number_digest in numbers)
            numbers.add(number_digest)
        else:
            digest = unnumbered_digest(order_rows[0], csv_format, read_at)
            yield CsvOrder(occurrences.key(digest) if digest else "", order_rows)


def unnumbered_digest(row: CsvRow, csv_format: CsvFormat, read_at: datetime) -> bytes | None:
    """Return what an order without a number is known by; None where it cannot be read."""
    placed = parse_when(row.cells, csv_format, read_at)
    total, errors = order_total(CsvOrder("", [row]), csv_format)
    if placed is None or errors:
        return None
    (_, customer), _, _ = parse_buyer(row.cells.get("customer", ""), csv_format, read_at)
    return order_digest(customer, placed, total)


def order(csv_order: CsvOrder, csv_format: CsvFormat, read_at: datetime) -> ParsedRecord:
    cells, position = csv_order.rows[0].cells, f"line {csv_order.rows[0].number}"
    placed = parse_when(cells, csv_format, read_at)
    channel = CHANNELS.get(cells.get("channel", "").casefold() or "till")
    total, errors = order_total(csv_order, csv_format)
    errors += [] if placed else [when_error(cells, csv_format, read_at)]
    errors += [] if channel else ["The channel is neither till nor online."]
    if csv_order.repeated:
        errors = ["The same order stands further up in the file."]
    if faults := [line.fault for line in csv_order.rows if line.fault]:
        errors = list(dict.fromkeys(faults))
    if errors or placed is None:
        return ParsedRecord(position, errors=tuple(errors))
    buyer, identities, buyer_errors = parse_buyer(cells.get("customer", ""), csv_format, read_at)
    row = {
        "source": csv_format.source, "external_id": csv_order.key,
        "customer_source": buyer[0], "customer_key": buyer[1],
        "placed_at": placed, "total": total, "currency": csv_format.currency, "channel": channel,
        "counts": True, "version": microseconds(read_at),
    }  # fmt: skip
    lines = order_lines(csv_order, csv_format, read_at) if csv_format.has_products else []
    return ParsedRecord(
        position, SourceRows(identities, orders=[row], order_lines=lines), tuple(buyer_errors)
    )


def order_total(csv_order: CsvOrder, csv_format: CsvFormat) -> tuple[int, list[str]]:
    """Return the sum of the rows' totals, and errors; rows after the first may omit theirs."""
    written = [line.cells["total"] for line in csv_order.rows if line.cells.get("total")]
    sums = [
        amounts.parse_amount(amount, csv_format.currency, csv_format.decimal_mark)
        for amount in written
    ]
    errors = list(dict.fromkeys(amount for amount in sums if isinstance(amount, str)))
    errors += [] if sums else ["There is no total."]
    return sum(amount for amount in sums if isinstance(amount, int)), errors


def order_lines(csv_order: CsvOrder, csv_format: CsvFormat, read_at: datetime) -> list[Row]:
    lines = []
    for position, row in enumerate(csv_order.rows):
        total = amounts.parse_amount(
            row.cells.get("total") or "0", csv_format.currency, csv_format.decimal_mark
        )
        lines.append({
            "source": csv_format.source, "order_key": csv_order.key, "position": position,
            "title": parse_values.single_line(row.cells.get("product"), 300) or "?",
            "product_key": None,
            "quantity": parse_quantity(row.cells.get("quantity", "")),
            "total": total if isinstance(total, int) else 0,
            "version": microseconds(read_at),
        })  # fmt: skip
    return list(lines)


def parse_quantity(written: str) -> int:
    """Return a quantity; 1 where none is written."""
    digits = written.removesuffix(".0").removesuffix(",0")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 9:
        return 1
    return int(digits)
