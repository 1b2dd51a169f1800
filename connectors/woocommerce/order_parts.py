"""Parses what an order consists of: total, lines, coupons and refunds, and whether it is paid."""

from __future__ import annotations

import html
import math
import re
from datetime import datetime
from typing import Any

from connectors import parse_values
from connectors.read_record import Record, UnreadableError
from connectors.woocommerce.fields import gmt_moment, meta_text, objects, parse_id, text
from shop.db.upsert import Row
from shop.types.moment import microseconds

ON_HOLD = "on-hold"
PAID_STATUSES = frozenset({"processing", "completed"})
UNPAID_STATUSES = frozenset(
    {"pending", "failed", "cancelled", "trash", "auto-draft", "checkout-draft"}
)
REFUNDED_LINE = "_refunded_item_id"  # meta key of a refund's line: the order's line that it is of


def numbered(parts: list[Row], part_of_order: Row) -> list[Row]:
    """Return the lines or coupons of an order as rows, in the order's own sequence."""
    return [{**part_of_order, "position": place, **part} for place, part in enumerate(parts)]


def awaits_payment(order_record: Record) -> bool:
    """Return whether the order is on hold, as for a transfer; a pending one may be given up."""
    is_paid = gmt_moment(order_record.get("date_paid_gmt")) is not None
    return text(order_record, "status") == ON_HOLD and not is_paid


def counts_as_purchase(order_record: Record, total: int) -> bool:
    """Return whether the order is paid; on hold, refunded or of a plugin's status, if it was.

    An order without any article that costs nothing is no purchase.
    """
    lines = objects(order_record, "line_items")
    if total == 0 and not any(parse_quantity(line.get("quantity")) for line in lines):
        return False
    status = text(order_record, "status")
    if status in PAID_STATUSES:
        return True
    return status not in UNPAID_STATUSES and bool(gmt_moment(order_record.get("date_paid_gmt")))


def order_total(order_record: Record, currency: str) -> int:
    total = parse_values.minor_units(order_record.get("total"), currency)
    if total is None or total < 0:
        raise UnreadableError("total is no amount of money.")
    return total


def parse_currency(order_record: Record) -> str:
    currency = order_record.get("currency")
    if not isinstance(currency, str) or not re.fullmatch("[A-Z]{3}", currency):
        raise UnreadableError("It has no currency.")
    return currency


def parse_lines(order_record: Record, currency: str) -> list[Row]:
    """Return the lines with what is left of them after refunds.

    A line that was refunded completely is left out.
    """
    refunded = refunded_parts(order_record, currency)
    rows = []
    for line in objects(order_record, "line_items"):
        taken_off = refunded.get(parse_id(line.get("id")))
        row = parse_line(line, currency, taken_off or (0, 0))
        if row["quantity"] > 0 or taken_off is None:
            rows.append(row)
    return rows


def refunded_parts(order_record: Record, currency: str) -> dict[str | None, tuple[int, int]]:
    """Return by line id the quantity and the money that refunds took off, both as negatives."""
    parts: dict[str | None, tuple[int, int]] = {}
    for refund in objects(order_record, "refund_details"):
        for line in objects(refund, "line_items"):
            line_id = meta_text(line, REFUNDED_LINE)
            quantity, money = parts.get(line_id, (0, 0))
            quantity -= parse_quantity(negated(line.get("quantity")))
            parts[line_id] = (quantity, money + min(0, line_total(line, currency)))
    return parts


def parse_line(line: Record, currency: str, refunded: tuple[int, int]) -> Row:
    """Return a line's title, product, quantity and total; taxes are a part of the total."""
    title = line.get("name")
    plain = html.unescape(title) if isinstance(title, str) else None
    return {
        "title": parse_values.single_line(plain, 300) or "?",
        "product_key": parse_id(line.get("product_id")),
        "quantity": max(0, parse_quantity(line.get("quantity")) + refunded[0]),
        "total": max(0, line_total(line, currency) + refunded[1]),
    }


def line_total(line: Record, currency: str) -> int:
    parts = (parse_values.minor_units(line.get(name), currency) for name in ("total", "total_tax"))
    return sum(part or 0 for part in parts)


def negated(value: Any) -> Any:
    """Return `value` with the other sign; None where it is no number."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return -value if is_number else None


def parse_coupons(order_record: Record, currency: str) -> list[Row]:
    """Return each code with its discount, before taxes; entries without a code are left out."""

    def discount(coupon: Record) -> int:
        return abs(parse_values.minor_units(coupon.get("discount"), currency) or 0)

    return [
        {"code": code, "discount": discount(coupon)}
        for coupon in objects(order_record, "coupon_lines")
        if (code := parse_values.single_line(coupon.get("code"), 100))
    ]


def parse_quantity(value: Any) -> int:
    """Return how many; some plugins sell by weight, and a part of one is one."""
    if isinstance(value, float) and math.isfinite(value):
        value = math.ceil(value)
    return parse_values.count(value) or 0


def parse_refunds(
    order_record: Record, source: str, order_key: str, currency: str, changed: datetime
) -> tuple[list[Row], list[str]]:
    """Return refund rows and errors; WooCommerce writes refund totals with a minus: "-10.00"."""
    details = {parse_id(each.get("id")): each for each in objects(order_record, "refund_details")}
    rows: list[Row] = []
    errors = []
    for refund in objects(order_record, "refunds"):
        key = parse_id(refund.get("id"))
        total = parse_values.minor_units(refund.get("total"), currency)
        if key is None or total is None or total > 0:
            errors.append("A refund is no amount below nought, with an id.")
            continue
        made = gmt_moment(details.get(key, {}).get("date_created_gmt"))
        rows.append({
            "source": source, "external_id": key, "order_key": order_key,
            "refunded_at": made or changed, "total": -total, "version": microseconds(changed),
        })  # fmt: skip
    return rows, errors
