"""Square's loyalty events as entries of points. Pure and total.

A record is an event with the account it belongs to and the programme's terms, as `loyalty.py`
put them together.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors import parse_values
from connectors.read_record import Record, UnreadableError, inside, needed_moment
from connectors.square.rows import key
from shop.db.upsert import Row
from shop.ingest.arrivals import Arrivals
from shop.types.moment import microseconds

MOST_POINTS = 10**9
# What each event is called here, where its points stand, and which sign they have.
EVENTS = {
    "ACCUMULATE_POINTS": ("earned", "accumulate_points", 1),
    "ACCUMULATE_PROMOTION_POINTS": ("earned", "accumulate_promotion_points", 1),
    "CREATE_REWARD": ("spent", "create_reward", -1),
    "DELETE_REWARD": ("reversed", "delete_reward", 1),
    "EXPIRE_POINTS": ("expired", "expire_points", -1),
    "ADJUST_POINTS": ("adjusted", "adjust_points", None),
    "OTHER": ("adjusted", "other_event", None),
}
HANDED_OVER = "REDEEM_REWARD"  # its points went when the reward was made


def points(record: Record, source: str, key_: str, read_at: datetime) -> tuple[Arrivals, list[str]]:
    account, event = inside(record, "account"), str(record.get("type"))
    at = needed_moment(record, "created_at")
    if event == HANDED_OVER:
        return Arrivals(), []
    if event not in EVENTS:
        raise UnreadableError("Its type is none that is known.")
    if key(account.get("id")) is None:
        raise UnreadableError("Its loyalty account is not known.")
    kind, part, _ = EVENTS[event]
    order = key(inside(record, part).get("order_id"))
    row = {
        "source": source, "external_id": key_,
        "customer_source": source, "customer_key": owner(account),
        "kind": kind, "points": signed(record, event), "at": at,
        "expires_at": ends(at, record) if kind == "earned" else None,
        "order_source": source if order else None, "order_key": order,
        "version": microseconds(at),
    }  # fmt: skip
    return Arrivals(points=[row], identities=stranger(account, source)), []


def signed(record: Record, event: str) -> int:
    """The points, with the sign that the kind of event gives them, however Square wrote it."""
    _, part, sign = EVENTS[event]
    found = inside(record, part).get("points")
    if isinstance(found, bool) or not isinstance(found, int) or abs(found) > MOST_POINTS:
        raise UnreadableError("Its points are no number.")
    return found if sign is None else sign * abs(found)


def owner(account: Record) -> str:
    """The account's customer, else the account itself: it may have a telephone number alone."""
    return key(account.get("customer_id")) or f"loyalty:{account['id']}"


def stranger(account: Record, source: str) -> list[Row]:
    """Somebody who is known to the programme and is no customer in Square's directory."""
    phone = parse_values.text(inside(account, "mapping").get("phone_number"), 40)
    changed = parse_values.moment(account.get("updated_at")) or parse_values.moment(
        account.get("created_at")
    )
    if key(account.get("customer_id")) or phone is None or changed is None:
        return []
    return [{
        "source": source, "external_id": owner(account),
        "email": None, "email_key": None, "phone": phone,
        "first_name": None, "last_name": None, "language": None, "birthday": None, "tags": "[]",
        "joined_at": parse_values.moment(account.get("enrolled_at")),
        "version": microseconds(changed),
    }]  # fmt: skip


def ends(at: datetime, record: Record) -> datetime | None:
    """Points last through the month that the programme names; then the next one begins."""
    lasts = re.fullmatch(r"P([0-9]{1,3})([MY])", str(record.get("lasts")))
    if lasts is None:
        return None
    months = int(lasts[1]) * (12 if lasts[2] == "Y" else 1)
    there = at.astimezone(zone(record.get("zone")))
    years, month = divmod(there.month + months, 12)
    return datetime(there.year + years, month + 1, 1, tzinfo=there.tzinfo)


def zone(name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(name) if isinstance(name, str) else ZoneInfo("UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
