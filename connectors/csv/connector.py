"""Reads a CSV file of customers, orders or answers.

It is skipped while neither the file nor its configuration has changed.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from connectors.csv import customer_rows, survey_rows
from connectors.csv.cells.birthdays import SharedBirthdays
from connectors.csv.cells.date_order import DateOrder, order_of_country
from connectors.csv.column_format import detect_column_format, stated_order
from connectors.csv.columns import column_indexes, column_names, iter_rows
from connectors.csv.config import (
    CsvAnswers,
    CsvConfig,
    CsvCustomers,
    CsvOrders,
    TotalIsOf,
)
from connectors.csv.consent.detection import detect_columns
from connectors.csv.consent.people import ConsentSummary, summarize
from connectors.csv.consent.report import consent_mistakes, consent_notes
from connectors.csv.faulty_rows import FaultyOptOuts, keep_faulty_rows
from connectors.csv.guess.guess_config import guess_columns
from connectors.csv.opt_out_rows import (
    OptOutPages,
    OptOutRows,
    opt_out,
    opt_out_columns,
    spell_statements,
)
from connectors.csv.orders.currency import set_aside_other_currencies
from connectors.csv.orders.index import OrderIndex
from connectors.csv.orders.order_lines import keep_lines, lines_of_other_source
from connectors.csv.orders.reconcile import reconcile_customers, reconcile_orders
from connectors.csv.orders.records import order
from connectors.csv.orders.report import order_warnings, reading_notes
from connectors.csv.orders.row import parse_rows
from connectors.csv.orders.stored_orders import KeyForms, load_key_forms
from connectors.csv.rows import CsvFormat, CsvRow
from connectors.csv.table import Table, inspect_table
from connectors.stream import Page, ParsedRecord, Stream, Window
from shop.consent.age import DEFAULT_YOUNGEST_AGE
from shop.types.moment import EPOCH

PAGE_SIZE = 1_000
READER_VERSION = "13"  # a change of the parser that affects rows of old files increments it

READERS: dict[str, Callable[[Any, CsvFormat, datetime], ParsedRecord]] = {
    "customers": customer_rows.customer,
    "orders": order,
    "answers": survey_rows.answer,
}


@dataclass(frozen=True)
class CsvConnector:
    """One file; `customers_of` is the source whose customer numbers it uses."""

    source: str
    path: Path
    config: CsvConfig
    currency: str
    zone: ZoneInfo
    customers_of: str
    country: str | None = None
    youngest_age: int = DEFAULT_YOUNGEST_AGE
    page_size: int = PAGE_SIZE
    has_lines_elsewhere: bool = False  # another file holds the articles of these orders

    @property
    def usual_order(self) -> DateOrder | None:
        """How dates are written that do not show it: as the owner says, else as in the country."""
        in_country = order_of_country(self.country) if self.country else None
        return stated_order(self.config.day_first) or in_country

    @property
    def file_currency(self) -> str:
        """The currency of a file of orders: the shop's, if the owner says nothing."""
        stated = self.config.currency if isinstance(self.config, CsvOrders) else None
        return stated or self.currency

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Sequence[Stream]]:
        """Yield one stream, named after what the file holds."""
        table = await asyncio.to_thread(
            inspect_table, self.path, self.source, column_names(self.config.columns)
        )
        columns = column_indexes(table, self.config.columns, self.source)
        pages = CsvPages(table, columns, self)
        parse = READERS[self.config.holds]
        try:
            yield [
                *self.opt_outs(table, columns, pages),
                Stream(
                    name=self.config.holds,
                    fetch=pages.fetch,
                    parse=lambda record, read_at: parse(record, pages.csv_format(read_at), read_at),
                    fingerprint=self.fingerprint(table),
                    reconcile=pages.reconcile,
                    is_complete=isinstance(self.config, CsvCustomers),
                ),
            ]
        finally:
            pages.close()

    def opt_outs(
        self, table: Table, columns: Mapping[str, int], pages: CsvPages
    ) -> Iterator[Stream]:
        """Yield a stream of opt-outs where a file of orders or answers has columns about mail."""
        if opt_outs := find_opt_outs(table, columns, self):
            yield Stream(
                name="opt-outs",
                fetch=OptOutPages(opt_outs, self.page_size).fetch,
                parse=lambda record, read_at: opt_out(record, pages.csv_format(read_at), read_at),
                fingerprint=self.fingerprint(table),
                reconcile=lambda connection, _, parsed: spell_statements(
                    connection, parsed, self.source, self.customers_of
                ),
            )

    def fingerprint(self, table: Table) -> str:
        """Return a hash of the file and of all settings that affect its rows."""
        inputs = (READER_VERSION, table.digest, self.config, self.currency, self.zone.key)
        return hashlib.sha256(repr((*inputs, self.customers_of, self.country)).encode()).hexdigest()


class CsvPages:
    """Pages of the file's records; a cursor elsewhere in the file is reached by counting."""

    def __init__(self, table: Table, columns: Mapping[str, int], csv: CsvConnector) -> None:
        self._table = table
        self._columns = columns
        self._csv = csv
        self._format: CsvFormat | None = None
        self._file: FileRecords | None = None
        self._records: Iterator[Any] = iter(())
        self._position = -1
        self._key_forms: KeyForms | None = None
        self._read_at = EPOCH

    async def fetch(self, window: Window, cursor: str | None) -> Page:
        return await asyncio.to_thread(self._read_page, int(cursor or 0), window.until)

    def csv_format(self, read_at: datetime) -> CsvFormat:
        """Return how the columns are written; the first call reads the whole file."""
        if self._format is None:
            self._format = detect_format(self._table, self._columns, self._csv, read_at)
        return self._format

    def reconcile(
        self, connection: Connection, records: Sequence[Any], parsed: Sequence[ParsedRecord]
    ) -> list[ParsedRecord]:
        """Return `parsed` with the keys of stored customers and orders."""
        assert self._format and self._file  # noqa: S101, PT018 - known since the page was fetched
        match self._csv.config:
            case CsvOrders(lines_of=str(other)):
                return lines_of_other_source(connection, records, parsed, other, self._format)
            case CsvOrders() if self._file.index:
                return self._reconcile_orders(connection, records, parsed, self._file.index)
            case CsvAnswers() if self._csv.customers_of != self._csv.source:
                return reconcile_customers(connection, parsed, self._format)
            case CsvCustomers():
                return keep_faulty_rows(connection, records, parsed, self._format, self._read_at)
            case _:
                return list(parsed)

    def _reconcile_orders(
        self,
        connection: Connection,
        records: Sequence[Any],
        parsed: Sequence[ParsedRecord],
        index: OrderIndex,
    ) -> list[ParsedRecord]:
        assert self._format  # noqa: S101 - known since the page was fetched
        if self._key_forms is None:
            self._key_forms = load_key_forms(connection, self._csv.source)
        parsed = reconcile_orders(
            connection, records, parsed, self._format, forms=self._key_forms, index=index
        )
        if self._csv.has_lines_elsewhere:
            keep_lines(connection, self._csv.source, parsed)
        return parsed

    def close(self) -> None:
        """Release the open file."""
        self._records = iter(())
        if self._file is not None:
            self._file.close()

    def _read_page(self, start: int, read_at: datetime) -> Page:
        csv_format, self._read_at = self.csv_format(read_at), read_at
        if self._file is None or start != self._position:
            self.close()
            self._file = open_records(self._table, self._columns, self._csv, csv_format, read_at)
            self._format = self._file.csv_format
            self._records = islice(self._file.records, start, None)
        records = list(islice(self._records, self._csv.page_size))
        self._position = start + len(records)
        has_more = len(records) == self._csv.page_size
        warnings = () if start else (*self._file.csv_format.notes, *self._file.warnings)
        return Page(records, str(self._position) if has_more else None, warnings)


@dataclass(frozen=True)
class FileRecords:
    """The file's customers, orders or answers; `notes` say how they were understood."""

    records: Iterator[Any]
    csv_format: CsvFormat
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    close: Callable[[], None] = lambda: None
    index: OrderIndex | None = None  # of orders


def open_records(
    table: Table,
    columns: Mapping[str, int],
    csv: CsvConnector,
    csv_format: CsvFormat,
    read_at: datetime,
) -> FileRecords:
    """Return the file's customers, orders or answers."""
    csv_rows = iter_rows(table, columns)
    match csv.config:
        case CsvCustomers():
            return FileRecords(csv_rows, csv_format, tuple(consent_warnings(csv, csv_format)))
        case CsvOrders():
            csv_rows = set_aside_other_currencies(csv_rows, table, columns, csv.file_currency)
            return open_orders(csv_rows, csv.config, csv_format, read_at)
        case CsvAnswers():
            answers = survey_rows.identify_answers(csv_rows, csv_format, read_at)
            return FileRecords(answers, csv_format)


def open_orders(
    csv_rows: Iterator[CsvRow], config: CsvOrders, csv_format: CsvFormat, read_at: datetime
) -> FileRecords:
    index = OrderIndex(parse_rows(csv_rows, csv_format, read_at), config.total_is_of)
    lines_have_totals = index.total_rule.total_is_of is TotalIsOf.LINE
    return FileRecords(
        records=index.records(),
        csv_format=replace(csv_format, lines_have_totals=lines_have_totals),
        warnings=tuple(order_warnings(index, config)),
        notes=tuple(reading_notes(index, csv_format.currency)),
        close=index.close,
        index=index,
    )


def consent_warnings(csv: CsvConnector, csv_format: CsvFormat) -> list[str]:
    """Return what the owner has to correct or should know about the consent of the file."""
    if csv_format.consent is None or not isinstance(csv.config, CsvCustomers):
        return []
    vouched = csv.config.imported_consent
    notes = consent_notes(
        csv_format.consent, is_free_text=bool(vouched and vouched.is_free), source=csv.source
    )
    return [*consent_mistakes(csv_format.consent), *notes]


def detect_format(
    table: Table, columns: Mapping[str, int], csv: CsvConnector, read_at: datetime
) -> CsvFormat:
    """Return how the file is written; raises `SourceDataError` where dates are ambiguous."""
    detected = detect_column_format(table, columns, csv.country, csv.config.day_first)
    consent, opt_outs = summarize_consent(
        table, columns, csv, detected.date_orders.get("since"), read_at
    )
    keeps_birthdays = isinstance(csv.config, CsvCustomers) and csv.config.keeps_shared_birthdays
    return CsvFormat(
        source=csv.source,
        currency=csv.file_currency,
        zone=csv.zone,
        customers_of=csv.customers_of,
        imported_consent=vouched_consent(csv.config),
        consent=consent,
        faulty_opt_outs=opt_outs,
        date_orders=detected.date_orders,
        decimal_mark=detected.decimal_mark,
        shared_birthdays=frozenset() if keeps_birthdays else detected.shared_birthdays.cells,
        keeps_birthdays=keeps_birthdays,
        notes=(
            *((note,) if (note := table.unread_note) else ()),
            *detected.notes,
            *birthday_notes(detected.shared_birthdays, keeps_birthdays, csv),
        ),
        has_products="product" in columns,
    )


def summarize_consent(
    table: Table,
    columns: Mapping[str, int],
    csv: CsvConnector,
    since_order: DateOrder | None,
    read_at: datetime,
) -> tuple[ConsentSummary | None, Mapping[int, str]]:
    """Return what all rows of a file of customers say about consent, and None for other files.

    Also returns by line the addresses that rows which cannot be used opt out.
    """
    if not isinstance(csv.config, CsvCustomers):
        return None, {}
    consent_columns = detect_columns(
        table.columns,
        columns,
        (row.cells for row in table.rows() if not row.fault),
        file=table.name,
        zone=csv.zone,
        vouched=vouched_consent(csv.config),
        since_order=since_order,
        usual_order=csv.usual_order,
    )
    opt_outs = FaultyOptOuts(consent_columns, len(table.columns), read_at)
    rows = customer_rows.iter_subjects(opt_outs.collect(iter_rows(table, columns)))
    holds_purchases = guess_columns(table.columns).holds == "orders"
    summary = summarize(rows, consent_columns, read_at, holds_purchases=holds_purchases)
    for address in opt_outs.by_line.values():
        summary.add_opt_out(address)
    return summary, opt_outs.by_line


def find_opt_outs(table: Table, columns: Mapping[str, int], csv: CsvConnector) -> OptOutRows | None:
    """Return the opt-outs in a file of orders or answers; None where no column is about mail."""
    if isinstance(csv.config, CsvCustomers):
        return None
    mail_columns = opt_out_columns(table, columns, csv.zone, csv.usual_order)
    if mail_columns is None:
        return None
    are_orders = isinstance(csv.config, CsvOrders)
    return OptOutRows(mail_columns, lambda: iter_rows(table, columns), are_orders)


def vouched_consent(config: CsvConfig) -> str | None:
    """Return `imported consent:` in words."""
    vouched = config.imported_consent if isinstance(config, CsvCustomers) else None
    return str(vouched) if vouched else None


def birthday_notes(
    shared: SharedBirthdays, keeps_birthdays: bool, csv: CsvConnector
) -> Iterator[str]:
    """Yield a note where birthdays are left out because too many rows share them."""
    if shared.cells and not keeps_birthdays:
        yield (
            f"{csv.path.name}: {shared}. So many people do not share a day: it stands for none, "
            f"and is left out. If it is right, write under {csv.source}: shared birthdays: keep"
        )
