"""Reads fields of WooCommerce's records; nothing here raises but `UnreadableError`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors import parse_values
from connectors.http import as_list
from connectors.read_record import Record, UnreadableError


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
