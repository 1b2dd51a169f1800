"""Turns Shopify's records into rows: pure functions that never raise."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors import parse_values, read_record
from connectors.http import as_list
from connectors.read_record import (
    Record,
    RecordToRows,
    UnreadableError,
    happened,
    hold_future_order,
    nested_object,
    optional_moment,
    read_birthday,
    required_moment,
)
from connectors.stream import ParsedRecord
from shop.consent.basis import EMAIL, UNDATED, ConsentValue
from shop.db.upsert import Row
from shop.identity.customers import email_key
from shop.ingest.source_rows import SourceRows
from shop.types.moment import microseconds

# Of marketingState: Shopify has tried the address and mail bounces, or erased the personal data.
UNUSABLE_ADDRESS_STATES = ("INVALID", "REDACTED")
MAX_CLOCK_SKEW = timedelta(days=1)
# Of displayFinancialStatus: no money came, or none is left of an authorization.
AWAITS_PAYMENT = "PENDING"
UNPAID_STATUSES = frozenset({AWAITS_PAYMENT, "EXPIRED", "VOIDED"})


def reader(
    to_rows: RecordToRows, source: str, kind: str
) -> Callable[[Any, datetime], ParsedRecord]:
    """Return the parser of one `kind` of record, keyed by the number in its id."""
    return read_record.record_reader(
        to_rows, source, kind, lambda record: numeric_id(record.get("id"), kind)
    )


def customer(
    record: Record, source: str, key: str, read_at: datetime
) -> tuple[SourceRows, list[str]]:
    updated = required_moment(record, "updatedAt")
    email = nested_object(record, "defaultEmailAddress")
    statements: list[Row] = (
        [consent_statement(email, source, key, updated, read_at)] if email else []
    )
    identity_row, errors = parse_identity(record, email, source, key, updated)
    return SourceRows(identities=[identity_row], statements=statements), errors


def parse_identity(
    record: Record, email: Record, source: str, key: str, updated: datetime
) -> tuple[Row, list[str]]:
    written_address = email.get("emailAddress")
    is_usable = email.get("marketingState") not in UNUSABLE_ADDRESS_STATES
    address = parse_values.email_address(written_address) if is_usable else None
    errors = parse_values.email_errors(written_address) if is_usable else []
    birthday, birthday_errors = read_birthday(
        nested_object(record, "birthday").get("value"), updated
    )
    phone = nested_object(record, "defaultPhoneNumber")
    return {
        "source": source, "external_id": key,
        "email": address, "email_key": email_key(address),
        "reports_address": "defaultEmailAddress" in record,
        "phone": parse_values.single_line(phone.get("phoneNumber"), 40),
        "first_name": parse_values.single_line(record.get("firstName")),
        "last_name": parse_values.single_line(record.get("lastName")),
        "language": parse_values.language(record.get("locale")),
        "birthday": birthday, "tags": parse_tags(record.get("tags")),
        "joined_at": parse_values.moment(record.get("createdAt")), "version": microseconds(updated),
    }, [*errors, *birthday_errors]  # fmt: skip


def consent_statement(
    email: Record, source: str, key: str, updated: datetime, read_at: datetime
) -> dict[str, Any]:
    """Return Shopify's marketing state of an e-mail address as a consent statement."""
    state = parse_values.single_line(email.get("marketingState"), 40) or "nothing"
    level = parse_values.single_line(email.get("marketingOptInLevel"), 40)
    consent = {"SUBSCRIBED": ConsentValue.YES, "UNSUBSCRIBED": ConsentValue.NO}.get(
        state, ConsentValue.NONE
    )
    stated_at = parse_values.moment(email.get("marketingUpdatedAt"))
    if stated_at is not None and stated_at > read_at + MAX_CLOCK_SKEW:
        stated_at = None  # a future date would outrank every later statement
    if stated_at is None:
        stated_at = updated if consent is ConsentValue.NONE else UNDATED
    return {
        "customer_id": None, "source": source, "external_id": key, "channel": EMAIL,
        "says": consent.value, "said_at": stated_at, "recorded_at": read_at,
        "evidence": f"Shopify {', '.join(filter(None, (state, level)))}",
        "wording": None, "actor": source,
    }  # fmt: skip


def order(record: Record, source: str, key: str, read_at: datetime) -> tuple[SourceRows, list[str]]:
    updated = required_moment(record, "updatedAt")
    placed = parse_values.moment(record.get("processedAt")) or required_moment(record, "createdAt")
    total, currency = parse_money(record, "currentTotalPriceSet")
    order_row, errors = hold_future_order({
        "source": source, "external_id": key,
        "customer_source": source, "customer_key": customer_key(record),
        "placed_at": placed, "total": total, "currency": currency,
        "channel": "till" if record.get("sourceName") == "pos" else "online",
        "counts": counts_as_purchase(record, total), "awaits_payment": awaits_payment(record),
        "version": microseconds(updated),
    }, read_at)  # fmt: skip
    line_rows = parse_lines(record, "discountedTotalSet", currency)
    rows: list[Row] = [
        {"source": source, "order_key": key, **line, "version": microseconds(updated)}
        for line in line_rows
    ]
    source_rows = SourceRows(orders=[order_row], order_lines=rows)
    return source_rows, [*errors, *truncation_errors(record)]


def is_real(record: Record) -> bool:
    return record.get("test") is not True and record.get("cancelledAt") is None


def awaits_payment(record: Record) -> bool:
    return is_real(record) and record.get("displayFinancialStatus") == AWAITS_PAYMENT


def counts_as_purchase(record: Record, total: int) -> bool:
    """Return whether an order with this current `total` is a purchase.

    It is one once it is paid, in part, or the card's issuer has reserved the money, and it stays
    one after a refund. Cancelled, test and unpaid orders are none, nor is one without any article.
    """
    if not is_real(record) or record.get("displayFinancialStatus") in UNPAID_STATUSES:
        return False
    # The quantity when it was ordered: after a refund nothing is left of the current one.
    return total > 0 or any(parse_values.count(line.get("quantity")) for line in lines_of(record))


def cart(record: Record, source: str, key: str, read_at: datetime) -> tuple[SourceRows, list[str]]:
    updated = required_moment(record, "updatedAt")
    created = parse_values.moment(record.get("createdAt")) or updated
    total, currency = parse_money(record, "totalPriceSet")
    row = {
        "source": source, "external_id": key,
        "customer_source": source, "customer_key": customer_key(record),
        "created_at": min(created, updated), "left_at": happened(updated, read_at),
        "converted_at": optional_moment(record, "completedAt"),
        "total": total, "currency": currency,
        "url": parse_values.http_url(record.get("abandonedCheckoutUrl")),
        "version": microseconds(updated),
    }  # fmt: skip
    line_rows = parse_lines(record, "discountedTotalPriceSet", currency, pictures=True)
    rows: list[Row] = [
        {"source": source, "cart_key": key, **line, "version": microseconds(updated)}
        for line in line_rows
    ]
    return SourceRows(carts=[row], cart_lines=rows), truncation_errors(record)


def parse_lines(
    record: Record, price: str, currency: str, *, pictures: bool = False
) -> list[dict[str, Any]]:
    """Return the lines of an order or a checkout with what is left of them after edits and refunds.

    A line of which nothing is left is no line.
    """
    parsed = []
    for position, line in enumerate(lines_of(record)):
        ordered = parse_values.count(line.get("quantity")) or 0
        quantity = ordered
        if "currentQuantity" in line:
            quantity = min(parse_values.count(line["currentQuantity"]) or 0, ordered)
        if quantity == 0:
            continue
        shop_money = nested_object(nested_object(line, price), "shopMoney")
        total = parse_values.minor_units(shop_money.get("amount"), currency) or 0
        picture = parse_values.http_url(nested_object(line, "image").get("url"))
        parsed.append(
            {
                "position": position,
                "title": parse_values.single_line(line.get("title"), 300) or "?",
                "product_key": numeric_id(nested_object(line, "product").get("id"), "Product"),
                "quantity": quantity,
                "total": total * quantity // ordered,  # Shopify's total is that of all ordered
            }
            | ({"picture": picture} if pictures else {})
        )
    return parsed


def lines_of(record: Record) -> list[Record]:
    nodes = nested_object(record, "lineItems").get("nodes")
    return [line for line in as_list(nodes) if isinstance(line, Mapping)]


def truncation_errors(record: Record) -> list[str]:
    """Return an error where the order has more lines than one page; its total is still complete."""
    has_more = (
        nested_object(nested_object(record, "lineItems"), "pageInfo").get("hasNextPage") is True
    )
    return ["It has more lines than are read; the rest is left out."] if has_more else []


def parse_money(record: Record, name: str) -> tuple[int, str]:
    shop_money = nested_object(nested_object(record, name), "shopMoney")
    currency = shop_money.get("currencyCode")
    if not isinstance(currency, str) or not re.fullmatch("[A-Z]{3}", currency):
        raise UnreadableError(f"{name} has no currency.")
    total = parse_values.minor_units(shop_money.get("amount"), currency)
    if total is None or total < 0:
        raise UnreadableError(f"{name} is no amount of money.")
    return total, currency


def customer_key(record: Record) -> str | None:
    return numeric_id(nested_object(record, "customer").get("id"), "Customer")


def numeric_id(gid: Any, kind: str) -> str | None:
    """Return 71 for gid://shopify/Customer/71: the id that webhooks use."""
    if not isinstance(gid, str):
        return None
    match = re.fullmatch(rf"gid://shopify/{kind}/([0-9]{{1,20}})(?:\?.*)?", gid)
    return match[1] if match else None


def parse_tags(value: Any) -> str:
    names = [parse_values.single_line(tag, 255) for tag in value] if isinstance(value, list) else []
    return json.dumps([tag for tag in names if tag][:250], ensure_ascii=False)
