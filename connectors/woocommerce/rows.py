"""Turns WooCommerce's customers and orders into rows: pure functions that never raise.

An order carries its refunds: `connector.py` adds `refund_details`, since the order itself gives
their ids and totals only.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from connectors import parse_values, read_record
from connectors.consent_headings import read_consent
from connectors.consent_words import show_value
from connectors.read_record import (
    Record,
    RecordToRows,
    UnreadableError,
    hold_future_order,
    nested_object,
)
from connectors.stream import ParsedRecord
from connectors.woocommerce.fields import (
    gmt_moment,
    meta_text,
    objects,
    parse_id,
    required_gmt,
    text,
)
from connectors.woocommerce.order_parts import (
    awaits_payment,
    counts_as_purchase,
    numbered,
    order_total,
    parse_coupons,
    parse_currency,
    parse_lines,
    parse_refunds,
)
from shop.consent.basis import EMAIL, NO_EVIDENCE, UNDATED, ConsentValue
from shop.db.upsert import Row
from shop.identity.customers import email_key
from shop.ingest.guests import GUEST_PREFIX
from shop.ingest.source_rows import SourceRows
from shop.types.moment import microseconds

# WordPress's own roles of people who run a site: customers only once they have paid.
STAFF_ROLES = frozenset(
    {"administrator", "editor", "author", "contributor", "subscriber", "shop_manager"}
)
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
    order_row, errors = hold_future_order({
        "source": source, "external_id": key, "customer_source": source, "customer_key": buyer,
        "placed_at": gmt_moment(order_record.get("date_paid_gmt")) or created,
        "total": total, "currency": currency,
        "channel": "till" if text(order_record, "created_via") in TILL_CHANNELS else "online",
        "counts": counts_as_purchase(order_record, total),
        "awaits_payment": awaits_payment(order_record), "version": version,
    }, read_at)  # fmt: skip
    part_of_order = {"source": source, "order_key": key, "version": version}
    lines = parse_lines(order_record, currency)
    coupons = parse_coupons(order_record, currency)
    refunds, refund_errors = parse_refunds(order_record, source, key, currency, changed)
    statements: list[Row] = [
        {**statement, "actor": f"order {key}"}
        for statement in order_statements(
            order_record, source, buyer, consent_key, created, read_at
        )
    ]
    rows = SourceRows(
        identities=guests, statements=statements, orders=[order_row], refunds=refunds,
        order_lines=numbered(lines, part_of_order), order_coupons=numbered(coupons, part_of_order),
    )  # fmt: skip
    return rows, [*errors, *refund_errors]


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
        "joined_at": None, "reports_address": True, "version": microseconds(changed),
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
