"""Reading one record of a platform: pure and total, whatever the record is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from connectors import parse_values
from connectors.stream import Understood
from shop.ingest.arrivals import Arrivals

Record = Mapping[str, Any]
Read = Callable[[Record, str, str, datetime], tuple[Arrivals, list[str]]]


class UnreadableError(Exception):
    """Nothing can be made of the whole record."""


def reader(
    read: Read, source: str, kind: str, key_of: Callable[[Record], str | None]
) -> Callable[[Any, datetime], Understood]:
    """Rows of one kind of record: its key, and what cannot be used as faults."""

    def understood(record: Any, read_at: datetime) -> Understood:
        key = key_of(record) if isinstance(record, Mapping) else None
        if key is None:
            return Understood(digest(record), faults=(f"This is no {kind} with an id.",))
        try:
            rows, faults = read(record, source, key, read_at)
        except UnreadableError as reason:
            return Understood(key, faults=(str(reason),))
        return Understood(key, rows, tuple(faults))

    return understood


def needed_moment(record: Record, name: str) -> datetime:
    found = parse_values.moment(record.get(name))
    if found is None:
        raise UnreadableError(f"{name} is no date.")
    return found


def optional_moment(record: Record, name: str) -> datetime | None:
    return None if record.get(name) is None else needed_moment(record, name)


def inside(record: Record, name: str) -> Record:
    found = record.get(name)
    return found if isinstance(found, Mapping) else {}


def digest(record: Any) -> str:
    """A key for a record that has none."""
    return hashlib.sha256(json.dumps(record, default=str).encode()).hexdigest()[:16]
