"""Square's customers, orders, refunds and bookings as rows. Pure and total."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_UP, Decimal, InvalidOperation
from typing import Any

from connectors import parse_values, read_record
from connectors.http import listed
from connectors.read_record import Read, Record, UnreadableError, inside, needed_moment
from connectors.stream import Understood
from shop.consent.basis import EMAIL, UNDATED, Says
from shop.db.upsert import Row
from shop.identity.customers import email_key
from shop.ingest.arrivals import Arrivals
from shop.types.moment import microseconds

ASKED_FOR_MAIL = "EMAIL_COLLECTION"  # the customer typed it in to get mail: Square's own word
ONLINE = re.compile(r"online|\bweb|e-?commerce|weebly", re.IGNORECASE)
CLOCKS_DIFFER = timedelta(days=1)
PLAIN_VARIATION = "regular"  # what Square calls the one kind of a thing that has only one
STATUSES = {
    "PENDING": "booked",
    "ACCEPTED": "booked",
    "NO_SHOW": "missed",
    "CANCELLED_BY_CUSTOMER": "cancelled",
    "CANCELLED_BY_SELLER": "cancelled",
    "DECLINED": "cancelled",
}


def reader(read: Read, source: str, kind: str) -> Callable[[Any, datetime], Understood]:
    """Rows of one kind of record, by Square's own id."""
    return read_record.reader(read, source, kind, lambda record: key(record.get("id")))


def customer(
    record: Record, source: str, key: str, read_at: datetime
) -> tuple[Arrivals, list[str]]:
    found, faults = identity(record, source, key)
    return Arrivals(
        identities=[found],
        statements=[
            said_about_mail(record, source, key, says, at, read_at)
            for says, at in said(record, found["email"], read_at)
        ],
    ), faults


def identity(record: Record, source: str, key: str) -> tuple[Row, list[str]]:
    given, written = record.get("email_address"), record.get("birthday")
    address, birthday = parse_values.address(given), parse_values.birthday(written)
    faults = ["The e-mail address is none."] if given and not address else []
    faults += ["The birthday is no day of a year."] if written and not birthday else []
    return {
        "source": source, "external_id": key,
        "email": address, "email_key": email_key(address),
        "phone": parse_values.text(record.get("phone_number"), 40),
        "first_name": parse_values.text(record.get("given_name")),
        "last_name": parse_values.text(record.get("family_name")),
        "language": None, "birthday": birthday, "tags": "[]",
        "joined_at": parse_values.moment(record.get("created_at")),
        "version": microseconds(needed_moment(record, "updated_at")),
    }, faults  # fmt: skip


def said(record: Record, address: str | None, read_at: datetime) -> list[tuple[Says, datetime]]:
    """A yes where they typed their address in for it; a no where they unsubscribed.

    "Not unsubscribed" is no word at all. It is noted as silence, so that a later no is new,
    and never where this customer once said yes: it must not take that back.
    """
    asked = parse_values.moment(record.get("created_at"))
    collected = record.get("creation_source") == ASKED_FOR_MAIL and address is not None
    if asked is not None and asked > read_at + CLOCKS_DIFFER:
        asked = None  # a date to come would outlive every later word
    told = [(Says.YES, asked or UNDATED)] if collected else []
    if inside(record, "preferences").get("email_unsubscribed") is True:
        return [*told, (Says.NO, UNDATED)]
    return told or [(Says.NONE, UNDATED)]


def said_about_mail(
    record: Record, source: str, key: str, says: Says, at: datetime, read_at: datetime
) -> Row:
    creation_source = parse_values.text(record.get("creation_source"), 40)
    evidence = {
        Says.YES: f"Square {ASKED_FOR_MAIL}",
        Says.NO: "Square email_unsubscribed",
        Says.NONE: f"Square {creation_source or 'says nothing'}",
    }
    return {
        "customer_id": None, "source": source, "external_id": key, "channel": EMAIL,
        "says": says.value, "said_at": at, "recorded_at": read_at,
        "evidence": evidence[says], "wording": None, "actor": source,
    }  # fmt: skip


def order(record: Record, source: str, key: str, read_at: datetime) -> tuple[Arrivals, list[str]]:
    version = microseconds(needed_moment(record, "updated_at"))
    placed = parse_values.moment(record.get("closed_at")) or needed_moment(record, "created_at")
    total, currency = money(record, "total_money")
    row = {
        "source": source, "external_id": key,
        "customer_source": source, "customer_key": buyer(record),
        "placed_at": placed, "total": total, "currency": currency,
        "channel": channel(record), "counts": counts(record), "version": version,
    }  # fmt: skip
    lines: list[Row] = [
        {"source": source, "order_key": key, "position": place, **line(bought), "version": version}
        for place, bought in enumerate(listed(record.get("line_items")))
        if isinstance(bought, Mapping)
    ]
    return Arrivals(orders=[row], order_lines=lines), []


def buyer(record: Record) -> str | None:
    """The order's customer; at the till often only the payment names one."""
    tenders = [one for one in listed(record.get("tenders")) if isinstance(one, Mapping)]
    named = (key(one.get("customer_id")) for one in [record, *tenders])
    return next((found for found in named if found), None)


def channel(record: Record) -> str:
    name = inside(record, "source").get("name")
    sent_for = any(isinstance(one, Mapping) for one in listed(record.get("fulfillments")))
    return "online" if sent_for or (isinstance(name, str) and ONLINE.search(name)) else "till"


def counts(record: Record) -> bool:
    """Completed, or open and paid; what was only brought back is no purchase."""
    if record.get("returns") and not record.get("line_items"):
        return False
    match record.get("state"):
        case "COMPLETED":
            return True
        case "OPEN":
            due = inside(record, "net_amount_due_money").get("amount")
            return bool(record.get("tenders")) and due == 0
        case _:
            return False


def line(bought: Record) -> dict[str, Any]:
    name = parse_values.text(bought.get("name"), 200)
    kind = parse_values.text(bought.get("variation_name"), 90)
    title = f"{name} ({kind})" if name and kind and kind.casefold() != PLAIN_VARIATION else name
    return {
        "title": title or kind or "?",
        "product_key": key(bought.get("catalog_object_id")),
        "quantity": quantity(bought.get("quantity")),
        "total": minor(inside(bought, "total_money").get("amount")) or 0,
    }


def refund(record: Record, source: str, key_: str, read_at: datetime) -> tuple[Arrivals, list[str]]:
    """Money that did go back; a refund that waits, or failed, is none."""
    status = record.get("status")
    if status in ("PENDING", "REJECTED", "FAILED") or record.get("unlinked") is True:
        return Arrivals(), []
    if status != "COMPLETED":
        raise UnreadableError("Its status is none that is known.")
    order_key = key(record.get("sold_in")) or key(record.get("order_id"))
    if order_key is None:
        raise UnreadableError("It names no order.")
    total, _ = money(record, "amount_money")
    row = {
        "source": source, "external_id": key_, "order_key": order_key,
        "refunded_at": needed_moment(record, "created_at"), "total": total,
        "version": microseconds(needed_moment(record, "updated_at")),
    }  # fmt: skip
    return Arrivals(refunds=[row]), []


def booking(
    record: Record, source: str, key_: str, read_at: datetime
) -> tuple[Arrivals, list[str]]:
    starts, made = needed_moment(record, "start_at"), needed_moment(record, "created_at")
    status = STATUSES.get(str(record.get("status")))
    if status is None:
        raise UnreadableError("Its status is none that is known.")
    kept = record.get("status") == "ACCEPTED" and ends(record, starts) <= read_at
    row = {
        "source": source, "external_id": key_,
        "customer_source": source, "customer_key": key(record.get("customer_id")),
        "made_at": made, "starts_at": starts, "status": "kept" if kept else status,
        "version": booking_version(record, starts, read_at, kept=kept),
    }  # fmt: skip
    return Arrivals(bookings=[row]), []


def ends(record: Record, starts: datetime) -> datetime:
    minutes = [
        parse_values.count(one.get("duration_minutes")) or 0
        for one in listed(record.get("appointment_segments"))
        if isinstance(one, Mapping)
    ]
    return starts + timedelta(minutes=min(sum(minutes), 31 * 24 * 60))


def booking_version(record: Record, starts: datetime, read_at: datetime, *, kept: bool) -> int:
    """Square never says "kept": it comes true when the time is over, without a change there.

    From then on that moment is the version, and any other word told of it is one newer.
    """
    updated = parse_values.moment(record.get("updated_at")) or needed_moment(record, "created_at")
    over = ends(record, starts)
    if over > read_at:
        return microseconds(updated)
    return microseconds(max(updated, over)) + (0 if kept else 1)


def money(record: Record, name: str) -> tuple[int, str]:
    given = inside(record, name)
    total, currency = minor(given.get("amount")), given.get("currency")
    if not isinstance(currency, str) or not re.fullmatch("[A-Z]{3}", currency):
        raise UnreadableError(f"{name} has no currency.")
    if total is None or total < 0:
        raise UnreadableError(f"{name} is no amount of money.")
    return total, currency


def minor(value: Any) -> int | None:
    """Square counts in minor units already."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int)
        or abs(value) >= parse_values.MOST_MONEY
    ):
        return None
    return value


def quantity(value: Any) -> int:
    """Square writes "1", or "0.35" of a kilogram: a part of one is one."""
    try:
        found = Decimal(value) if isinstance(value, str) else Decimal(0)
        return int(min(max(found, Decimal(0)), Decimal(parse_values.MOST_OF_ONE_THING)).quantize(
            Decimal(1), ROUND_UP))  # fmt: skip
    except InvalidOperation:
        return 0


def key(value: Any) -> str | None:
    """Square's id of a thing, as it came."""
    return value if isinstance(value, str) and re.fullmatch(r"[\x21-\x7e]{1,255}", value) else None
