"""Reads a file as a sync would, and reports its columns, some records, consent and totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.csv.columns import column_indexes, column_names
from connectors.csv.connector import (
    READERS,
    CsvConnector,
    detect_format,
    open_records,
)
from connectors.csv.guess.column_values import summarize_columns
from connectors.csv.inspection.samples import amounts_text, sample_of
from connectors.csv.inspection.unread_columns import group_unread
from connectors.csv.orders.groups import CsvOrder, CsvRefund, without_no_sales
from connectors.csv.presets.preset import Preset
from connectors.csv.table import inspect_table
from connectors.stream import ParsedRecord

MAX_SAMPLES = 3


@dataclass
class Sums:
    """What was paid and given back in one currency, in its minor units."""

    total: int = 0
    refunded: int = 0


@dataclass
class OrderTotals:
    """Orders and refunds; `visits` are the orders that count, and `sums` are by currency."""

    currency: str = ""  # of the file, where a row says none
    orders: int = 0
    visits: int = 0
    guests: int = 0
    refunds: int = 0
    sums: dict[str, Sums] = field(default_factory=dict)

    def add(self, record: Any, parsed: ParsedRecord) -> None:
        """Add a record of the file; a refund is in the currency of its row, or of its order."""
        for order in parsed.rows.orders:
            self.orders += 1
            self.visits += order["counts"]
            self._sums_of(order["currency"]).total += order["total"] * order["counts"]
            self.guests += not order["customer_key"]
        for refund in parsed.rows.refunds:
            self.refunds += 1
            self._sums_of(_currency_of(record) or self.currency).refunded += refund["total"]

    def as_json(self) -> dict[str, Any]:
        """Return the counts, the sums by currency, and those in the currency of the file."""
        own = self.sums.get(self.currency, Sums())
        return vars(self) | vars(own) | {"sums": {code: vars(s) for code, s in self.sums.items()}}

    def _sums_of(self, currency: str) -> Sums:
        return self.sums.setdefault(currency, Sums())


def _currency_of(record: Any) -> str | None:
    if isinstance(record, CsvRefund):
        return record.row.currency
    return record.rows[0].currency if isinstance(record, CsvOrder) else None


@dataclass(frozen=True)
class FileReport:
    """What would be read of a file.

    `read` are the headings by role, `unread` those by what they hold, `samples` the first records
    as they are read. `consent` counts people by yes, no, none and unread.
    """

    holds: str
    rows: int
    read: Mapping[str, tuple[str, ...]]
    unread: Mapping[str, tuple[str, ...]]
    samples: tuple[Mapping[str, str], ...]
    people: int
    consent: Mapping[str, int]
    totals: OrderTotals
    currency: str
    set_aside: int

    def as_json(self) -> dict[str, Any]:
        """Return the report as one JSON object, amounts in minor units."""
        document: dict[str, Any] = {
            "holds": self.holds, "rows": self.rows, "read": self.read, "unread": self.unread,
            "samples": self.samples, "people": self.people, "set_aside": self.set_aside,
        }  # fmt: skip
        if self.holds == "customers":
            return document | {"consent": self.consent}
        if self.holds == "orders":
            return document | self.totals.as_json()
        return document

    @property
    def totals_line(self) -> str:
        """ "12 orders, of which 11 count: 293.40 EUR and 12.00 USD; refunded 18.90 EUR"."""
        totals = self.totals
        counting = "" if totals.visits == totals.orders else f", of which {totals.visits:,} count"
        noun = "order" if totals.orders == 1 else "orders"
        refunded = [(code, sums.refunded) for code, sums in totals.sums.items() if sums.refunded]
        paid = [(code, sums.total) for code, sums in totals.sums.items() if sums.total]
        given_back = f"; refunded {amounts_text(refunded)}" if refunded else ""
        guests = f"; without a customer: {totals.guests:,}" if totals.guests else ""
        total = amounts_text(paid or [(self.currency, 0)])
        return f"{totals.orders:,} {noun}{counting}: {total}{given_back}{guests}"


@dataclass
class _Tally:
    samples: list[dict[str, str]] = field(default_factory=list)
    people: set[str] = field(default_factory=set)
    consent: Counter[str] = field(default_factory=Counter)
    totals: OrderTotals = field(default_factory=OrderTotals)
    set_aside: int = 0


def report_file(csv: CsvConnector, preset: Preset | None, now: datetime) -> FileReport:
    """Return what would be read of the file; raises what the sync would raise."""
    table = inspect_table(csv.path, csv.source, column_names(csv.config.columns))
    columns = column_indexes(table, csv.config.columns, csv.source)
    csv_format, parse = detect_format(table, columns, csv, now), READERS[csv.config.holds]
    row_count, values = summarize_columns(table)
    tally = _Tally(totals=OrderTotals(csv.file_currency))
    with closing(open_records(table, columns, csv, csv_format, now)) as file:
        for record in without_no_sales(file.records):
            parsed = parse(record, file.csv_format, now)
            _count(tally, record, parsed)
            sample = sample_of(parsed, file.csv_format)
            if sample and len(tally.samples) < MAX_SAMPLES:
                tally.samples.append(sample)
    read: dict[str, list[str]] = {}
    for role, index in columns.items():
        read.setdefault(_role_word(role), []).append(table.columns[index])
    headings = [heading for headings in read.values() for heading in headings]
    return FileReport(
        holds=csv.config.holds,
        rows=row_count,
        read={role: tuple(names) for role, names in read.items()},
        unread=group_unread(table.columns, headings, values, preset),
        samples=tuple(tally.samples),
        people=len(tally.people),
        consent=dict(tally.consent),
        totals=tally.totals,
        currency=csv.file_currency,
        set_aside=tally.set_aside,
    )


def _role_word(role: str) -> str:
    """Return the owner's word for a role: "said no" for its second column, said_no 2."""
    word = role.partition(" ")[0]
    return "e-mail" if word == "e_mail" else word.replace("_", " ")


def _count(tally: _Tally, record: Any, parsed: ParsedRecord) -> None:
    rows = parsed.rows
    tally.totals.add(record, parsed)
    tally.people.update(row["external_id"] for row in rows.identities)
    tally.people.update(row["customer_key"] for row in rows.orders if row["customer_key"])
    tally.people.update(row["customer_key"] for row in rows.answers if row["customer_key"])
    tally.consent.update(statement["says"] for statement in rows.statements)
    tally.set_aside += bool(parsed.errors) and not any(
        (rows.identities, rows.orders, rows.answers, rows.refunds)
    )
