"""Turns Square's customers, orders, refunds and bookings into rows.

Pure functions that never raise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_UP, Decimal, InvalidOperation
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
    read_birthday,
    required_moment,
)
from connectors.stream import ParsedRecord
from shop.consent.basis import EMAIL, UNDATED, ConsentValue
from shop.db.upsert import Row
from shop.identity.customers import email_key
from shop.ingest.source_rows import SourceRows
from shop.types.moment import microseconds

EMAIL_SIGNUP = "EMAIL_COLLECTION"  # the customer entered it to receive mail
ONLINE = re.compile(r"online|\bweb|e-?commerce|weebly", re.IGNORECASE)
MAX_CLOCK_SKEW = timedelta(days=1)
FAILED_CARD_STATUSES = frozenset({"VOIDED", "FAILED"})
PLAIN_VARIATION = "regular"  # Square's name for the only variation of an item
BOOKING_STATUSES = {
    "PENDING": "booked",
    "ACCEPTED": "booked",
    "NO_SHOW": "missed",
    "CANCELLED_BY_CUSTOMER": "cancelled",
    "CANCELLED_BY_SELLER": "cancelled",
    "DECLINED": "cancelled",
}


def reader(
    to_rows: RecordToRows, source: str, kind: str
) -> Callable[[Any, datetime], ParsedRecord]:
    """Return the parser of one `kind` of record, keyed by Square's id."""
    return read_record.record_reader(
        to_rows, source, kind, lambda record: parse_id(record.get("id"))
    )


def customer(
    record: Record, source: str, key: str, read_at: datetime
) -> tuple[SourceRows, list[str]]:
    identity_row, errors = parse_identity(record, source, key)
    return SourceRows(
        identities=[identity_row],
        statements=[
            consent_statement(record, source, key, consent, stated_at, read_at)
            for consent, stated_at in consent_values(record, identity_row["email"], read_at)
        ],
    ), errors


def parse_identity(record: Record, source: str, key: str) -> tuple[Row, list[str]]:
    written_address = record.get("email_address")
    address = parse_values.email_address(written_address)
    errors = parse_values.email_errors(written_address)
    updated = required_moment(record, "updated_at")
    birthday, birthday_errors = read_birthday(record.get("birthday"), updated)
    return {
        "source": source, "external_id": key,
        "email": address, "email_key": email_key(address), "reports_address": True,
        "phone": parse_values.single_line(record.get("phone_number"), 40),
        "first_name": parse_values.single_line(record.get("given_name")),
        "last_name": parse_values.single_line(record.get("family_name")),
        "language": None, "birthday": birthday, "tags": "[]",
        "joined_at": parse_values.moment(record.get("created_at")),
        "version": microseconds(updated),
    }, [*errors, *birthday_errors]  # fmt: skip


def consent_values(
    record: Record, address: str | None, read_at: datetime
) -> list[tuple[ConsentValue, datetime]]:
    """Return consent values with times: opt-in at an e-mail sign-up, opt-out if unsubscribed.

    "Not unsubscribed" is no statement. It is stored as NONE, so that a later opt-out is new, but
    not where the customer signed up: NONE would withdraw that opt-in.
    """
    signed_up_at = parse_values.moment(record.get("created_at"))
    signed_up = record.get("creation_source") == EMAIL_SIGNUP and address is not None
    if signed_up_at is not None and signed_up_at > read_at + MAX_CLOCK_SKEW:
        signed_up_at = None  # a future date would outrank every later statement
    statements = [(ConsentValue.YES, signed_up_at or UNDATED)] if signed_up else []
    if nested_object(record, "preferences").get("email_unsubscribed") is True:
        return [*statements, (ConsentValue.NO, UNDATED)]
    return statements or [(ConsentValue.NONE, UNDATED)]


def consent_statement(
    record: Record,
    source: str,
    key: str,
    consent: ConsentValue,
    stated_at: datetime,
    read_at: datetime,
) -> Row:
    creation_source = parse_values.single_line(record.get("creation_source"), 40)
    evidence = {
        ConsentValue.YES: f"Square {EMAIL_SIGNUP}",
        ConsentValue.NO: "Square email_unsubscribed",
        ConsentValue.NONE: f"Square {creation_source or 'says nothing'}",
    }
    return {
        "customer_id": None, "source": source, "external_id": key, "channel": EMAIL,
        "says": consent.value, "said_at": stated_at, "recorded_at": read_at,
        "evidence": evidence[consent], "wording": None, "actor": source,
    }  # fmt: skip


def order(record: Record, source: str, key: str, read_at: datetime) -> tuple[SourceRows, list[str]]:
    version = microseconds(required_moment(record, "updated_at"))
    placed = parse_values.moment(record.get("closed_at")) or required_moment(record, "created_at")
    total, currency = parse_money(record, "total_money")
    order_row, errors = hold_future_order({
        "source": source, "external_id": key,
        "customer_source": source, "customer_key": customer_key(record),
        "placed_at": placed, "total": total, "currency": currency,
        "channel": order_channel(record), "counts": counts_as_purchase(record, total),
        "awaits_payment": False,  # an open order is a ticket or a bill, not yet a purchase
        "version": version,
    }, read_at)  # fmt: skip
    lines: list[Row] = [
        {
            "source": source,
            "order_key": key,
            "position": position,
            **parse_line(line_item),
            "version": version,
        }
        for position, line_item in enumerate(as_list(record.get("line_items")))
        if isinstance(line_item, Mapping)
    ]
    return SourceRows(orders=[order_row], order_lines=lines), errors


def customer_key(record: Record) -> str | None:
    """Return the order's customer; at the till often only the payment names one."""
    tenders = [
        payment for payment in as_list(record.get("tenders")) if isinstance(payment, Mapping)
    ]
    customer_ids = (parse_id(payment.get("customer_id")) for payment in [record, *tenders])
    return next((customer_id for customer_id in customer_ids if customer_id), None)


def order_channel(record: Record) -> str:
    name = nested_object(record, "source").get("name")
    has_fulfillment = any(
        isinstance(fulfillment, Mapping) for fulfillment in as_list(record.get("fulfillments"))
    )
    return (
        "online" if has_fulfillment or (isinstance(name, str) and ONLINE.search(name)) else "till"
    )


def counts_as_purchase(record: Record, total: int) -> bool:
    """Return whether an order of this `total` is a purchase: completed, or open and paid.

    Returns alone are none, nor is an order without any article that costs nothing.
    """
    lines = [line for line in as_list(record.get("line_items")) if isinstance(line, Mapping)]
    if record.get("returns") and not lines:
        return False
    if total == 0 and not any(parse_quantity(line.get("quantity")) for line in lines):
        return False
    match record.get("state"):
        case "COMPLETED":
            return not is_unpaid(record)
        case "OPEN":
            return bool(valid_tenders(record)) and amount_due(record) == 0
        case _:
            return False


def is_unpaid(record: Record) -> bool:
    """Return whether a completed order was not paid after all: money is due, or payments failed."""
    has_failed = bool(record.get("tenders")) and not valid_tenders(record)
    return has_failed or (amount_due(record) or 0) > 0


def amount_due(record: Record) -> int | None:
    return parse_minor_units(nested_object(record, "net_amount_due_money").get("amount"))


def valid_tenders(record: Record) -> list[Record]:
    """Return the payments that took place; a card may have been refused or its payment voided."""
    return [
        tender
        for tender in as_list(record.get("tenders"))
        if isinstance(tender, Mapping)
        and nested_object(tender, "card_details").get("status") not in FAILED_CARD_STATUSES
    ]


def parse_line(line_item: Record) -> dict[str, Any]:
    name = parse_values.single_line(line_item.get("name"), 200)
    kind = parse_values.single_line(line_item.get("variation_name"), 90)
    title = f"{name} ({kind})" if name and kind and kind.casefold() != PLAIN_VARIATION else name
    return {
        "title": title or kind or "?",
        "product_key": parse_id(line_item.get("catalog_object_id")),
        "quantity": parse_quantity(line_item.get("quantity")),
        "total": parse_minor_units(nested_object(line_item, "total_money").get("amount")) or 0,
    }


def refund(
    record: Record, source: str, external_id: str, read_at: datetime
) -> tuple[SourceRows, list[str]]:
    """Return a completed refund; no rows for one that is pending, rejected or failed."""
    status = record.get("status")
    if status in ("PENDING", "REJECTED", "FAILED") or record.get("unlinked") is True:
        return SourceRows(), []
    if status != "COMPLETED":
        raise UnreadableError("Its status is none that is known.")
    order_key = parse_id(record.get("sold_in")) or parse_id(record.get("order_id"))
    if order_key is None:
        raise UnreadableError("It names no order.")
    total, _ = parse_money(record, "amount_money")
    row = {
        "source": source, "external_id": external_id, "order_key": order_key,
        "refunded_at": happened(required_moment(record, "created_at"), read_at), "total": total,
        "version": microseconds(required_moment(record, "updated_at")),
    }  # fmt: skip
    return SourceRows(refunds=[row]), []


def booking(
    record: Record, source: str, external_id: str, read_at: datetime
) -> tuple[SourceRows, list[str]]:
    starts_at = required_moment(record, "start_at")
    made_at = happened(required_moment(record, "created_at"), read_at)
    status = BOOKING_STATUSES.get(str(record.get("status")))
    if status is None:
        raise UnreadableError("Its status is none that is known.")
    kept = record.get("status") == "ACCEPTED" and booking_end(record, starts_at) <= read_at
    row = {
        "source": source, "external_id": external_id,
        "customer_source": source, "customer_key": parse_id(record.get("customer_id")),
        "made_at": made_at, "starts_at": starts_at, "status": "kept" if kept else status,
        "version": booking_version(record, starts_at, read_at, kept=kept),
    }  # fmt: skip
    return SourceRows(bookings=[row]), []


def booking_end(record: Record, starts_at: datetime) -> datetime:
    minutes = [
        parse_values.count(segment.get("duration_minutes")) or 0
        for segment in as_list(record.get("appointment_segments"))
        if isinstance(segment, Mapping)
    ]
    return starts_at + timedelta(minutes=min(sum(minutes), 31 * 24 * 60))


def booking_version(record: Record, starts_at: datetime, read_at: datetime, *, kept: bool) -> int:
    """Return a version that grows when the booking's time is over.

    Square has no "kept" status and does not change the record then. From its end on, that moment is
    the version, and any other status stored after it is one microsecond newer.
    """
    updated = parse_values.moment(record.get("updated_at")) or required_moment(record, "created_at")
    over = booking_end(record, starts_at)
    if over > read_at:
        return microseconds(updated)
    return microseconds(max(updated, over)) + (0 if kept else 1)


def parse_money(record: Record, name: str) -> tuple[int, str]:
    amount_money = nested_object(record, name)
    total, currency = parse_minor_units(amount_money.get("amount")), amount_money.get("currency")
    if not isinstance(currency, str) or not re.fullmatch("[A-Z]{3}", currency):
        raise UnreadableError(f"{name} has no currency.")
    if total is None or total < 0:
        raise UnreadableError(f"{name} is no amount of money.")
    return total, currency


def parse_minor_units(raw: Any) -> int | None:
    """Return an amount, which Square writes in minor units; None where `raw` is none."""
    if (
        isinstance(raw, bool)
        or not isinstance(raw, int)
        or abs(raw) >= parse_values.MAX_MINOR_UNITS
    ):
        return None
    return raw


def parse_quantity(raw: Any) -> int:
    """Return a quantity written as "1", or "0.35" of a kilogram, which is rounded up to 1."""
    try:
        quantity = Decimal(raw) if isinstance(raw, str) else Decimal(0)
        return int(min(max(quantity, Decimal(0)), Decimal(parse_values.MAX_QUANTITY)).quantize(
            Decimal(1), ROUND_UP))  # fmt: skip
    except InvalidOperation:
        return 0


def parse_id(raw: Any) -> str | None:
    """Return Square's id; None where `raw` cannot be one."""
    return raw if isinstance(raw, str) and re.fullmatch(r"[\x21-\x7e]{1,255}", raw) else None
