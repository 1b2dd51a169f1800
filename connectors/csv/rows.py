"""What all CSV readers share: rows by role, the format of a file, buyers and dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors import parse_values
from connectors.csv import dates
from shop.db.upsert import Row
from shop.identity.customers import email_key
from shop.types.moment import microseconds


@dataclass(frozen=True)
class CsvFormat:
    """Everything beside the row that affects how it is parsed."""

    source: str
    currency: str
    zone: ZoneInfo
    customers_of: str
    consent_evidence: str = ""  # file and column of consent, as evidence
    consent_heading: str = ""
    imported_consent: str | None = None  # how these customers opted in, in the owner's words
    date_orders: Mapping[str, dates.DateOrder | None] = field(
        default_factory=dict
    )  # by column of dates
    decimal_mark: str | None = None
    has_products: bool = False  # the file has a product column


@dataclass(frozen=True)
class CsvRow:
    """A row of the file with its line number; `cells` are by role.

    `fault` says why the row as a whole cannot be used: its cells may be those of other columns.
    """

    number: int
    cells: Mapping[str, str]
    fault: str | None = None


def minimal_identity(
    key: str, address: str | None, csv_format: CsvFormat, read_at: datetime
) -> dict[str, Any]:
    return {
        "source": csv_format.source, "external_id": key, "email": address,
        "email_key": email_key(address), "phone": None, "first_name": None, "last_name": None,
        "language": None, "timezone": None, "birthday": None, "tags": "[]", "joined_at": None,
        "version": microseconds(read_at),
    }  # fmt: skip


def parse_buyer(
    written: str, csv_format: CsvFormat, read_at: datetime
) -> tuple[tuple[str, str | None], list[Row], list[str]]:
    """Return the buyer as (source, key), an identity if no other file lists them, and errors.

    An e-mail address identifies a customer in every source; a number only in `customers_of`.
    """
    key = parse_values.single_line(written)
    if key is None:
        return (csv_format.source, None), [], []
    if "@" in key:
        address = parse_values.email_address(key)
        if address is None:
            return (csv_format.source, None), [], ["The customer's e-mail address is none."]
        customer_key = email_key(address) or address
        return (
            (csv_format.source, customer_key),
            [minimal_identity(customer_key, address, csv_format, read_at)],
            [],
        )
    if csv_format.customers_of != csv_format.source:
        return (csv_format.customers_of, key), [], []
    return (csv_format.source, key), [minimal_identity(key, None, csv_format, read_at)], []


def parse_date(
    written: str, column: str, csv_format: CsvFormat, read_at: datetime
) -> datetime | None:
    return dates.parse_moment(
        written, csv_format.date_orders.get(column), csv_format.zone, read_at.year
    )


def parse_when(
    cells: Mapping[str, str], csv_format: CsvFormat, read_at: datetime
) -> datetime | None:
    """Return the moment in UTC; `time` is the column of a file with date and time in two."""
    day, time_of_day = cells.get("when", ""), cells.get("time", "")
    if not time_of_day:
        return parse_date(day, "when", csv_format, read_at)
    return parse_date(f"{day} {time_of_day}", "when", csv_format, read_at)
