"""Parses a row of an order file; nothing raises."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from connectors import parse_values
from connectors.consent_words import read_value
from connectors.csv.cells import amounts
from connectors.csv.orders.currency import row_currency
from connectors.csv.orders.kinds import RowKind, row_kind
from connectors.csv.orders.words import OrderStatus, parse_status
from connectors.csv.record_keys import customer_part, order_digest, text_digest
from connectors.csv.rows import CsvFormat, CsvRow, named_customer, parse_any_when, when_error
from connectors.parse_values import FUTURE, is_future
from shop.consent.basis import ConsentValue

# An export states these only in the first row of an order with several rows.
STATED_ONCE = ("when", "time", "customer", "status", "channel", "currency", "cancelled", "kind")
# Statuses of a refund that gave no money back.
NO_MONEY_CAME = (OrderStatus.UNPAID, OrderStatus.AWAITS_PAYMENT, OrderStatus.CANCELLED)
UNKNOWN_CURRENCY = "The currency is not one code or sign that can be read:"
SHORTENED_NUMBER = re.compile(r"[0-9][.,][0-9]+E\+[0-9]+", re.IGNORECASE)


@dataclass(frozen=True)
class OrderRow:
    """A parsed row. `errors` say why it cannot be used; a negative `total` is money given back."""

    line: int
    number: str | None = None
    customer: str = ""  # as written
    buyer: str | None = None  # what all spellings of `customer` have in common
    placed_at: datetime | None = None
    day: str | None = None  # of `placed_at`, in the shop's time zone
    total: int | None = None  # in minor units; None where the cell is empty
    status: OrderStatus | None = None
    written_status: str = ""
    refunded: int = 0  # what the column of refunds says
    channel: str = ""
    product: str | None = None
    quantity: int = 1
    errors: tuple[str, ...] = ()
    names_customer: bool = True  # itself, and not only the row above it
    names_date: bool = True
    currency: str | None = None  # None for that of the file
    category: str | None = None
    written_kind: str = ""

    @property
    def is_refund(self) -> bool:
        """Whether the row is not a purchase, but about money that was given back."""
        return self.total is not None and self.total < 0

    @property
    def digest(self) -> bytes | None:
        """What the row is known by if its order has no number, or if it is a refund."""
        if self.placed_at is None or self.total is None or (self.number and not self.is_refund):
            return None
        if self.number:
            # The order says whose it is; a spreadsheet may drop zeros of the number, and the time.
            return text_digest(customer_part(self.number), self.day or "", str(self.total))
        return order_digest(self.buyer, self.placed_at, self.total)

    @property
    def basket(self) -> str | None:
        """What it has in common with other rows that name the same customer and day."""
        if self.day is None or not self.names_date or self.status is OrderStatus.NO_SALE:
            return None
        return basket_name(self.buyer if self.names_customer else None, self.day)

    def dump(self) -> str:
        """Return the row as JSON."""
        return json.dumps([
            self.line, self.number, self.customer, self.buyer, self.day, self.total, self.status,
            self.written_status, self.refunded, self.channel, self.product, self.quantity,
            self.errors, self.names_customer, self.names_date, self.currency, self.category,
        ])  # fmt: skip


def basket_name(buyer: str | None, day: str) -> str:
    return f"{day} {buyer or ''}"


def load_row(dumped: str, placed_at: datetime | None) -> OrderRow:
    """Return the row that `OrderRow.dump` wrote."""
    line, number, customer, buyer, day, total, status, *texts = json.loads(dumped)
    written_status, refunded, channel, product, quantity, errors, *names = texts
    known_status = OrderStatus(status) if status else None
    return OrderRow(
        line, number, customer, buyer, placed_at, day, total, known_status, written_status,
        refunded, channel, product, quantity, tuple(errors), *names,
    )  # fmt: skip


def parse_rows(
    csv_rows: Iterable[CsvRow], csv_format: CsvFormat, read_at: datetime
) -> Iterator[OrderRow]:
    """Yield the rows; an empty cell of a row takes what the row of the same order above it says."""
    above: CsvRow | None = None
    for csv_row in csv_rows:
        row = _complete(csv_row, above)
        parsed = parse_row(row, csv_format, read_at)
        yield parsed if row is csv_row else _with_own_cells(parsed, csv_row)
        above = None if row.fault else row


def _complete(csv_row: CsvRow, above: CsvRow | None) -> CsvRow:
    number = csv_row.cells.get("order")
    if above is None or not number or above.cells.get("order") != number:
        return csv_row
    cells = {
        name: cell or (above.cells.get(name, "") if name in STATED_ONCE else "")
        for name, cell in csv_row.cells.items()
    }
    return replace(csv_row, cells=cells)


def _with_own_cells(parsed: OrderRow, csv_row: CsvRow) -> OrderRow:
    """Return `parsed` with what `csv_row` says itself: all that there is of it without a number."""
    cells = csv_row.cells
    names_customer, names_date = bool(cells.get("customer")), bool(cells.get("when"))
    return replace(parsed, names_customer=names_customer, names_date=names_date)


def parse_row(csv_row: CsvRow, csv_format: CsvFormat, read_at: datetime) -> OrderRow:
    cells = csv_row.cells
    number = parse_values.single_line(cells.get("order"))
    refund_of = parse_values.single_line(cells.get("refund_of"))
    if csv_row.fault:
        return OrderRow(csv_row.number, number, errors=(csv_row.fault,))
    placed_at = parse_any_when(cells, csv_format, read_at)
    is_cancelled = _says_cancelled(cells.get("cancelled", ""))
    status = parse_status(cells.get("status", ""))
    if is_cancelled and status is not OrderStatus.REFUND:
        status = OrderStatus.CANCELLED
    currency = row_currency(cells.get("currency", ""), csv_format.currency)
    total, refunded = (
        _parse_amount(cells.get(name, ""), currency, csv_format) for name in ("total", "refunded")
    )
    errors = [] if currency else [f"{UNKNOWN_CURRENCY} {cells['currency'][:20]}."]
    errors += [amount for amount in (total, refunded) if isinstance(amount, str)]
    errors += [] if placed_at else [when_error(cells, csv_format, read_at)]
    if number and SHORTENED_NUMBER.fullmatch(number):
        errors.append("A spreadsheet has shortened the order's number: export the file again.")
    signed = total if isinstance(total, int) else None
    kind = _row_kind(cells, signed)
    if kind is RowKind.OTHER or (kind is RowKind.REFUND and status in NO_MONEY_CAME):
        return _no_sale(csv_row, csv_format, number, signed, placed_at)
    if kind is RowKind.REFUND:
        status, number = OrderStatus.REFUND, refund_of or number
    if signed is not None and status is OrderStatus.REFUND:
        signed = -abs(signed)
    if signed is not None and signed < 0 and placed_at and is_future(placed_at, read_at):
        errors.append(FUTURE)
    # A refund is paid by the shop: the row names it, and not the customer.
    customer = "" if refund_of and kind is RowKind.REFUND else cells.get("customer", "")
    return OrderRow(
        line=csv_row.number,
        number=number,
        customer=customer,
        buyer=customer_part(named_customer(customer)) or None,
        placed_at=placed_at,
        day=_day_of(placed_at, csv_format),
        total=signed,
        status=status,
        written_status=parse_values.single_line(cells.get("status"), 40) or "",
        refunded=abs(refunded) if isinstance(refunded, int) and not is_cancelled else 0,
        channel=cells.get("channel", ""),
        product=parse_values.single_line(cells.get("product"), 300),
        quantity=parse_quantity(cells.get("quantity", "")),
        errors=tuple(errors),
        currency=None if currency == csv_format.currency else currency,
        category=parse_values.single_line(cells.get("category"), 300),
    )


def _row_kind(cells: Mapping[str, str], total: int | None) -> RowKind | None:
    written, balance = cells.get("kind", ""), cells.get("balance", "")
    return row_kind(written, balance, total, signed="refund_of" in cells)


def _no_sale(
    csv_row: CsvRow,
    csv_format: CsvFormat,
    number: str | None,
    total: int | None,
    placed_at: datetime | None,
) -> OrderRow:
    """Return a row that is about a fee, a transfer or the like: of nobody, and without errors."""
    return OrderRow(
        line=csv_row.number,
        number=number,
        placed_at=placed_at,
        day=_day_of(placed_at, csv_format),
        total=abs(total or 0),
        status=OrderStatus.NO_SALE,
        written_kind=parse_values.single_line(csv_row.cells.get("kind"), 40) or "",
    )


def _day_of(moment: datetime | None, csv_format: CsvFormat) -> str | None:
    return moment.astimezone(csv_format.zone).date().isoformat() if moment else None


def _says_cancelled(written: str) -> bool:
    """Return whether a cell says that the order was cancelled: a date, a yes, any word but a no."""
    return bool(written) and read_value(written) is not ConsentValue.NO


def _parse_amount(written: str, currency: str | None, csv_format: CsvFormat) -> int | str | None:
    """Return minor units, negative where money was given back; None where the cell is empty, or
    its currency is not known.
    """
    if not written or currency is None:
        return None
    return amounts.parse_amount(written, currency, csv_format.decimal_mark)


def parse_quantity(written: str) -> int:
    """Return a quantity; 1 where none is written."""
    digits = written.removesuffix(".0").removesuffix(",0")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 9:
        return 1
    return int(digits)
