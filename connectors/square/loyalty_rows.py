"""Turns Square's loyalty events into points entries: pure functions that never raise.

A record is an event with the account it belongs to and the programme's terms, as `loyalty.py`
combines them.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors import parse_values
from connectors.read_record import Record, UnreadableError, happened, nested_object, required_moment
from connectors.square.rows import parse_id
from shop.db.upsert import Row
from shop.ingest.source_rows import SourceRows
from shop.types.moment import microseconds

MAX_POINTS = 10**9
# By event type: kind of points entry, key of the payload, sign of the points.
EVENTS = {
    "ACCUMULATE_POINTS": ("earned", "accumulate_points", 1),
    "ACCUMULATE_PROMOTION_POINTS": ("earned", "accumulate_promotion_points", 1),
    "CREATE_REWARD": ("spent", "create_reward", -1),
    "DELETE_REWARD": ("reversed", "delete_reward", 1),
    "EXPIRE_POINTS": ("expired", "expire_points", -1),
    "ADJUST_POINTS": ("adjusted", "adjust_points", None),
    "OTHER": ("adjusted", "other_event", None),
}
REDEEMED = "REDEEM_REWARD"  # its points were deducted when the reward was created


def points(
    record: Record, source: str, external_id: str, read_at: datetime
) -> tuple[SourceRows, list[str]]:
    account, event = nested_object(record, "account"), str(record.get("type"))
    occurred_at = happened(required_moment(record, "created_at"), read_at)
    if event == REDEEMED:
        return SourceRows(), []
    if event not in EVENTS:
        raise UnreadableError("Its type is none that is known.")
    if parse_id(account.get("id")) is None:
        raise UnreadableError("Its loyalty account is not known.")
    kind, payload_key, _ = EVENTS[event]
    order = parse_id(nested_object(record, payload_key).get("order_id"))
    row = {
        "source": source, "external_id": external_id,
        "customer_source": source, "customer_key": customer_key(account),
        "kind": kind, "points": signed_points(record, event), "at": occurred_at,
        "expires_at": expiry(occurred_at, record) if kind == "earned" else None,
        "order_source": source if order else None, "order_key": order,
        "version": microseconds(occurred_at),
    }  # fmt: skip
    return SourceRows(points=[row], identities=account_identity(account, source)), []


def signed_points(record: Record, event: str) -> int:
    """Return the points with the sign of this type of event, whichever sign Square wrote."""
    _, payload_key, sign = EVENTS[event]
    amount = nested_object(record, payload_key).get("points")
    if isinstance(amount, bool) or not isinstance(amount, int) or abs(amount) > MAX_POINTS:
        raise UnreadableError("Its points are no number.")
    return amount if sign is None else sign * abs(amount)


def customer_key(account: Record) -> str:
    """Return the account's customer, or the account itself where it has a phone number only."""
    return parse_id(account.get("customer_id")) or f"loyalty:{account['id']}"


def account_identity(account: Record, source: str) -> list[Row]:
    """Return an identity for an account without a customer in Square's directory."""
    phone = parse_values.single_line(nested_object(account, "mapping").get("phone_number"), 40)
    updated = parse_values.moment(account.get("updated_at")) or parse_values.moment(
        account.get("created_at")
    )
    if parse_id(account.get("customer_id")) or phone is None or updated is None:
        return []
    return [{
        "source": source, "external_id": customer_key(account),
        "email": None, "email_key": None, "phone": phone,
        "first_name": None, "last_name": None, "language": None, "birthday": None, "tags": "[]",
        "joined_at": parse_values.moment(account.get("enrolled_at")),
        "version": microseconds(updated),
    }]  # fmt: skip


def expiry(occurred_at: datetime, record: Record) -> datetime | None:
    """Return when the points expire: with the programme's last month, in the location's zone."""
    duration = re.fullmatch(r"P([0-9]{1,3})([MY])", str(record.get("lasts")))
    if duration is None:
        return None
    months = int(duration[1]) * (12 if duration[2] == "Y" else 1)
    local = occurred_at.astimezone(parse_zone(record.get("zone")))
    years, month = divmod(local.month + months, 12)
    return datetime(local.year + years, month + 1, 1, tzinfo=local.tzinfo)


def parse_zone(name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(name) if isinstance(name, str) else ZoneInfo("UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
