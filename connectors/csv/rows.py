"""What all CSV readers share: rows by role, the format of a file, buyers and dates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from connectors import parse_values
from connectors.csv.cells import dates
from connectors.csv.cells.date_order import DateOrder
from connectors.csv.consent.people import ConsentSummary
from connectors.csv.files.unread_cells import UNREAD_TEXTS
from connectors.csv.row_reader import UNCLOSED_QUOTE
from settings.email_address import address_key, is_address
from shop.db.upsert import Row
from shop.identity.customers import email_key
from shop.types.moment import microseconds
from shop.types.person_name import is_placeholder_name

OWN_COLUMN = "my "  # begins the role of one of the owner's own columns
MULTI_LINE_ROLES = ("words", "product")
# A single quotation mark in one of them is what is left of a pair: Ann" for "Ann".
QUOTELESS_ROLES = ("e_mail", "customer", "first_name", "last_name", "name")
KEY_ROLES = ("e_mail", "customer", "order")
TEXT_ROLES = ("phone", "language", "timezone", "product", "category", "words", "survey")
NO_VALUE = (
    'The cell under "{heading}" holds a formula whose value is not in the file, or an error. Open '
    "the file in the spreadsheet program, and save it there."
)
MIDNIGHT = re.compile(r"[T ]0?0:00(?::00(?:\.0+)?)?$")


@dataclass(frozen=True)
class CsvFormat:
    """Everything beside the row that affects how it is parsed."""

    source: str
    currency: str
    zone: ZoneInfo
    customers_of: str
    consent: ConsentSummary | None = None  # of a file of customers
    faulty_opt_outs: Mapping[int, str] = field(default_factory=dict)  # address by line
    imported_consent: str | None = None  # how these customers opted in, in the owner's words
    date_orders: Mapping[str, DateOrder | None] = field(default_factory=dict)  # by column of dates
    decimal_mark: str | None = None
    shared_birthdays: frozenset[str] = frozenset()  # cells that stand for no birthday
    keeps_birthdays: bool = False  # the owner says that such birthdays are right
    notes: tuple[str, ...] = ()  # what was assumed, for the owner
    has_products: bool = False  # the file has a product column
    lines_have_totals: bool = True  # totals are of the lines of an order, not of the order


@dataclass(frozen=True)
class CsvRow:
    """A row of the file with its line number; `cells` are by role.

    `fault` says why the row as a whole cannot be used: its cells may be those of other columns.
    """

    number: int
    cells: Mapping[str, str]
    fault: str | None = None
    fields: Sequence[str] = field(default=(), repr=False)  # all cells of the row, in their order


def cell_fault(
    headings: Sequence[str], columns: Mapping[str, int], cells: Mapping[str, str]
) -> str | None:
    """Return why a row cannot be used: a cell that must be one line is not, or a quote is stray.

    `columns` are the indexes of `headings` by role, `cells` the texts by role. A formula without
    its value identifies nobody: the rows that have one would be one customer, or one order.
    """
    for role, cell in cells.items():
        if role in KEY_ROLES and cell in UNREAD_TEXTS:
            return NO_VALUE.format(heading=headings[columns[role]])
        if role in QUOTELESS_ROLES and cell.count('"') % 2:
            return UNCLOSED_QUOTE
        if cell.isprintable() or role in MULTI_LINE_ROLES or role.startswith(OWN_COLUMN):
            continue
        if len(cell.splitlines()) > 1:
            heading = headings[columns[role]]
            return f'The cell under "{heading}" goes over several lines. Write it in one line.'
    return None


def without_unread_texts(cells: Mapping[str, str]) -> Mapping[str, str]:
    """Return `cells` with an empty one where a text would be kept as it stands, and is none."""
    if UNREAD_TEXTS.isdisjoint(cells.values()):
        return cells
    return {
        role: "" if cell in UNREAD_TEXTS and _is_kept_as_text(role) else cell
        for role, cell in cells.items()
    }


def _is_kept_as_text(role: str) -> bool:
    return role in TEXT_ROLES or role.startswith(OWN_COLUMN)


def minimal_identity(
    key: str, address: str | None, csv_format: CsvFormat, read_at: datetime
) -> dict[str, Any]:
    return {
        "source": csv_format.source, "external_id": key, "email": address,
        "email_key": email_key(address), "phone": None, "first_name": None, "last_name": None,
        "language": None, "timezone": None, "birthday": None, "tags": "[]", "joined_at": None,
        "version": microseconds(read_at),
    }  # fmt: skip


@lru_cache(maxsize=4096)
def _address_and_key(written: str) -> tuple[str | None, str]:
    """Return an e-mail address, None where it is none, and what its spellings have in common."""
    address = parse_values.email_address(written)
    return address, email_key(address) or address or ""


def parse_buyer(
    written: str, csv_format: CsvFormat, read_at: datetime
) -> tuple[tuple[str, str | None], list[Row], list[str]]:
    """Return the buyer as (source, key), an identity if no other file lists them, and errors.

    An e-mail address identifies a customer in every source; a number only in `customers_of`. A
    placeholder (noemail@noemail.com, Walk-in) stands for no buyer.
    """
    key = parse_values.single_line(written)
    if key is None or is_placeholder_name(key):
        return (csv_format.source, None), [], []
    if "@" in key:
        address, customer_key = _address_and_key(key)
        if address is None:
            is_error = parse_values.email_errors(key)
            errors = ["The customer's e-mail address is none."] if is_error else []
            return (csv_format.source, None), [], errors
        return (
            (csv_format.source, customer_key),
            [minimal_identity(customer_key, address, csv_format, read_at)],
            [],
        )
    if csv_format.customers_of != csv_format.source:
        return (csv_format.customers_of, key), [], []
    return (csv_format.source, key), [minimal_identity(key, None, csv_format, read_at)], []


@lru_cache(maxsize=4096)
def named_customer(written: str) -> str | None:
    """Return what all spellings of the customer in a cell have in common, a placeholder too.

    Keys of orders and answers are derived from it: they stay the same when a word is found to stand
    for nobody.
    """
    key = parse_values.single_line(written)
    if key is None or "@" not in key:
        return key
    return address_key(key) if is_address(key) else None


def parse_date(
    written: str, column: str, csv_format: CsvFormat, read_at: datetime
) -> datetime | None:
    """Return the moment in UTC; None where `written` is none, or lies in the future."""
    order = csv_format.date_orders.get(column)
    parsed = dates.parse_moment(written, order, csv_format.zone, read_at.year)
    return None if parsed and parse_values.is_future(parsed, read_at) else parsed


def date_error(written: str, column: str, csv_format: CsvFormat, read_at: datetime) -> str:
    """Return why `parse_date` returns None."""
    arguments = written, csv_format.date_orders.get(column), csv_format.zone, read_at.year
    if dates.parse_moment(*arguments):
        return parse_values.FUTURE
    return dates.moment_error(*arguments)


def parse_when(
    cells: Mapping[str, str], csv_format: CsvFormat, read_at: datetime
) -> datetime | None:
    """Return the moment in UTC, from the columns `when` and `time`."""
    return parse_date(when_cell(cells), "when", csv_format, read_at)


def parse_any_when(
    cells: Mapping[str, str], csv_format: CsvFormat, read_at: datetime
) -> datetime | None:
    """Return the moment as `parse_when` does, also one that lies in the future."""
    order = csv_format.date_orders.get("when")
    return dates.parse_moment(when_cell(cells), order, csv_format.zone, read_at.year)


def when_error(cells: Mapping[str, str], csv_format: CsvFormat, read_at: datetime) -> str:
    """Return why `parse_when` returns None."""
    return date_error(when_cell(cells), "when", csv_format, read_at)


def when_cell(cells: Mapping[str, str]) -> str:
    """Return date and time of day; `time` is the column of a file that has them in two.

    A time that stands beside the date already is kept, unless it is midnight: spreadsheets add one.
    """
    day, time_of_day = cells.get("when", ""), cells.get("time", "")
    day = MIDNIGHT.sub("", day) if time_of_day else day
    return day if ":" in day else f"{day} {time_of_day}".strip()
