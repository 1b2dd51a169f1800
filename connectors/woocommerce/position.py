"""Where the next page of a list begins, when the list changes while it is read.

A list is sorted by id and read by offset. Records that leave it move all later ones up, and a page
number would skip as many. So each page begins with the last record of the page before: where it
begins with a later one, the reading goes back until it does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.woocommerce.fields import parse_id
from connectors.woocommerce.responses import ListResponse


@dataclass(frozen=True)
class Position:
    """`offset` of a page, and the last id that was read before it.

    The page has to begin with `last_id` or a lower one.
    """

    offset: int = 0
    last_id: int | None = None

    @classmethod
    def parse(cls, cursor: str | None) -> Position:
        offset, _, last_id = (cursor or "0").partition("/")
        return cls(int(offset), int(last_id) if last_id else None)

    def __str__(self) -> str:
        return f"{self.offset}/{self.last_id}" if self.last_id else str(self.offset)


def next_position(position: Position, response: ListResponse, size: int) -> str | None:
    """Returns the position after the page at `position`; None after the last page.

    1. Records have left the list before this page: go back by a page, and again if need be.
    2. The page is not full, or the list ends with it: done.
    3. Else the next page begins with the last record of this one.
    """
    records = response.records
    if has_moved_up(position, records):
        return str(Position(max(0, position.offset - size), position.last_id))
    end = position.offset + len(records)
    if len(records) < size or (response.total is not None and end >= response.total):
        return None
    overlap = 1 if size > 1 else 0
    return str(Position(end - overlap, record_id(records[-1]) if overlap else None))


def has_moved_up(position: Position, records: Sequence[Any]) -> bool:
    """Returns whether the page begins after the record that it should begin with."""
    if position.last_id is None or position.offset == 0:
        return False
    first_id = record_id(records[0]) if records else None
    return not records or (first_id is not None and first_id > position.last_id)


def without_overlap(position: Position, records: Sequence[Any]) -> Sequence[Any]:
    """Returns `records` without the one that the page before ended with."""
    if records and position.last_id is not None and record_id(records[0]) == position.last_id:
        return records[1:]
    return records


def record_id(record: Any) -> int | None:
    number = parse_id(record.get("id")) if isinstance(record, Mapping) else None
    return int(number) if number else None
