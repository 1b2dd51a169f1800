"""Describes how a file would be read, without writing anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime

from connectors.csv.columns import column_indexes, column_names, iter_rows
from connectors.csv.config import CsvOrders
from connectors.csv.connector import (
    READERS,
    CsvConnector,
    detect_format,
    find_opt_outs,
    open_records,
)
from connectors.csv.consent.report import consent_mistakes
from connectors.csv.guess.guess_config import guess_columns
from connectors.csv.guess.headings import shorten_headings
from connectors.csv.orders.groups import without_no_sales
from connectors.csv.presets.registry import find_preset
from connectors.csv.rows import OWN_COLUMN
from connectors.csv.table import Table, inspect_table
from connectors.platform import SourceDescription
from connectors.stream import ParsedRecord
from settings.model import yaml_key
from shop.consent.age import age_on
from shop.identity.customer_numbers import canonical_number, possible_spellings
from shop.ingest.unplaced_records import example_codes

MAX_ERRORS = 5
HOLDS_ORDERS = (
    "If they are purchases, write holds: orders and name the columns as docs/sources.md shows."
)
SALE_ROLES = ("kind", "balance", "refund of", "status")
MIN_ROWS = 10
ROWS_OF_A_CUSTOMER = 2  # a file with so many rows for each person is not a list of customers


@dataclass
class PreviewTally:
    """Counts and first errors of a dry read; it holds no names and no addresses."""

    records: int = 0
    refunds: int = 0
    faulty: int = 0
    errors: list[str] = field(default_factory=list)
    consent: Counter[str] = field(default_factory=Counter)
    too_young: set[int] = field(default_factory=set)  # hashes of the keys of the customers
    people: set[int] = field(default_factory=set)  # hashes of the keys of the customers listed
    purchasers: set[int] = field(default_factory=set)  # the same of those who bought
    buyers: Counter[str] = field(default_factory=Counter)  # records by number of the customer

    def add(self, parsed: ParsedRecord) -> None:
        only_refunds = bool(parsed.rows.refunds) and not parsed.rows.orders
        self.records += not only_refunds
        self.refunds += len(parsed.rows.refunds)
        self.faulty += bool(parsed.errors)
        room = MAX_ERRORS - len(self.errors)
        self.errors += [f"{parsed.key}: {error}" for error in parsed.errors[: max(0, room)]]
        self.buyers.update(
            row["customer_key"]
            for row in (*parsed.rows.orders, *parsed.rows.answers)
            if row["customer_key"] and row["customer_source"] != row["source"]
        )
        self.people.update(hash(row["external_id"]) for row in parsed.rows.identities)
        self.purchasers.update(
            hash(row["customer_key"]) for row in parsed.rows.orders if row["customer_key"]
        )
        self.consent.update(statement["says"] for statement in parsed.rows.statements)

    def add_ages(self, parsed: ParsedRecord, today: date, youngest: int) -> None:
        """Count who is younger than `youngest` on `today`."""
        for row in parsed.rows.identities:
            age = age_on(row["birthday"] or None, today)
            if age is not None and age < youngest:
                self.too_young.add(hash(row["external_id"]))


def describe_file(
    csv: CsvConnector, now: datetime, customer_list: CsvConnector | None = None
) -> SourceDescription:
    """Return a description of the file and of its records; raises what the sync would raise.

    `customer_list` is the file whose numbers of customers it uses.
    """
    table = inspect_table(csv.path, csv.source, column_names(csv.config.columns))
    columns = column_indexes(table, csv.config.columns, csv.source)
    csv_format, parse = detect_format(table, columns, csv, now), READERS[csv.config.holds]
    tally, today = PreviewTally(), now.astimezone(csv.zone).date()
    with closing(open_records(table, columns, csv, csv_format, now)) as file:
        for record in without_no_sales(file.records):
            parsed = parse(record, file.csv_format, now)
            tally.add(parsed)
            tally.add_ages(parsed, today, csv.youngest_age)
    opt_out_rows = find_opt_outs(table, columns, csv)
    opt_outs = opt_out_rows.notes(now) if opt_out_rows else ()
    lines = [
        *_format_line(table, csv, tally),
        *_column_lines(table, columns),
        *_missing_roles(table, csv),
        *(f"  {note}" for note in (*csv_format.notes, *file.notes, *file.warnings, *opt_outs)),
        *_outcome_lines(table, csv, tally),
        *(_placing_lines(csv, tally, customer_list, now) if customer_list else ()),
    ]
    summary = csv_format.consent
    return SourceDescription("\n".join(lines), tuple(consent_mistakes(summary) if summary else ()))


def _placing_lines(
    csv: CsvConnector, tally: PreviewTally, customer_list: CsvConnector, now: datetime
) -> Iterator[str]:
    """Yield how many records name customers that the list has not, or spells otherwise."""
    if not tally.buyers:
        return
    listed, by_number = _listed_keys(customer_list, now, set(tally.buyers))
    respelled = {
        key: by_number[number][0]
        for key in sorted(tally.buyers.keys() - listed)
        if len(by_number.get(number := canonical_number(key), [])) == 1
    }
    named, records = tally.buyers.total(), csv.config.holds
    if respelled:
        count = sum(tally.buyers[key] for key in respelled)
        key, listed_key = next(iter(respelled.items()))
        yield (
            f"  {count:,} of {named:,} {records} spell a customer's number in another way than "
            f"{customer_list.source}, for example {key} for {listed_key}"
        )
    unplaced = sorted(tally.buyers.keys() - listed - respelled.keys())
    if unplaced:
        count = sum(tally.buyers[key] for key in unplaced)
        examples = " and ".join(example_codes(unplaced))
        yield (
            f"  {count:,} of {named:,} {records} name a customer that no list has"
            f"{f', for example {examples}' if examples else ''}"
        )


def _listed_keys(
    customer_list: CsvConnector, now: datetime, keys: set[str]
) -> tuple[set[str], dict[str, list[str]]]:
    """Return those of `keys` that the list has, and its keys that are one of their numbers."""
    numbers = {canonical_number(key) for key in keys if possible_spellings(key)}
    listed: set[str] = set()
    by_number: dict[str, list[str]] = {}
    table = inspect_table(
        customer_list.path, customer_list.source, column_names(customer_list.config.columns)
    )
    columns = column_indexes(table, customer_list.config.columns, customer_list.source)
    csv_format, parse = detect_format(table, columns, customer_list, now), READERS["customers"]
    for row in iter_rows(table, columns):
        for identity in parse(row, csv_format, now).rows.identities:
            key = identity["external_id"]
            if key in keys:
                listed.add(key)
            if (number := canonical_number(key)) in numbers:
                spellings = by_number.setdefault(number, [])
                spellings += [] if key in spellings else [key]
    return listed, by_number


def _format_line(table: Table, csv: CsvConnector, tally: PreviewTally) -> Iterator[str]:
    yield f"{table.name}: {_record_count(csv, tally)}, {table.description}"
    if skipped := table.header.skipped_lines:
        above = "1 line" if skipped == 1 else f"{skipped} lines"
        yield f"  line {table.header.last_line} names the columns; {above} above it not read"


def _record_count(csv: CsvConnector, tally: PreviewTally) -> str:
    """Return "1 order" or "3 customers"; "2 customers in 3 rows" where a person has several."""
    records, people = tally.records, len(tally.people)
    if csv.config.holds != "customers" or people == records:
        return _count(records, csv.config.holds)
    return f"{_count(people, csv.config.holds)} in {_count(records, 'rows')}"


def _count(number: int, plural: str) -> str:
    return f"{number:,} {plural.removesuffix('s') if number == 1 else plural}"


def _column_lines(table: Table, columns: dict[str, int]) -> Iterator[str]:
    mapped: dict[str, list[str]] = {}
    for role, index in columns.items():
        name = role if role.startswith(OWN_COLUMN) else role.partition(" ")[0]
        mapped.setdefault(name, []).append(table.columns[index])
    listed = [
        f"{'e-mail' if role == 'e_mail' else yaml_key(role)} from {' and '.join(headings)}"
        for role, headings in mapped.items()
    ]
    yield f"  read: {', '.join(listed)}"
    unmapped = [name for index, name in enumerate(table.columns) if index not in columns.values()]
    if unmapped:
        yield f"  not read: {shorten_headings(unmapped)}"


def _missing_roles(table: Table, csv: CsvConnector) -> Iterator[str]:
    """Yield the columns of a known export that say which rows are sales, and are not named so."""
    preset = find_preset(table.columns, table.name)
    if not isinstance(csv.config, CsvOrders) or preset is None or preset.holds != "orders":
        return
    named = {yaml_key(role): column for role, column in csv.config.columns}
    wanted = {
        role: [heading for heading in preset.columns.get(role, ()) if heading in table.columns]
        for role in SALE_ROLES
    }
    missing = [
        f"{role}: {headings[0]}"
        for role, headings in wanted.items()
        if headings and named[role] not in headings
    ]
    if missing:
        yield (
            f"  it looks like {preset.title}. Name with it, so that only sales count: "
            f"{', '.join(missing)}"
        )


def _doubts(table: Table, csv: CsvConnector, tally: PreviewTally) -> Iterator[str]:
    """Yield what speaks against the kind of file, or against the column of its customers."""
    is_long = tally.records >= MIN_ROWS
    if csv.config.holds == "orders" and is_long and len(tally.purchasers) == 1:
        yield (
            "all orders name the same customer. If that is the shop itself, name another column "
            "with customer."
        )
    if csv.config.holds != "customers":
        return
    if is_long and len(tally.people) * ROWS_OF_A_CUSTOMER <= tally.records:
        yield (
            f"{tally.records:,} rows hold only {_count(len(tally.people), 'customers')}, and a "
            f"list has one row for each. {HOLDS_ORDERS}"
        )
    elif guess_columns(table.columns).holds == "orders":
        yield f"its columns look like those of purchases. {HOLDS_ORDERS}"


def _outcome_lines(table: Table, csv: CsvConnector, tally: PreviewTally) -> Iterator[str]:
    if csv.config.holds == "customers":
        consent = tally.consent
        opt_ins, opt_outs = consent["yes"], consent["no"]
        unread = f", {consent['unread']:,} not read" if consent["unread"] else ""
        yield f"  consent: {opt_ins:,} yes, {opt_outs:,} no, {consent['none']:,} neither{unread}"
    if tally.too_young:
        people = "1 customer is" if len(tally.too_young) == 1 else f"{len(tally.too_young):,} are"
        yield f"  {people} younger than {csv.youngest_age} by the birthday: no advertising"
    if tally.refunds:
        yield f"  refunds: {tally.refunds:,}"
    if isinstance(csv.config, CsvOrders) and csv.config.lines_of:
        yield f"  only its articles are read: they are those of the orders of {csv.config.lines_of}"
    yield from (f"  {doubt}" for doubt in _doubts(table, csv, tally))
    if tally.faulty:
        yield f"  cannot be used, whole or in part: {tally.faulty:,}"
        yield from (f"    {error}" for error in tally.errors)
