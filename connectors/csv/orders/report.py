"""Says how an order file was understood: for `check`, and as warnings of a sync."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from connectors.csv.config import CsvOrders, TotalIsOf
from connectors.csv.orders.index import OrderIndex, UnknownWords
from connectors.csv.orders.words import OrderStatus
from shop.types.money import decimals

STATUS_LABELS = {
    OrderStatus.PAID: "paid",
    OrderStatus.AWAITS_PAYMENT: "still to be paid",
    OrderStatus.UNPAID: "not paid",
    OrderStatus.CANCELLED: "cancelled",
    OrderStatus.REFUNDED: "refunded",
    OrderStatus.PARTLY_REFUNDED: "partly refunded",
    OrderStatus.REFUND: "of a refund",
    OrderStatus.UNKNOWN: "not known",
    OrderStatus.NO_SALE: "no sale",
}


def order_warnings(index: OrderIndex, config: CsvOrders) -> Iterator[str]:
    """Yield what of the file's words is not known, and what became of it."""
    file = config.file
    if (statuses := index.unknown_statuses()).rows:
        yield (
            f"{file}: {_words_text(statuses)} in column {config.columns.status} is no known "
            f"status, in {statuses.rows:,} of {statuses.of_rows:,} rows. These orders do not count "
            "as visits. Known are words like paid, completed, pending, cancelled and refunded."
        )
    if (channels := index.unknown_channels()).rows:
        which = "no row says" if channels.rows == channels.of_rows else "these rows do not say"
        yield (
            f"{file}: {_words_text(channels)} in column {config.columns.channel} is neither till "
            f"nor online, in {channels.rows:,} of {channels.of_rows:,} rows. The orders count as "
            f"visits, but {which} where the customer bought, so no one becomes an existing "
            "customer by them. Write till or online there, or leave the line channel out."
        )
    if (no_sales := index.no_sales()).rows:
        yield _no_sales_text(no_sales, config)
    partly = index.statuses().get(OrderStatus.PARTLY_REFUNDED, 0)
    if partly and config.columns.refunded is None:
        yield (
            f"{file}: {partly:,} rows are partly refunded, and no column says how much. Name it "
            "with refunded; until then their whole total counts as spent."
        )


def _no_sales_text(no_sales: UnknownWords, config: CsvOrders) -> str:
    text = (
        f"{config.file}: {no_sales.rows:,} of {no_sales.of_rows:,} rows are no payments of "
        f"customers and no refunds by the column {config.columns.kind} "
        f"({_words_text(no_sales)}), and are not read."
    )
    if no_sales.rows < no_sales.of_rows:
        return text
    return f"{text} If they are sales, take the line kind out of columns."


def reading_notes(index: OrderIndex, currency: str) -> Iterator[str]:
    """Yield how totals and statuses were understood."""
    if example := index.example():
        rule = index.total_rule
        total = Decimal(example.total).scaleb(-decimals(currency))
        rows = len([row for row in example.rows if row.total is not None])
        basis = "as the file says" if rule.stated else _basis(rule.total_is_of)
        yield (
            f"total is of: {rule.total_is_of} ({basis}; "
            f"order {example.number}: {rows} rows, {total})"
        )
    if recurring := index.recurring_numbers():
        stand = "1 order number stands" if recurring == 1 else f"{recurring:,} order numbers stand"
        yield f"{stand} on several days: the rows of each day are an order of their own"
    if statuses := index.statuses():
        counts = (f"{count:,} {STATUS_LABELS[status]}" for status, count in statuses.items())
        yield f"status: {', '.join(counts)}"


def _basis(total_is_of: TotalIsOf) -> str:
    if total_is_of is TotalIsOf.ORDER:
        return "it is the same in every row of an order"
    return "the rows of most orders have different totals, which are added"


def _words_text(unknown: UnknownWords) -> str:
    return " or ".join(f'"{word}"' for word in unknown.words)
