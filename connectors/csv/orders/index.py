"""Sorts the rows of an order file by order, on disk: memory does not grow with the file.

The rows of one order may stand anywhere in the file, and whether a total is of the order or of the
line shows only in the file as a whole.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from operator import itemgetter
from threading import Lock
from typing import Any

from connectors.csv.config import TotalIsOf
from connectors.csv.orders.groups import (
    CsvOrder,
    CsvRefund,
    KeyedRow,
    TotalRule,
    group_rows,
)
from connectors.csv.orders.row import OrderRow, load_row
from connectors.csv.orders.words import OrderStatus, parse_channel
from connectors.csv.record_keys import record_key
from settings.errors import SourceDataError
from shop.types.moment import EPOCH, MICROSECOND, microseconds

BATCH_SIZE = 5_000
SCHEMA = """
CREATE TABLE order_rows (
    position INTEGER PRIMARY KEY, line INTEGER, number TEXT, day TEXT, buyer TEXT, total INTEGER,
    status TEXT, unknown_status TEXT, unknown_channel TEXT, no_sale TEXT, digest BLOB,
    placed_at INTEGER, basket TEXT, parsed TEXT
)
"""
INSERT = "INSERT INTO order_rows VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
BASKET_INDEX = "CREATE INDEX IF NOT EXISTS baskets ON order_rows (basket)"
# Equal rows without a number are of one basket, so that they are numbered as in the whole file.
ROWS_OF_BASKET = """
SELECT line, number, buyer, placed_at, total, digest,
    row_number() OVER (PARTITION BY digest ORDER BY position)
FROM order_rows WHERE basket = ? ORDER BY position
"""
REFUNDS_OF_DAY = """
SELECT line, number, buyer, placed_at, total, digest,
    row_number() OVER (PARTITION BY digest ORDER BY position)
FROM order_rows WHERE day = ? AND total < 0 ORDER BY position
"""
# 1. Each row with the position of its order's first row, and its occurrence among equal rows.
# 2. Numbers that only refunds have come last: their orders may stand anywhere in the file.
SORTED_ROWS = """
WITH numbered AS (
    SELECT position, parsed, placed_at, digest,
        min(position) OVER (PARTITION BY coalesce(number, position)) AS first_position,
        max(coalesce(total, 0)) OVER (PARTITION BY coalesce(number, position)) AS largest,
        row_number() OVER (PARTITION BY digest ORDER BY position) AS occurrence
    FROM order_rows
)
SELECT first_position, parsed, placed_at, digest, occurrence FROM numbered
ORDER BY largest < 0, first_position, position
"""
# Orders with a total on each of several rows; are their totals alike?
REPEATED_TOTALS = """
SELECT count(DISTINCT total) = 1 AS alike, count(*) AS row_count, min(position) AS position
FROM order_rows
WHERE number IS NOT NULL AND coalesce(total, 0) >= 0 AND no_sale IS NULL
GROUP BY number, day, buyer
HAVING count(*) > 1 AND count(total) = count(*) AND max(total) > 0
"""
TOTALS_ALIKE = f"SELECT alike, count(*), min(position) FROM ({REPEATED_TOTALS}) GROUP BY alike"  # noqa: S608 - constants
RECURRING_NUMBERS = """
SELECT count(*) FROM (
    SELECT number FROM order_rows
    WHERE number IS NOT NULL AND coalesce(total, 0) >= 0 AND no_sale IS NULL
    GROUP BY number HAVING count(DISTINCT day) > 1
)
"""
MOST_WORDS = 3


@dataclass(frozen=True)
class UnknownWords:
    """Words of a column that are not known: in how many of its filled rows, and the first ones."""

    rows: int
    of_rows: int
    words: tuple[str, ...]


@dataclass(frozen=True)
class IndexedRow:
    """What a row is known by; `key` is None for a purchase that has a number."""

    line: int
    number: str | None
    buyer: str | None
    placed_at: datetime
    total: int
    key: str | None


class OrderIndex:
    """The rows of one file in a temporary database, which is deleted when it is closed."""

    def __init__(self, rows: Iterable[OrderRow], total_is_of: TotalIsOf | None) -> None:
        # One thread fetches a page while another matches the one before to what is stored.
        self._lock = Lock()
        self._database = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(SCHEMA)
        self._insert(rows)
        self.total_rule = self._total_rule(total_is_of)

    def records(self) -> Iterator[CsvOrder | CsvRefund]:
        """Yield the orders in the sequence of their first rows, then refunds without an order."""
        rows = self._fetch_in_batches(SORTED_ROWS)
        for _, of_number in groupby(rows, key=itemgetter(0)):
            yield from group_rows([_keyed_row(*row[1:]) for row in of_number], self.total_rule)

    def example(self) -> CsvOrder | None:
        """Return the first order of which several rows state a total; None where there is none."""
        if not (counts := self._totals_alike()):
            return None
        alike = int(self.total_rule.total_is_of is TotalIsOf.ORDER)
        position = counts.get(alike, next(iter(counts.values())))[1]
        rows = self._database.execute(
            "SELECT parsed, placed_at, digest, 1 FROM order_rows WHERE number ="
            " (SELECT number FROM order_rows WHERE position = ?) ORDER BY position",
            [position],
        )
        records = group_rows([_keyed_row(*row) for row in rows], self.total_rule)
        return next((record for record in records if isinstance(record, CsvOrder)), None)

    def recurring_numbers(self) -> int:
        """Return how many order numbers stand in rows of several days."""
        [[count]] = self._database.execute(RECURRING_NUMBERS)
        return int(count)

    def statuses(self) -> dict[OrderStatus, int]:
        """Return the number of rows of each status, the most frequent first."""
        rows = self._database.execute(
            "SELECT status, count(*) FROM order_rows"
            " WHERE status IS NOT NULL AND no_sale IS NULL"
            " GROUP BY status ORDER BY count(*) DESC, status"
        )
        return {OrderStatus(status): count for status, count in rows}

    def unknown_statuses(self) -> UnknownWords:
        return self._unknown("unknown_status", "status IS NOT NULL")

    def unknown_channels(self) -> UnknownWords:
        return self._unknown("unknown_channel", "unknown_channel IS NOT NULL")

    def no_sales(self) -> UnknownWords:
        """Return the kinds of rows that are no payments and no refunds."""
        return self._unknown("no_sale", "TRUE")

    def has_numbers(self) -> bool:
        """Return whether any row has the number of an order."""
        query = "SELECT EXISTS (SELECT 1 FROM order_rows WHERE number IS NOT NULL)"
        with self._lock:
            return bool(self._database.execute(query).fetchone()[0])

    def purchases_of(self, baskets: Iterable[str]) -> dict[str, list[IndexedRow]]:
        """Return the rows of each of `baskets` (see `OrderRow.basket`), without refunds."""
        with self._lock:
            self._database.execute(BASKET_INDEX)
            fetched = {
                basket: list(map(_indexed_row, self._database.execute(ROWS_OF_BASKET, [basket])))
                for basket in baskets
            }
        return {
            basket: [row for row in rows if row and row.total >= 0]
            for basket, rows in fetched.items()
        }

    def refunds_of(self, days: Iterable[str]) -> list[IndexedRow]:
        """Return the rows of these `days` that are refunds."""
        with self._lock:
            fetched = (self._database.execute(REFUNDS_OF_DAY, [day]) for day in days)
            return [row for rows in fetched for row in map(_indexed_row, rows) if row]

    def close(self) -> None:
        """Delete the temporary database."""
        self._database.close()

    def _fetch_in_batches(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of `query`, while other threads ask for other rows."""
        with self._lock:
            cursor = self._database.execute(query)
        while True:
            with self._lock:
                batch = cursor.fetchmany(BATCH_SIZE)
            if not batch:
                return
            yield from batch

    def _insert(self, rows: Iterable[OrderRow]) -> None:
        try:
            self._insert_batches(iter(rows))
        except sqlite3.Error as error:
            self.close()
            raise SourceDataError(
                f"A file of orders is sorted in a temporary file, which failed: {error}. "
                "Make room on the disk, and run it again."
            ) from None

    def _insert_batches(self, rows: Iterator[OrderRow]) -> None:
        while batch := [_columns(row) for row in islice(rows, BATCH_SIZE)]:
            self._database.execute("BEGIN")
            self._database.executemany(INSERT, batch)
            self._database.execute("COMMIT")

    def _total_rule(self, stated: TotalIsOf | None) -> TotalRule:
        """Return whose totals they are: the order's, unless more orders have differing ones."""
        if stated is not None:
            return TotalRule(stated, stated=True)
        counts = self._totals_alike()
        alike, differing = (counts.get(flag, (0, 0))[0] for flag in (1, 0))
        return TotalRule(TotalIsOf.LINE if differing > alike else TotalIsOf.ORDER)

    def _totals_alike(self) -> dict[int, tuple[int, int]]:
        rows = self._database.execute(TOTALS_ALIKE)
        return {alike: (count, position) for alike, count, position in rows}

    def _unknown(self, column: str, filled: str) -> UnknownWords:
        words = self._database.execute(
            f"SELECT {column}, count(*) FROM order_rows WHERE {column} IS NOT NULL"  # noqa: S608 - a constant
            f" GROUP BY {column} ORDER BY count(*) DESC, {column}"
        ).fetchall()
        [[of_rows]] = self._database.execute(f"SELECT count(*) FROM order_rows WHERE {filled}")  # noqa: S608 - a constant
        shown = tuple(word for word, _ in words[:MOST_WORDS])
        return UnknownWords(sum(count for _, count in words), of_rows, shown)


def _columns(row: OrderRow) -> tuple[object, ...]:
    placed_at = None if row.placed_at is None else microseconds(row.placed_at)
    status = row.status
    return (
        row.line, row.number, row.day, row.buyer, row.total,
        status, row.written_status if status is OrderStatus.UNKNOWN else None,
        row.channel if parse_channel(row.channel) is None else None,
        row.written_kind if status is OrderStatus.NO_SALE else None,
        row.digest, placed_at, row.basket, row.dump(),
    )  # fmt: skip


def _keyed_row(
    parsed: str, placed_at: int | None, digest: bytes | None, occurrence: int
) -> KeyedRow:
    moment: datetime | None = None if placed_at is None else EPOCH + placed_at * MICROSECOND
    return load_row(parsed, moment), record_key(digest, occurrence) if digest else ""


def _indexed_row(columns: tuple[Any, ...]) -> IndexedRow | None:
    """Return a row; None for one without a date or a total, which is no purchase by itself."""
    line, number, buyer, placed_at, total, digest, occurrence = columns
    if placed_at is None or total is None:
        return None
    key = record_key(digest, occurrence) if digest else None
    return IndexedRow(line, number, buyer, EPOCH + placed_at * MICROSECOND, total, key)
