"""Wraps a platform's record parsers so that every record yields rows or errors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors import parse_values
from connectors.stream import ParsedRecord
from shop.db.upsert import Row
from shop.identity.customers import WITHDRAWN
from shop.ingest.source_rows import SourceRows

Record = Mapping[str, Any]
RecordToRows = Callable[[Record, str, str, datetime], tuple[SourceRows, list[str]]]


class UnreadableError(Exception):
    """The record as a whole cannot be used; the text says why."""


def record_reader(
    to_rows: RecordToRows, source: str, kind: str, key_of: Callable[[Record], str | None]
) -> Callable[[Any, datetime], ParsedRecord]:
    """Return the parser of one `kind` of record.

    `to_rows` returns rows and errors, or raises `UnreadableError`; `key_of` returns the record id.
    """

    def parse(record: Any, read_at: datetime) -> ParsedRecord:
        key = key_of(record) if isinstance(record, Mapping) else None
        if key is None:
            return ParsedRecord(record_digest(record), errors=(f"This is no {kind} with an id.",))
        try:
            rows, errors = to_rows(record, source, key, read_at)
        except UnreadableError as reason:
            return ParsedRecord(key, errors=(str(reason),))
        return ParsedRecord(key, rows, tuple(errors))

    return parse


def required_moment(record: Record, name: str) -> datetime:
    moment = parse_values.moment(record.get(name))
    if moment is None:
        raise UnreadableError(f"{name} is no date.")
    return moment


def optional_moment(record: Record, name: str) -> datetime | None:
    return None if record.get(name) is None else required_moment(record, name)


def happened(moment: datetime, read_at: datetime) -> datetime:
    """Return `moment`; raises `UnreadableError` where it lies after `read_at`."""
    if parse_values.is_future(moment, read_at):
        raise UnreadableError(parse_values.FUTURE)
    return moment


def hold_future_order(row: Row, read_at: datetime) -> tuple[Row, list[str]]:
    """Return the row of an order, and an error where it is dated after `read_at`.

    Such an order counts from its day on: the day may be mistyped, or the clock of this machine
    behind. `shop.ingest.future_orders` lets it count.
    """
    placed_at = row["placed_at"]
    if not parse_values.is_future(placed_at, read_at):
        return {**row, "counts_from": None}, []
    counts_from = placed_at if row["counts"] else None
    held = {**row, "counts": False, "awaits_payment": False, "counts_from": counts_from}
    return held, [parse_values.FUTURE_ORDER.format(day=placed_at.date())]


def read_birthday(written: Any, changed_at: datetime) -> tuple[str | None, list[str]]:
    """Return the birthday of a record that was last changed at `changed_at`, and errors.

    A birthday that stands for none is `WITHDRAWN`, which replaces what was stored before.
    """
    if not written:
        return None, []
    birthday = parse_values.birthday(written)
    if birthday is None:
        return None, ["The birthday is no day of a year."]
    error = parse_values.birthday_error(birthday, (changed_at + timedelta(days=1)).date())
    return (WITHDRAWN, [error]) if error else (birthday, [])


def nested_object(record: Record, name: str) -> Record:
    child = record.get(name)
    return child if isinstance(child, Mapping) else {}


def record_digest(record: Any) -> str:
    """Return a key for a record without an id."""
    return hashlib.sha256(json.dumps(record, default=str).encode()).hexdigest()[:16]
