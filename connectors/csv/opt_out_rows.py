"""Opt-outs in a file of orders or answers: what its columns about mail say of a buyer.

A no there holds as any other; a box beside an order that was left empty holds until the buyer says
yes anywhere. A yes does not count: who bought has not said yes.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from connectors.consent_headings import HeadingSense, fold_heading, heading_sense
from connectors.consent_words import clauses, has_opt_out
from connectors.csv.cells.date_order import DateOrder
from connectors.csv.consent.columns import Column, ConsentColumns, RowConsent, cell
from connectors.csv.consent.detection import detect_columns
from connectors.csv.rows import CsvFormat, CsvRow, parse_buyer, parse_when
from connectors.csv.table import Table
from connectors.stream import Page, ParsedRecord, Window
from shop.consent.basis import BEFORE_ANY_OPT_IN, EMAIL, UNDATED, ConsentValue
from shop.db.upsert import Row
from shop.identity.customer_numbers import match_numbers
from shop.ingest.source_rows import SourceRows

# What a buyer, or the staff, wrote beside an order.
NOTES = re.compile(
    r"\b(?:notes?|comments?|remarks?|message|notiz(?:en)?|anmerkung(?:en)?|bemerkung(?:en)?|"
    r"kommentare?|hinweise?|notas?|observa\w+|comentarios?|remarques?|commentaires?|osservazioni|"
    r"commenti?|opmerking(?:en)?)\b"
)


@dataclass(frozen=True)
class OptOutRow:
    """A row with an opt-out; `is_answer`: a bare no under a heading that asks for a yes."""

    row: CsvRow
    statement: RowConsent
    is_answer: bool
    is_order: bool


@dataclass(frozen=True)
class OptOutRows:
    """The rows of a file that hold an opt-out in `columns`; `open_rows` yields all rows."""

    columns: ConsentColumns
    open_rows: Callable[[], Iterator[CsvRow]]
    are_orders: bool

    def read(self, read_at: datetime) -> Iterator[OptOutRow]:
        """Yield them; a row without a customer is of that of the row above, in the same order."""
        above: Mapping[str, str] = {}
        for row in self.open_rows():
            if row.fault:
                continue
            cells, number = row.cells, row.cells.get("order")
            if number and not cells.get("customer") and number == above.get("order"):
                cells = {**cells, "customer": above["customer"]}
            above = cells
            statement = self.columns.read(row.fields, read_at)
            if statement.column and statement.value in (ConsentValue.NO, ConsentValue.UNREAD):
                row = replace(row, cells=cells)  # noqa: PLW2901 - of the same customer as above
                yield OptOutRow(row, statement, _is_answer(row, statement), self.are_orders)

    def notes(self, read_at: datetime) -> Iterator[str]:
        """Yield a sentence about each column with an opt-out; reads all rows."""
        yield from opt_out_notes(Counter(row.statement.column for row in self.read(read_at)))


def opt_out_notes(counts: Mapping[Column | None, int]) -> Iterator[str]:
    """Yield a sentence about each column; `counts` are its rows with an opt-out."""
    for column, rows in counts.items():
        counted = "1 row" if rows == 1 else f"{rows:,} rows"
        yield (
            f'The column "{column.heading if column else ""}" holds an opt-out in {counted}; '
            "these people get no mail. A bare no beside an order gives way to a yes in a list of "
            "customers. A yes there counts for nothing: who bought has not said yes."
        )


class OptOutPages:
    """Pages of such rows; a cursor elsewhere in the file is reached by counting."""

    def __init__(self, opt_outs: OptOutRows, page_size: int) -> None:
        self._opt_outs = opt_outs
        self._page_size = page_size
        self._records: Iterator[OptOutRow] = iter(())
        self._position = -1
        self._counts: Counter[Column | None] | None = None  # None where begun in the middle

    async def fetch(self, window: Window, cursor: str | None) -> Page:
        return await asyncio.to_thread(self._read_page, int(cursor or 0), window.until)

    def _read_page(self, start: int, read_at: datetime) -> Page:
        if start != self._position:
            self._records = islice(self._opt_outs.read(read_at), start, None)
            self._counts = None if start else Counter()
        records = list(islice(self._records, self._page_size))
        self._position = start + len(records)
        if self._counts is not None:
            self._counts.update(record.statement.column for record in records)
        if len(records) == self._page_size:
            return Page(records, str(self._position))
        return Page(records, None, tuple(self._notes(read_at)))

    def _notes(self, read_at: datetime) -> Iterator[str]:
        """The file is read once more only where it was not read from its beginning."""
        return (
            self._opt_outs.notes(read_at) if self._counts is None else opt_out_notes(self._counts)
        )


def opt_out_columns(
    table: Table, indexes: Mapping[str, int], zone: ZoneInfo, usual_order: DateOrder | None
) -> ConsentColumns | None:
    """Return the columns of `table` that are about mail, or are notes; None where it has none.

    `indexes` are those of the columns that the owner named.
    """
    unnamed = {*range(len(table.columns))} - {*indexes.values()}
    if not any(_may_hold_opt_outs(table.columns[index]) for index in unnamed):
        return None
    columns = detect_columns(
        table.columns,
        indexes,
        (row.cells for row in table.rows() if not row.fault),
        file=table.name,
        zone=zone,
        vouched=None,
        since_order=None,
        usual_order=usual_order,
    )
    of_mail = tuple(each for each in columns.unnamed if _may_hold_opt_outs(each.heading))
    return replace(columns, consent=None, said_no=(), since=None, unnamed=of_mail)


def _may_hold_opt_outs(heading: str) -> bool:
    return heading_sense(heading) is not None or bool(NOTES.search(fold_heading(heading)))


def _is_answer(row: CsvRow, statement: RowConsent) -> bool:
    """Whether a bare no stands under a heading that asks for a yes; "unsubscribed" is a state."""
    if statement.column is None or statement.value is not ConsentValue.NO:
        return False
    text = cell(row.fields, statement.column)
    is_question = heading_sense(statement.column.heading) is HeadingSense.OPT_IN
    return is_question and not any(has_opt_out(clause) for clause in clauses(text))


def opt_out(record: OptOutRow, csv_format: CsvFormat, read_at: datetime) -> ParsedRecord:
    """Return the statement of the buyer; no rows where the row names none.

    An answer has the date of its row, so that a yes of a later day lifts it; any yes outweighs a
    box beside an order that was not ticked.
    """
    row, statement = record.row, record.statement
    position = f"line {row.number}"
    buyer, identities, _ = parse_buyer(row.cells.get("customer", ""), csv_format, read_at)
    if buyer[1] is None:
        return ParsedRecord(position)
    said_at = statement.said_at
    if record.is_answer and said_at == UNDATED:
        answered_at = parse_when(row.cells, csv_format, read_at) or UNDATED
        said_at = BEFORE_ANY_OPT_IN if record.is_order else answered_at
    statement_row: Row = {
        "customer_id": None, "source": buyer[0], "external_id": buyer[1], "channel": EMAIL,
        "says": statement.value.value, "said_at": said_at, "recorded_at": read_at,
        "evidence": statement.evidence, "wording": None, "actor": csv_format.source,
    }  # fmt: skip
    return ParsedRecord(position, SourceRows(identities, statements=[statement_row]))


def spell_statements(
    connection: Connection, parsed: Sequence[ParsedRecord], source: str, customers_of: str
) -> list[ParsedRecord]:
    """Return `parsed` of `source` with customer numbers as the list `customers_of` spells them."""
    numbers = {
        row["external_id"]
        for record in parsed
        for row in record.rows.statements
        if row["source"] != source
    }
    spelling = match_numbers(connection, customers_of, numbers) if numbers else {}
    return [_respelled(record, spelling) for record in parsed]


def _respelled(record: ParsedRecord, spelling: Mapping[str, str]) -> ParsedRecord:
    statements: list[Row] = [
        {**row, "external_id": spelling.get(row["external_id"], row["external_id"])}
        for row in record.rows.statements
    ]
    return replace(record, rows=replace(record.rows, statements=statements))
