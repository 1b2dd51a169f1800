"""Shopify's records as rows. Pure and total: whatever comes, something comes back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors import parse_values, read_record
from connectors.read_record import (
    Read,
    Record,
    UnreadableError,
    inside,
    needed_moment,
    optional_moment,
)
from connectors.stream import Understood
from shop.consent.basis import EMAIL, UNDATED, Says
from shop.db.upsert import Row
from shop.identity.customers import email_key
from shop.ingest.arrivals import Arrivals
from shop.types.moment import microseconds

CLOCKS_DIFFER = timedelta(days=1)


def reader(read: Read, source: str, kind: str) -> Callable[[Any, datetime], Understood]:
    """Rows of one kind of record, by the number in its id."""
    return read_record.reader(read, source, kind, lambda record: number(record.get("id"), kind))


def customer(
    record: Record, source: str, key: str, read_at: datetime
) -> tuple[Arrivals, list[str]]:
    updated = needed_moment(record, "updatedAt")
    told = inside(record, "defaultEmailAddress")
    statements: list[Row] = [statement(told, source, key, updated, read_at)] if told else []
    found, faults = identity(record, told, source, key, updated)
    return Arrivals(identities=[found], statements=statements), faults


def identity(
    record: Record, told: Record, source: str, key: str, updated: datetime
) -> tuple[Row, list[str]]:
    given, written = told.get("emailAddress"), inside(record, "birthday").get("value")
    invalid = told.get("marketingState") == "INVALID"  # Shopify has tried it: no mail arrives
    address = None if invalid else parse_values.address(given)
    birthday = parse_values.birthday(written)
    faults = ["The e-mail address is none."] if given and not (address or invalid) else []
    faults += ["The birthday is no day of a year."] if written and not birthday else []
    return {
        "source": source, "external_id": key,
        "email": address, "email_key": email_key(address),
        "phone": parse_values.text(inside(record, "defaultPhoneNumber").get("phoneNumber"), 40),
        "first_name": parse_values.text(record.get("firstName")),
        "last_name": parse_values.text(record.get("lastName")),
        "language": parse_values.language(record.get("locale")),
        "birthday": birthday, "tags": tags(record.get("tags")),
        "joined_at": parse_values.moment(record.get("createdAt")), "version": microseconds(updated),
    }, faults  # fmt: skip


def statement(
    told: Record, source: str, key: str, updated: datetime, read_at: datetime
) -> dict[str, Any]:
    """What Shopify says this person said about mail."""
    state = parse_values.text(told.get("marketingState"), 40) or "nothing"
    level = parse_values.text(told.get("marketingOptInLevel"), 40)
    says = {"SUBSCRIBED": Says.YES, "UNSUBSCRIBED": Says.NO}.get(state, Says.NONE)
    said = parse_values.moment(told.get("marketingUpdatedAt"))
    if said is not None and said > read_at + CLOCKS_DIFFER:
        said = None  # a date to come would outlive every later word
    if said is None:
        said = updated if says is Says.NONE else UNDATED
    return {
        "customer_id": None, "source": source, "external_id": key, "channel": EMAIL,
        "says": says.value, "said_at": said, "recorded_at": read_at,
        "evidence": f"Shopify {', '.join(filter(None, (state, level)))}",
        "wording": None, "actor": source,
    }  # fmt: skip


def order(record: Record, source: str, key: str, read_at: datetime) -> tuple[Arrivals, list[str]]:
    updated = needed_moment(record, "updatedAt")
    placed = parse_values.moment(record.get("processedAt")) or needed_moment(record, "createdAt")
    total, currency = money(record, "currentTotalPriceSet")
    row = {
        "source": source, "external_id": key,
        "customer_source": source, "customer_key": buyer(record),
        "placed_at": placed, "total": total, "currency": currency,
        "channel": "till" if record.get("sourceName") == "pos" else "online",
        "counts": record.get("test") is not True and record.get("cancelledAt") is None,
        "version": microseconds(updated),
    }  # fmt: skip
    bought = lines(record, "discountedTotalSet", currency)
    rows: list[Row] = [
        {"source": source, "order_key": key, **line, "version": microseconds(updated)}
        for line in bought
    ]
    return Arrivals(orders=[row], order_lines=rows), too_long(record)


def cart(record: Record, source: str, key: str, read_at: datetime) -> tuple[Arrivals, list[str]]:
    updated = needed_moment(record, "updatedAt")
    total, currency = money(record, "totalPriceSet")
    row = {
        "source": source, "external_id": key,
        "customer_source": source, "customer_key": buyer(record),
        "left_at": updated, "converted_at": optional_moment(record, "completedAt"),
        "total": total, "currency": currency,
        "url": parse_values.web_address(record.get("abandonedCheckoutUrl")),
        "version": microseconds(updated),
    }  # fmt: skip
    left = lines(record, "discountedTotalPriceSet", currency, pictures=True)
    rows: list[Row] = [
        {"source": source, "cart_key": key, **line, "version": microseconds(updated)}
        for line in left
    ]
    return Arrivals(carts=[row], cart_lines=rows), too_long(record)


def lines(
    record: Record, price: str, currency: str, *, pictures: bool = False
) -> list[dict[str, Any]]:
    nodes = inside(record, "lineItems").get("nodes")
    found = []
    for position, line in enumerate(nodes if isinstance(nodes, list) else []):
        if not isinstance(line, Mapping):
            continue
        shop_money = inside(inside(line, price), "shopMoney")
        found.append(
            {
                "position": position,
                "title": parse_values.text(line.get("title"), 300) or "?",
                "product_key": number(inside(line, "product").get("id"), "Product"),
                "quantity": parse_values.count(line.get("quantity")) or 0,
                "total": parse_values.minor_units(shop_money.get("amount"), currency) or 0,
            }
            | (
                {"picture": parse_values.web_address(inside(line, "image").get("url"))}
                if pictures
                else {}
            )
        )
    return found


def too_long(record: Record) -> list[str]:
    """More lines than are asked for: its total is right, what was bought is not all known."""
    more = inside(inside(record, "lineItems"), "pageInfo").get("hasNextPage") is True
    return ["It has more lines than are read; the rest is left out."] if more else []


def money(record: Record, name: str) -> tuple[int, str]:
    shop_money = inside(inside(record, name), "shopMoney")
    currency = shop_money.get("currencyCode")
    if not isinstance(currency, str) or not re.fullmatch("[A-Z]{3}", currency):
        raise UnreadableError(f"{name} has no currency.")
    total = parse_values.minor_units(shop_money.get("amount"), currency)
    if total is None or total < 0:
        raise UnreadableError(f"{name} is no amount of money.")
    return total, currency


def buyer(record: Record) -> str | None:
    return number(inside(record, "customer").get("id"), "Customer")


def number(gid: Any, kind: str) -> str | None:
    """71 for gid://shopify/Customer/71: the id by which webhooks call the same thing."""
    if not isinstance(gid, str):
        return None
    found = re.fullmatch(rf"gid://shopify/{kind}/([0-9]{{1,20}})(?:\?.*)?", gid)
    return found[1] if found else None


def tags(value: Any) -> str:
    found = [parse_values.text(tag, 255) for tag in value] if isinstance(value, list) else []
    return json.dumps([tag for tag in found if tag][:250], ensure_ascii=False)
