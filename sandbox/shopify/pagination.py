"""Connections: records sorted once for each sort key, pages found by bisection."""

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

from sandbox.shopify.errors import RefusedError
from sandbox.shopify.search import Bound, Value


class Numbered(Protocol):
    @property
    def number(self) -> int: ...


T = TypeVar("T", bound=Numbered)
Field = Callable[[Any], Value]
# A record's place in a sort order: ties are broken by its number, as Shopify does.
Place = tuple[Value, float]
NO_FIELDS: Mapping[str, Field] = {}


LARGEST_PAGE = 250


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some records in order, with a cursor for each."""

    records: list[T]
    cursors: list[str]
    before: bool
    more: bool


class Shelf(Generic[T]):
    """All records of one kind."""

    def __init__(self, records: Iterable[T], fields: Mapping[str, Field] = NO_FIELDS) -> None:
        self._by_number = {record.number: record for record in records}
        self._fields = {"id": number_of, **fields}
        self._sorted: dict[str, tuple[list[Place], list[T]]] = {}

    def __len__(self) -> int:
        return len(self._by_number)

    def get(self, number: int | None) -> T | None:
        return None if number is None else self._by_number.get(number)

    def put(self, record: T) -> None:
        """Add a record, or replace the one of the same number."""
        self._by_number[record.number] = record
        self._sorted.clear()

    def page(
        self, sort: str, bounds: list[Bound], first: int, after: str | None, *, reverse: bool
    ) -> Page[T]:
        places, records = self._in_order(sort)
        low, high = window(places, [bound for bound in bounds if bound.field == sort])
        if after is not None:
            low, high = beyond(places, read_cursor(after, sort), low, high, reverse=reverse)
        others = [(self._fields[b.field], b) for b in bounds if b.field != sort]
        found = matching(records, others, range(low, high)[:: -1 if reverse else 1], first + 1)
        kept = found[:first]
        return Page(
            records=[records[index] for index in kept],
            cursors=[write_cursor(*places[index]) for index in kept],
            before=after is not None,
            more=len(found) > first,
        )

    def count(self, bounds: list[Bound], most: int | None) -> int:
        """How many records there are within the bounds; counting ends at `most`."""
        records = list(self._by_number.values())
        tests = [(self._fields[bound.field], bound) for bound in bounds]
        every = range(len(records))
        return len(matching(records, tests, every, len(records) if most is None else most))

    def _in_order(self, sort: str) -> tuple[list[Place], list[T]]:
        if sort not in self._sorted:
            value = self._fields[sort]
            pairs = sorted(
                (((value(record), record.number), record) for record in self._by_number.values()),
                key=lambda pair: pair[0],
            )
            self._sorted[sort] = [place for place, _ in pairs], [record for _, record in pairs]
        return self._sorted[sort]


def page_size(first: int | None) -> int:
    if first is None:
        raise RefusedError("You must provide one of first or last.")
    if not 1 <= first <= LARGEST_PAGE:
        raise RefusedError(f"first must be between 1 and {LARGEST_PAGE}, and is {first}.")
    return first


def number_of(record: Numbered) -> int:
    return record.number


def window(places: list[Place], bounds: list[Bound]) -> tuple[int, int]:
    """The stretch of a sort order that bounds on that very field leave."""
    low, high = 0, len(places)
    for bound in bounds:
        start = bisect_left(places, (bound.value, -inf))
        end = bisect_left(places, (bound.value, inf))
        if bound.operator in (">=", ">", "="):
            low = max(low, end if bound.operator == ">" else start)
        if bound.operator in ("<=", "<", "="):
            high = min(high, start if bound.operator == "<" else end)
    return low, high


def beyond(
    places: list[Place], cursor: Place, low: int, high: int, *, reverse: bool
) -> tuple[int, int]:
    """What of the stretch lies behind the cursor; its record may be gone by now."""
    here = bisect_left(places, cursor)
    if reverse:
        return low, min(high, here)
    passed = here < len(places) and places[here] == cursor
    return max(low, here + passed), high


def matching(
    records: list[T], bounds: list[tuple[Field, Bound]], indexes: Iterable[int], most: int
) -> list[int]:
    found = all_matching(records, bounds, indexes)
    return [index for _, index in zip(range(most), found, strict=False)]


def all_matching(
    records: list[T], bounds: list[tuple[Field, Bound]], indexes: Iterable[int]
) -> Iterator[int]:
    for index in indexes:
        record = records[index]
        if all(bound.holds(field(record)) for field, bound in bounds):
            yield index


def write_cursor(value: Value, number: float) -> str:
    last = value.isoformat() if isinstance(value, datetime) else str(value)
    return base64.b64encode(orjson.dumps({"last_id": int(number), "last_value": last})).decode()


def read_cursor(cursor: str, sort: str) -> Place:
    try:
        return place_of(orjson.loads(base64.b64decode(cursor, validate=True)), sort)
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise RefusedError("Invalid cursor for current pagination sort.") from None


def place_of(read: Any, sort: str) -> Place:
    last, number = read["last_value"], int(read["last_id"])
    if sort == "id":
        return int(last), number
    moment = datetime.fromisoformat(last)
    if moment.tzinfo is None:
        raise ValueError("a cursor's time has a zone")
    return moment, number
