"""A file of customers, purchases or answers, read again only when it or its reading has changed."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from connectors.config import (
    AnswerColumns,
    CsvAnswers,
    CsvCustomers,
    CsvOrders,
    CustomerColumns,
    OrderColumns,
)
from connectors.csv import amounts as totals
from connectors.csv import dates, rows, survey_rows
from connectors.csv.rows import How, Line, Purchase
from connectors.csv.table import Table, look_at
from connectors.stream import Page, Stream, Understood, Window
from settings.errors import DataTrouble

PAGE_SIZE = 1_000
DATES = ("when", "joined", "birthday")
READING = "2"  # a new reading of old files needs a new number

READERS: dict[str, Callable[[Any, How, datetime], Understood]] = {
    "customers": rows.customer,
    "orders": rows.order,
    "answers": survey_rows.answer,
}
CsvWords = CsvCustomers | CsvOrders | CsvAnswers
CsvColumns = CustomerColumns | OrderColumns | AnswerColumns


@dataclass(frozen=True)
class Csv:
    """One file."""

    source: str
    path: Path
    words: CsvWords
    currency: str
    zone: ZoneInfo
    customers_of: str
    page_size: int = PAGE_SIZE

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Sequence[Stream]]:
        """One stream, called by what the file holds."""
        table = await asyncio.to_thread(look_at, self.path, self.source)
        columns = places(table, self.words.columns, self.source)
        file = File(table, columns, self)
        read = READERS[self.words.holds]
        try:
            yield [
                Stream(
                    name=self.words.holds,
                    fetch=file.fetch,
                    rows=lambda record, read_at: read(record, file.how(), read_at),
                    fingerprint=self.fingerprint(table),
                )
            ]
        finally:
            file.close()

    def fingerprint(self, table: Table) -> str:
        """Of the file, and of everything else that decides what its rows become."""
        decides = (READING, table.digest, self.words, self.currency, self.zone.key)
        return hashlib.sha256(repr((*decides, self.customers_of)).encode()).hexdigest()


class File:
    """Reads on where it stopped; a page from elsewhere is counted off from the beginning."""

    def __init__(self, table: Table, columns: Mapping[str, int], csv: Csv) -> None:
        self._table = table
        self._columns = columns
        self._csv = csv
        self._how: How | None = None
        self._records: Iterator[Any] = iter(())
        self._at = -1

    async def fetch(self, _window: Window, cursor: str | None) -> Page:
        return await asyncio.to_thread(self._page, int(cursor or 0))

    def how(self) -> How:
        """How the columns are written; looked up in all of the file, once."""
        if self._how is None:
            self._how = how_written(self._table, self._columns, self._csv)
        return self._how

    def close(self) -> None:
        """Let go of the file."""
        self._records = iter(())

    def _page(self, start: int) -> Page:
        self.how()
        if start != self._at:
            self._records = islice(self._all(), start, None)
        found = list(islice(self._records, self._csv.page_size))
        self._at = start + len(found)
        more = len(found) == self._csv.page_size
        warnings = () if start else tuple(without_basis(self._csv))
        return Page(found, str(self._at) if more else None, warnings)

    def _all(self) -> Iterator[Any]:
        return records(self._table, self._columns, self._csv)


def records(table: Table, columns: Mapping[str, int], csv: Csv) -> Iterator[Any]:
    """What the file holds, one by one."""
    found = lines(table, columns)
    match csv.words:
        case CsvCustomers():
            return found
        case CsvOrders():
            return purchases(found)
        case CsvAnswers():
            return survey_rows.told_apart(found)


def without_basis(csv: Csv) -> Iterator[str]:
    """What the owner must know of a list of people whom nobody may mail."""
    words = csv.words
    if isinstance(words, CsvCustomers) and not (words.columns.consent or words.imported_consent):
        yield (
            f"{csv.path.name} does not say who may be mailed, so nobody is mailed because of it. "
            f"Name its column with consent, or write under {csv.source} how they all said yes: "
            'imported consent: "they ticked a box at the till since 2024".'
        )


def places(table: Table, columns: CsvColumns, source: str) -> dict[str, int]:
    """Where each column that the owner named stands in the file."""
    named = {name: column for name, column in columns if column is not None}
    return {name: table.place_of(column, source) for name, column in named.items()}


def lines(table: Table, columns: Mapping[str, int]) -> Iterator[Line]:
    """The rows by the owner's words; what is missing at the end of a row is empty."""
    width = len(table.columns)
    for number, fields in table.rows():
        says = {
            name: fields[place] if place < len(fields) else "" for name, place in columns.items()
        }
        yield Line(number, says, surplus=len(fields) > width and any(fields[width:]))


def purchases(found: Iterable[Line]) -> Iterator[Purchase]:
    """Neighbouring rows of one order number are one order; without a number each row is one.

    Orders without a number are told apart by what they say and by how often it was said before,
    so that a second import finds the same ones and two equal purchases stay two. What was said is
    remembered in some hundred bytes an order; nothing else here grows with the file.
    """
    seen: defaultdict[bytes, int] = defaultdict(int)
    for number, together in groupby(found, key=lambda line: line.says.get("order") or line.number):
        rows_of_one = list(together)
        if isinstance(number, str):
            mark = digest(number)
            yield Purchase(number, rows_of_one, apart=seen[mark] > 0)
        else:
            mark = digest("\x1f".join(rows_of_one[0].says.values()))
            yield Purchase(f"{mark.hex()}-{seen[mark] + 1}", rows_of_one)
        seen[mark] += 1


def digest(said: str) -> bytes:
    return hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=12).digest()


def how_written(table: Table, columns: Mapping[str, int], csv: Csv) -> How:
    """Which of 3/4 is the day, and what the point in 1.234 means."""
    orders = {
        name: decided(dates.order_of(column(table, place)), table, table.columns[place])
        for name, place in columns.items()
        if name in DATES
    }
    amounts = column(table, columns["total"]) if "total" in columns else iter(())
    return How(
        source=csv.source,
        currency=csv.currency,
        zone=csv.zone,
        customers_of=csv.customers_of,
        imported_consent=getattr(csv.words, "imported_consent", None),
        says_consent=where_consent_is(table, columns),
        orders=orders,
        decimal_mark=totals.decimal_mark(amounts),
        lines="product" in columns,
    )


def where_consent_is(table: Table, columns: Mapping[str, int]) -> str:
    place = columns.get("consent")
    return "" if place is None else f"column {table.columns[place]} of {table.path.name}"


def column(table: Table, place: int) -> Iterator[str]:
    return (fields[place] for _, fields in table.rows() if place < len(fields))


def decided(
    found: dates.Order | dates.Undecided | None, table: Table, name: str
) -> dates.Order | None:
    if not isinstance(found, dates.Undecided):
        return found
    why = {
        dates.Undecided.EITHER: "may begin with the day or with the month",
        dates.Undecided.BOTH: "begin now with the day, now with the month",
    }[found]
    raise DataTrouble(
        f'{table.path.name}: the dates in column "{name}" {why}. '
        "Write them like 2026-04-03, the year first, and run it again."
    )
