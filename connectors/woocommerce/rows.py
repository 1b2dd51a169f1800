"""Turns WooCommerce's customers and orders into rows: pure functions that never raise.

An order carries its refunds: `connector.py` adds `refund_details`, since the order itself gives
their ids and totals only.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from connectors import parse_values, read_record
from connectors.consent_headings import read_consent
from connectors.consent_words import show_value
from connectors.http import as_list
from connectors.read_record import (
    Record,
    RecordToRows,
    UnreadableError,
    happened,
    nested_object,
)
from connectors.stream import ParsedRecord
from shop.consent.basis import EMAIL, NO_EVIDENCE, UNDATED, ConsentValue
from shop.db.upsert import Row
from shop.identity.customers import email_key
from shop.ingest.source_rows import SourceRows
from shop.types.moment import microseconds

# WordPress's own roles of people who run a site: customers only once they have paid.
STAFF_ROLES = frozenset(
    {"administrator", "editor", "author", "contributor", "subscriber", "shop_manager"}
)
ON_HOLD = "on-hold"
GUEST_PREFIX = "guest:"  # of the keys of buyers without an account
PAID_STATUSES = frozenset({"processing", "completed"})
UNPAID_STATUSES = frozenset(
    {"pending", "failed", "cancelled", "trash", "auto-draft", "checkout-draft"}
)
REFUNDED_LINE = "_refunded_item_id"  # meta key of a refund's line: the order's line that it is of
TILL_CHANNELS = frozenset({"pos-rest-api", "woocommerce-pos", "pos"})


def reader(
    to_rows: RecordToRows, source: str, kind: str
) -> Callable[[Any, datetime], ParsedRecord]:
    """Return the parser of one kind of record, keyed by WooCommerce's numeric id."""
    parse = read_record.record_reader(
        to_rows, source, kind, lambda record: parse_id(record.get("id"))
    )
    return lambda record, read_at: with_unread_warning(parse(record, read_at))


def with_unread_warning(parsed: ParsedRecord) -> ParsedRecord:
    """Return `parsed` with a warning where its consent is neither a yes nor a no."""
    parts = [
        statement["evidence"].partition(" said ")
        for statement in parsed.rows.statements
        if statement["says"] == ConsentValue.UNREAD
    ]
    unread = [
        f"{key} said {show_value(value)}, which is neither yes nor no: these customers get no mail "
        "until it is corrected."
        for key, _, value in parts
    ]
    return replace(parsed, warnings=(*parsed.warnings, *unread)) if unread else parsed


def customer_reader(
    source: str, consent_key: str | None
) -> Callable[[Any, datetime], ParsedRecord]:
    """Return the parser of customers; without `consent_key` they take back what they said."""

    def to_rows(
        record: Record, source: str, key: str, read_at: datetime
    ) -> tuple[SourceRows, list[str]]:
        return customer(record, source, key, read_at, consent_key)

    return reader(to_rows, source, "customer")


def order_reader(source: str, consent_key: str | None) -> Callable[[Any, datetime], ParsedRecord]:
    """Return the parser of orders; with `consent_key` a ticked box of an order is a dated yes."""

    def to_rows(
        record: Record, source: str, key: str, read_at: datetime
    ) -> tuple[SourceRows, list[str]]:
        return order(record, source, key, read_at, consent_key)

    return reader(to_rows, source, "order")


def customer(
    record: Record, source: str, key: str, read_at: datetime, consent_key: str | None
) -> tuple[SourceRows, list[str]]:
    """Return a registered customer; no rows for site staff without a purchase."""
    if text(record, "role") in STAFF_ROLES and record.get("is_paying_customer") is not True:
        return SourceRows(), []
    created = gmt_moment(record.get("date_created_gmt"))
    changed = gmt_moment(record.get("date_modified_gmt")) or created
    if changed is None:
        raise UnreadableError("date_modified_gmt is no date.")
    billing = nested_object(record, "billing")
    written = record.get("email") or billing.get("email")
    address = parse_values.email_address(written)
    row = {**person(source, key, address, [record, billing], changed), "joined_at": created}
    shown = consent_text(record, consent_key)
    statements = [consent_statement(source, key, shown, consent_key, UNDATED, read_at)]
    errors = parse_values.email_errors(written)
    return SourceRows(identities=[row], statements=statements), errors


def order(
    order_record: Record, source: str, key: str, read_at: datetime, consent_key: str | None
) -> tuple[SourceRows, list[str]]:
    """Return an order with its lines, coupons and refunds, and its buyer where that is a guest."""
    created = required_gmt(order_record, "date_created_gmt")
    changed = required_gmt(order_record, "date_modified_gmt")
    currency = parse_currency(order_record)
    buyer, guests = parse_buyer(order_record, source, changed)
    version, total = microseconds(changed), order_total(order_record, currency)
    row = {
        "source": source, "external_id": key, "customer_source": source, "customer_key": buyer,
        "placed_at": happened(gmt_moment(order_record.get("date_paid_gmt")) or created, read_at),
        "total": total, "currency": currency,
        "channel": "till" if text(order_record, "created_via") in TILL_CHANNELS else "online",
        "counts": counts_as_purchase(order_record, total),
        "awaits_payment": awaits_payment(order_record), "version": version,
    }  # fmt: skip
    part_of_order = {"source": source, "order_key": key, "version": version}
    lines = parse_lines(order_record, currency)
    coupons = parse_coupons(order_record, currency)
    refunds, errors = parse_refunds(order_record, source, key, currency, changed)
    statements = order_statements(order_record, source, buyer, consent_key, created, read_at)
    rows = SourceRows(
        identities=guests, statements=statements, orders=[row], refunds=refunds,
        order_lines=numbered(lines, part_of_order), order_coupons=numbered(coupons, part_of_order),
    )  # fmt: skip
    return rows, errors


def numbered(parts: list[Row], part_of_order: Row) -> list[Row]:
    """Return the lines or coupons of an order as rows, in the order's own sequence."""
    return [{**part_of_order, "position": place, **part} for place, part in enumerate(parts)]


def parse_buyer(
    order_record: Record, source: str, changed: datetime
) -> tuple[str | None, list[Row]]:
    """Return the buyer's key; a guest, whose `customer_id` is 0, is known by the billing e-mail."""
    customer_id = parse_id(order_record.get("customer_id"))
    if customer_id and customer_id != "0":
        return customer_id, []
    billing = nested_object(order_record, "billing")
    address = parse_values.email_address(billing.get("email"))
    if address is None:
        return None, []
    key = f"{GUEST_PREFIX}{email_key(address)}"
    return key, [person(source, key, address, [billing], changed)]


def person(
    source: str, key: str, address: str | None, names: list[Record], changed: datetime
) -> Row:
    """Return an identity with the first name, last name and phone found in `names`."""

    def first_text(field: str, max_chars: int = 250) -> str | None:
        texts = (parse_values.single_line(place.get(field), max_chars) for place in names)
        return next(filter(None, texts), None)

    return {
        "source": source, "external_id": key, "email": address, "email_key": email_key(address),
        "phone": first_text("phone", 40), "first_name": first_text("first_name"),
        "last_name": first_text("last_name"), "language": None, "birthday": None, "tags": "[]",
        "joined_at": None, "version": microseconds(changed),
    }  # fmt: skip


def order_statements(
    order_record: Record,
    source: str,
    buyer: str | None,
    consent_key: str | None,
    created: datetime,
    read_at: datetime,
) -> list[Row]:
    """Return what the buyer ticked at the checkout, dated with the order; silence says nothing.

    It is for the address typed there, which may differ from that of the account.
    """
    shown = consent_text(order_record, consent_key)
    if buyer is None or consent_key is None or shown is None or created > read_at:
        return []
    statement = consent_statement(source, buyer, shown, consent_key, created, read_at)
    if statement["says"] == ConsentValue.NONE.value:
        return []
    billing_address = nested_object(order_record, "billing").get("email")
    address = parse_values.email_address(billing_address)
    return [{**statement, "address_key": email_key(address)}] if address else [statement]


def consent_statement(
    source: str,
    key: str,
    shown: str | None,
    consent_key: str | None,
    said_at: datetime,
    read_at: datetime,
) -> Row:
    consent = read_consent(shown or "", consent_key or "")
    return {
        "customer_id": None, "source": source, "external_id": key, "channel": EMAIL,
        "says": consent.value, "said_at": said_at, "recorded_at": read_at,
        "evidence": f"WooCommerce {consent_key} said {shown}" if shown else NO_EVIDENCE,
        "wording": None, "actor": source,
    }  # fmt: skip


def consent_text(record: Record, consent_key: str | None) -> str | None:
    """Return the last value under `consent_key`; one of several parts, such as ["yes"], as JSON."""
    values = [
        entry.get("value")
        for entry in objects(record, "meta_data")
        if consent_key is not None and entry.get("key") == consent_key
    ]
    if values and values[-1] and isinstance(values[-1], list | dict):
        return parse_values.single_line(json.dumps(values[-1], ensure_ascii=False), 40)
    return meta_text(record, consent_key) if consent_key is not None else None


def meta_text(record: Record, consent_key: str) -> str | None:
    """Return the last value under `consent_key` in `meta_data`, as text."""
    values = [
        entry.get("value")
        for entry in objects(record, "meta_data")
        if entry.get("key") == consent_key
    ]
    if not values:
        return None
    last = values[-1]
    written = str(last).lower() if isinstance(last, bool | int) else last
    return parse_values.single_line(written, 40)


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


def objects(record: Record, name: str) -> list[Record]:
    """Return the objects in the list under `name`; other entries are left out."""
    return [each for each in as_list(record.get(name)) if isinstance(each, Mapping)]


def text(record: Record, name: str) -> str:
    """Return field `name` if it is text, else an empty string."""
    value = record.get(name)
    return value if isinstance(value, str) else ""


def parse_id(value: Any) -> str | None:
    """Return a numeric id as text."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**20:
        return None
    return str(value)


def required_gmt(record: Record, name: str) -> datetime:
    moment = gmt_moment(record.get(name))
    if moment is None:
        raise UnreadableError(f"{name} is no date.")
    return moment


def gmt_moment(value: Any) -> datetime | None:
    """Return a time of a `*_gmt` field, which has no zone: it is UTC."""
    if not isinstance(value, str):
        return None
    try:
        written = datetime.fromisoformat(value.strip())
        if written.year not in parse_values.PLAUSIBLE_YEARS:
            return None
        return written.astimezone(UTC) if written.tzinfo else written.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
