"""Cursor pagination: records are sorted once per sort key, pages are found by bisection."""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Any, Generic, Protocol, TypeVar

import orjson

from sandbox.shopify.errors import ShopifyError
from sandbox.shopify.search import Bound, Value


class Numbered(Protocol):
    @property
    def number(self) -> int: ...


T = TypeVar("T", bound=Numbered)
Field = Callable[[Any], Value]
# Ties are broken by the record's number, as Shopify does.
SortKey = tuple[Value, float]
NO_FIELDS: Mapping[str, Field] = {}


MAX_PAGE_SIZE = 250


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of records, with a cursor for each."""

    records: list[T]
    cursors: list[str]
    has_previous: bool
    has_next: bool


class RecordStore(Generic[T]):
    """All records of one type, by number."""

    def __init__(self, records: Iterable[T], fields: Mapping[str, Field] = NO_FIELDS) -> None:
        self._by_number = {record.number: record for record in records}
        self._fields = {"id": record_number, **fields}
        self._sorted: dict[str, tuple[list[SortKey], list[T]]] = {}

    def __len__(self) -> int:
        return len(self._by_number)

    def get(self, number: int | None) -> T | None:
        return None if number is None else self._by_number.get(number)

    def put(self, record: T) -> None:
        """Add `record`, or replace the one with the same number."""
        self._by_number[record.number] = record
        self._sorted.clear()

    def remove(self, number: int) -> None:
        """Delete the record with this number: no list of changes shows it."""
        del self._by_number[number]
        self._sorted.clear()

    def page(
        self, sort: str, bounds: list[Bound], first: int, after: str | None, *, reverse: bool
    ) -> Page[T]:
        """Return the page of `first` records after cursor `after`, sorted by field `sort`."""
        sort_keys, records = self._sorted_records(sort)
        low, high = bounded_range(sort_keys, [bound for bound in bounds if bound.field == sort])
        if after is not None:
            low, high = range_after_cursor(
                sort_keys, read_cursor(after, sort), low, high, reverse=reverse
            )
        other_bounds = [(self._fields[b.field], b) for b in bounds if b.field != sort]
        indexes = first_matches(
            records, other_bounds, range(low, high)[:: -1 if reverse else 1], first + 1
        )
        page_indexes = indexes[:first]
        return Page(
            records=[records[index] for index in page_indexes],
            cursors=[write_cursor(*sort_keys[index]) for index in page_indexes],
            has_previous=after is not None,
            has_next=len(indexes) > first,
        )

    def count(self, bounds: list[Bound], limit: int | None) -> int:
        """Return how many records satisfy `bounds`, at most `limit`."""
        records = list(self._by_number.values())
        tests = [(self._fields[bound.field], bound) for bound in bounds]
        indexes = range(len(records))
        return len(first_matches(records, tests, indexes, len(records) if limit is None else limit))

    def _sorted_records(self, sort: str) -> tuple[list[SortKey], list[T]]:
        if sort not in self._sorted:
            value = self._fields[sort]
            pairs = sorted(
                (((value(record), record.number), record) for record in self._by_number.values()),
                key=lambda pair: pair[0],
            )
            self._sorted[sort] = (
                [sort_key for sort_key, _ in pairs],
                [record for _, record in pairs],
            )
        return self._sorted[sort]


def page_size(first: int | None) -> int:
    if first is None:
        raise ShopifyError("You must provide one of first or last.")
    if not 1 <= first <= MAX_PAGE_SIZE:
        raise ShopifyError(f"first must be between 1 and {MAX_PAGE_SIZE}, and is {first}.")
    return first


def record_number(record: Numbered) -> int:
    return record.number


def bounded_range(sort_keys: list[SortKey], bounds: list[Bound]) -> tuple[int, int]:
    """Return the range of indexes of `sort_keys` that satisfies `bounds` on the sort field."""
    low, high = 0, len(sort_keys)
    for bound in bounds:
        start = bisect_left(sort_keys, (bound.value, -inf))
        end = bisect_left(sort_keys, (bound.value, inf))
        if bound.operator in (">=", ">", "="):
            low = max(low, end if bound.operator == ">" else start)
        if bound.operator in ("<=", "<", "="):
            high = min(high, start if bound.operator == "<" else end)
    return low, high


def range_after_cursor(
    sort_keys: list[SortKey], cursor: SortKey, low: int, high: int, *, reverse: bool
) -> tuple[int, int]:
    """Return the part of `low` to `high` after `cursor`, whose record may no longer exist."""
    index = bisect_left(sort_keys, cursor)
    if reverse:
        return low, min(high, index)
    is_exact = index < len(sort_keys) and sort_keys[index] == cursor
    return max(low, index + is_exact), high


def first_matches(
    records: list[T], bounds: list[tuple[Field, Bound]], indexes: Iterable[int], limit: int
) -> list[int]:
    matches = iter_matches(records, bounds, indexes)
    return [index for _, index in zip(range(limit), matches, strict=False)]


def iter_matches(
    records: list[T], bounds: list[tuple[Field, Bound]], indexes: Iterable[int]
) -> Iterator[int]:
    for index in indexes:
        record = records[index]
        if all(bound.matches(field(record)) for field, bound in bounds):
            yield index


def write_cursor(value: Value, number: float) -> str:
    last = value.isoformat() if isinstance(value, datetime) else str(value)
    return base64.b64encode(orjson.dumps({"last_id": int(number), "last_value": last})).decode()


def read_cursor(cursor: str, sort: str) -> SortKey:
    try:
        return cursor_sort_key(orjson.loads(base64.b64decode(cursor, validate=True)), sort)
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise ShopifyError("Invalid cursor for current pagination sort.") from None


def cursor_sort_key(cursor: Any, sort: str) -> SortKey:
    last, number = cursor["last_value"], int(cursor["last_id"])
    if sort == "id":
        return int(last), number
    moment = datetime.fromisoformat(last)
    if moment.tzinfo is None:
        raise ValueError("a cursor's time has a zone")
    return moment, number
