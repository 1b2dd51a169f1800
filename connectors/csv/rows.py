"""Turns CSV rows into customers and orders: pure functions that never raise."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors import parse_values
from connectors.consent_words import parse_consent
from connectors.csv import amounts, dates
from connectors.stream import ParsedRecord
from shop.consent.basis import EMAIL, NO_EVIDENCE, UNDATED, ConsentValue
from shop.db.timezones import parse_zone
from shop.db.upsert import Row
from shop.identity.customers import email_key
from shop.ingest.source_rows import SourceRows
from shop.types.moment import microseconds

CHANNELS = {
    **dict.fromkeys(("till", "pos", "counter", "in store", "in-store", "shop", "store"), "till"),
    **dict.fromkeys(("online", "web", "website", "internet", "online store"), "online"),
}


@dataclass(frozen=True)
class CsvFormat:
    """Everything beside the row that affects how it is parsed."""

    source: str
    currency: str
    zone: ZoneInfo
    customers_of: str
    consent_evidence: str = ""  # file and column of consent, as evidence
    imported_consent: str | None = None  # how these customers opted in, in the owner's words
    date_orders: Mapping[str, dates.DateOrder | None] = field(
        default_factory=dict
    )  # by column of dates
    decimal_mark: str | None = None
    has_products: bool = False  # the file has a product column


@dataclass(frozen=True)
class CsvRow:
    """A row of the file with its line number; `cells` are by role."""

    number: int
    cells: Mapping[str, str]
    surplus: bool = False


@dataclass(frozen=True)
class CsvOrder:
    """The rows of one order; `key` is its number, or a hash of its cells."""

    key: str
    rows: Sequence[CsvRow]
    repeated: bool = False  # the same number occurred earlier in the file


# What a spreadsheet would evaluate instead of displaying.
FORMULA = re.compile(r"\s*[=+@-]")
SURPLUS = "The row has more columns than the first line names."


def customer(row: CsvRow, csv_format: CsvFormat, read_at: datetime) -> ParsedRecord:
    cells, position = row.cells, f"line {row.number}"
    if row.surplus:
        return ParsedRecord(position, errors=(SURPLUS,))
    written = cells.get("e_mail", "")
    address = parse_values.email_address(written)
    key = parse_values.single_line(cells.get("customer")) or email_key(address)
    errors = ["The e-mail address is none."] if written and not address else []
    if key is None:
        return ParsedRecord(position, errors=tuple(errors or ["The row names nobody."]))
    identity, identity_errors = build_identity(cells, key, address, csv_format, read_at)
    statements = consent_statements(cells.get("consent"), key, csv_format, read_at)
    return ParsedRecord(position, SourceRows([identity], statements), (*errors, *identity_errors))


def build_identity(
    cells: Mapping[str, str],
    key: str,
    address: str | None,
    csv_format: CsvFormat,
    read_at: datetime,
) -> tuple[Row, list[str]]:
    joined = cells.get("joined", "")
    birthday, errors = parse_birthday(cells.get("birthday", ""), csv_format, read_at)
    zone = cells.get("timezone")
    joined_at = parse_date(joined, "joined", csv_format, read_at) if joined else None
    if joined and joined_at is None:
        errors.append("The date they joined is none.")
    if zone and parse_zone(zone) is None:
        errors.append("The time zone is none.")
    if any(FORMULA.match(cells.get(name, "")) for name in ("first_name", "last_name")):
        errors.append("The name is a formula.")
    identity = minimal_identity(key, address, csv_format, read_at) | {
        "phone": parse_values.single_line(cells.get("phone"), 40),
        "first_name": parse_name(cells.get("first_name")),
        "last_name": parse_name(cells.get("last_name")),
        "language": parse_values.language(cells.get("language")),
        "timezone": zone if parse_zone(zone) else None,
        "birthday": birthday,
        "joined_at": joined_at,
    }
    return identity, errors


def parse_birthday(
    written: str, csv_format: CsvFormat, read_at: datetime
) -> tuple[str | None, list[str]]:
    """Return a birthday, or None, and errors; the year 1900 stands for an unknown year."""
    if not written:
        return None, []
    birthday = dates.parse_birthday(written, csv_format.date_orders.get("birthday"), read_at.year)
    if birthday is None:
        return None, ["The birthday is no day of a year."]
    if birthday == "1900-01-01":
        return None, ["The birthday is the first day of 1900, which stands for none."]
    if birthday[0] != "-" and birthday > read_at.astimezone(csv_format.zone).date().isoformat():
        return None, ["The birthday is in the future."]
    return (f"--{birthday[5:]}" if birthday.startswith("1900-") else birthday), []


def parse_name(written: str | None) -> str | None:
    """Return a name; None for a spreadsheet formula."""
    return None if FORMULA.match(written or "") else parse_values.single_line(written)


def minimal_identity(
    key: str, address: str | None, csv_format: CsvFormat, read_at: datetime
) -> dict[str, Any]:
    return {
        "source": csv_format.source, "external_id": key, "email": address,
        "email_key": email_key(address), "phone": None, "first_name": None, "last_name": None,
        "language": None, "timezone": None, "birthday": None, "tags": "[]", "joined_at": None,
        "version": microseconds(read_at),
    }  # fmt: skip


def consent_statements(
    written: str | None, key: str, csv_format: CsvFormat, read_at: datetime
) -> list[Row]:
    """Return the statement of a consent column, which has no date, so it never replaces an opt-out.

    Without a column, `imported consent:` counts as an opt-in of each customer. Without both it is a
    NONE statement, which withdraws an earlier opt-in from this file.
    """
    if written is None:
        vouched = csv_format.imported_consent
        consent = ConsentValue.YES if vouched else ConsentValue.NONE
        evidence = f"imported consent of {csv_format.source}" if vouched else NO_EVIDENCE
        return [consent_statement(consent, evidence, "the owner", key, csv_format, read_at)]
    consent = parse_consent(written)
    shown = parse_values.single_line(written, 40) or "nothing"
    evidence = f"{csv_format.consent_evidence} said {shown}"
    return [consent_statement(consent, evidence, csv_format.source, key, csv_format, read_at)]


def consent_statement(
    consent: ConsentValue,
    evidence: str,
    actor: str,
    key: str,
    csv_format: CsvFormat,
    read_at: datetime,
) -> Row:
    wording = csv_format.imported_consent if consent is ConsentValue.YES else None
    return {
        "customer_id": None, "source": csv_format.source, "external_id": key, "channel": EMAIL,
        "says": consent.value, "said_at": UNDATED, "recorded_at": read_at, "evidence": evidence,
        "wording": wording, "actor": actor,
    }  # fmt: skip


def order(csv_order: CsvOrder, csv_format: CsvFormat, read_at: datetime) -> ParsedRecord:
    cells, position = csv_order.rows[0].cells, f"line {csv_order.rows[0].number}"
    placed = parse_date(cells.get("when", ""), "when", csv_format, read_at)
    channel = CHANNELS.get(cells.get("channel", "").casefold() or "till")
    total, errors = order_total(csv_order, csv_format)
    errors += [] if placed else ["The date is none."]
    errors += [] if channel else ["The channel is neither till nor online."]
    if csv_order.repeated:
        errors = ["The same order stands further up in the file."]
    if any(line.surplus for line in csv_order.rows):
        errors = [SURPLUS]
    if errors or placed is None:
        return ParsedRecord(position, errors=tuple(errors))
    buyer, identities, buyer_errors = parse_buyer(cells.get("customer", ""), csv_format, read_at)
    row = {
        "source": csv_format.source, "external_id": csv_order.key,
        "customer_source": buyer[0], "customer_key": buyer[1],
        "placed_at": placed, "total": total, "currency": csv_format.currency, "channel": channel,
        "counts": True, "version": microseconds(read_at),
    }  # fmt: skip
    lines = order_lines(csv_order, csv_format, read_at) if csv_format.has_products else []
    return ParsedRecord(
        position, SourceRows(identities, orders=[row], order_lines=lines), tuple(buyer_errors)
    )


def order_total(csv_order: CsvOrder, csv_format: CsvFormat) -> tuple[int, list[str]]:
    """Return the sum of the rows' totals, and errors; rows after the first may omit theirs."""
    written = [line.cells["total"] for line in csv_order.rows if line.cells.get("total")]
    sums = [
        amounts.parse_amount(amount, csv_format.currency, csv_format.decimal_mark)
        for amount in written
    ]
    errors = list(dict.fromkeys(amount for amount in sums if isinstance(amount, str)))
    errors += [] if sums else ["There is no total."]
    return sum(amount for amount in sums if isinstance(amount, int)), errors


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


def order_lines(csv_order: CsvOrder, csv_format: CsvFormat, read_at: datetime) -> list[Row]:
    lines = []
    for position, row in enumerate(csv_order.rows):
        total = amounts.parse_amount(
            row.cells.get("total") or "0", csv_format.currency, csv_format.decimal_mark
        )
        lines.append({
            "source": csv_format.source, "order_key": csv_order.key, "position": position,
            "title": parse_values.single_line(row.cells.get("product"), 300) or "?",
            "product_key": None,
            "quantity": parse_quantity(row.cells.get("quantity", "")),
            "total": total if isinstance(total, int) else 0,
            "version": microseconds(read_at),
        })  # fmt: skip
    return list(lines)


def parse_quantity(written: str) -> int:
    """Return a quantity; 1 where none is written."""
    digits = written.removesuffix(".0").removesuffix(",0")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 9:
        return 1
    return int(digits)


def parse_date(
    written: str, column: str, csv_format: CsvFormat, read_at: datetime
) -> datetime | None:
    return dates.parse_moment(
        written, csv_format.date_orders.get(column), csv_format.zone, read_at.year
    )
