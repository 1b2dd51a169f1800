"""Turns the rows of a customer file into customers and consent statements; nothing raises."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from connectors import parse_values
from connectors.csv.cells import dates
from connectors.csv.consent.people import Subject
from connectors.csv.full_name import split_name
from connectors.csv.rows import (
    OWN_COLUMN,
    CsvFormat,
    CsvRow,
    date_error,
    minimal_identity,
    parse_date,
)
from connectors.stream import ParsedRecord
from settings.text.hidden_characters import without_hidden_characters
from shop.consent.basis import EMAIL
from shop.db.timezones import parse_zone
from shop.db.upsert import Row
from shop.identity.customers import WITHDRAWN, email_key
from shop.ingest.source_rows import SourceRows
from shop.types.moment import microseconds

# In "Ana <ana@x.example>", and among several: "a@x.example ::: b@x.example".
ADDRESSES = re.compile(r"[^\s<>,;:|()\"]+@[^\s<>,;:|()\"]+")
OTHER_ADDRESSES = "Of several e-mail addresses only the first is used."
NO_KEY = "The row has no e-mail address, phone number or customer number."
MIN_PHONE_DIGITS = 7
MAX_OWN_CHARS = 500
# What programs write into an empty cell.
NO_VALUE = frozenset({
    "-", "–", "—", "n/a", "#n/a", "null", "nan", "undefined", "#ref!", "#value!", "#name?",
    "#div/0!",
})  # fmt: skip
NAME_ROLES = ("first_name", "last_name", "name")
UNIX_EPOCH = "1970-01-01"
# What a spreadsheet would evaluate instead of displaying.
FORMULA = re.compile(r"\s*[=+@-]")


def customer(row: CsvRow, csv_format: CsvFormat, read_at: datetime) -> ParsedRecord:
    cells, position = row.cells, f"line {row.number}"
    if row.fault:
        return ParsedRecord(position, errors=(row.fault,))
    address, errors = parse_address(cells.get("e_mail", ""))
    subject = row_subject(cells, address)
    if subject is None:
        return ParsedRecord(position, errors=tuple(errors or [NO_KEY]))
    identity, identity_errors = build_identity(cells, subject.key, address, csv_format, read_at)
    identity = {
        **identity,
        "reports_address": reports_address(cells, subject, csv_format),
        "reports_fields": True,
    }
    statements = consent_statements(row, subject, csv_format, read_at)
    own_values, own_errors = custom_fields(cells, subject.key, csv_format, read_at)
    rows = SourceRows([identity], custom_fields=own_values, statements=statements)
    return ParsedRecord(position, rows, (*errors, *identity_errors, *own_errors))


def custom_fields(
    cells: Mapping[str, str], key: str, csv_format: CsvFormat, read_at: datetime
) -> tuple[list[Row], list[str]]:
    """Return a row for each of the owner's own columns that is filled, and errors."""
    rows: list[Row] = []
    errors = []
    for role, cell in cells.items():
        text = without_hidden_characters(cell) if role.startswith(OWN_COLUMN) and cell else ""
        value = parse_values.single_line(text, MAX_OWN_CHARS)
        if value and value.casefold() not in NO_VALUE:
            name = role.removeprefix(OWN_COLUMN)
            rows.append(
                {
                    "source": csv_format.source, "external_id": key, "name": name,
                    "value": value, "version": microseconds(read_at),
                }
            )  # fmt: skip
            if len(text.strip()) > MAX_OWN_CHARS:
                errors.append(f"Of {name} only the first {MAX_OWN_CHARS} letters are kept.")
    return rows, errors


def reports_address(cells: Mapping[str, str], subject: Subject, csv_format: CsvFormat) -> bool:
    """Return whether an empty cell means that `subject` has no address any more.

    It does in a file with a column of addresses, unless another row of the person has one.
    """
    summary = csv_format.consent
    is_left_to_other_row = subject.address_key is None and summary and summary.has_address(subject)
    return "e_mail" in cells and not is_left_to_other_row


def row_subject(cells: Mapping[str, str], address: str | None) -> Subject | None:
    """Return whom a row with this `address` is about; None where nothing identifies them."""
    address_key = email_key(address)
    key = (
        parse_values.single_line(cells.get("customer"))
        or address_key
        or parse_phone_key(cells.get("phone", ""))
    )
    return Subject(key, address_key) if key else None


def iter_subjects(rows: Iterable[CsvRow]) -> Iterator[tuple[Sequence[str], Subject]]:
    """Yield the cells of the rows that can be used, each with whom the row is about."""
    for row in rows:
        address, _ = parse_address(row.cells.get("e_mail", ""))
        if not row.fault and (subject := row_subject(row.cells, address)):
            yield row.fields, subject


def parse_address(written: str) -> tuple[str | None, list[str]]:
    """Return the address of a cell, the first of several, and what is wrong with it."""
    if not written:
        return None, []
    if address := parse_values.email_address(written):
        return address, []
    addresses = list(filter(None, map(parse_values.email_address, ADDRESSES.findall(written))))
    if not addresses:
        return None, parse_values.email_errors(written)
    return addresses[0], [OTHER_ADDRESSES] if len(addresses) > 1 else []


def parse_phone_key(written: str) -> str | None:
    """Return a key from the digits of a phone number, however they are grouped; None for too few.

    It identifies a customer whose row has nothing else, such as one of a till.
    """
    digits = re.sub(r"[^0-9]", "", written).lstrip("0")
    return f"phone {digits}" if len(digits) >= MIN_PHONE_DIGITS else None


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
        error = date_error(joined, "joined", csv_format, read_at)
        errors.append(error.replace("The date", "The date they joined"))
    if zone and parse_zone(zone) is None:
        errors.append("The time zone is none.")
    if any(FORMULA.match(cells.get(role, "")) for role in NAME_ROLES):
        errors.append("The name is a formula.")
    first_name, last_name = parse_names(cells)
    identity = minimal_identity(key, address, csv_format, read_at) | {
        "phone": parse_values.single_line(cells.get("phone"), 40),
        "first_name": first_name,
        "last_name": last_name,
        "language": parse_values.language(cells.get("language")),
        "timezone": zone if parse_zone(zone) else None,
        "birthday": birthday,
        "joined_at": joined_at,
    }
    return identity, errors


def parse_birthday(
    written: str, csv_format: CsvFormat, read_at: datetime
) -> tuple[str | None, list[str]]:
    """Return a birthday, or None, and errors; the year 1900 stands for an unknown year.

    `WITHDRAWN` replaces a birthday that was stored before it was known to be none.
    """
    if not written:
        return None, []
    if written in csv_format.shared_birthdays:
        return WITHDRAWN, ["The birthday stands for none: too many rows share it."]
    birthday = dates.parse_birthday(written, csv_format.date_orders.get("birthday"), read_at.year)
    if birthday is None:
        return None, ["The birthday is no day of a year."]
    error = parse_values.birthday_error(birthday, read_at.astimezone(csv_format.zone).date())
    if error and not (csv_format.keeps_birthdays and birthday == UNIX_EPOCH):
        return WITHDRAWN, [error]
    return (f"--{birthday[5:]}" if birthday.startswith("1900-") else birthday), []


def parse_names(cells: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Return first and last name; a full name fills those without a column of their own."""
    first, last = split_name(parse_name(cells.get("name")))
    return parse_name(cells.get("first_name")) or first, parse_name(cells.get("last_name")) or last


def parse_name(written: str | None) -> str | None:
    """Return a name; None for a spreadsheet formula."""
    return None if FORMULA.match(written or "") else parse_values.single_line(written)


def consent_statements(
    row: CsvRow, subject: Subject, csv_format: CsvFormat, read_at: datetime
) -> list[Row]:
    """Return what `row` says about consent; none where another row of the person says it.

    Without a column, `imported consent:` counts as an opt-in of each customer. Without both it is a
    NONE statement, which withdraws an earlier opt-in from this file.
    """
    summary = csv_format.consent
    statement = summary.read(row.fields, subject, read_at) if summary else None
    if statement is None:
        return []
    evidence, actor, wording = statement.evidence, csv_format.source, None
    if statement.is_vouched:
        evidence, actor = f"imported consent of {csv_format.source}", "the owner"
        wording = csv_format.imported_consent
    row_of_statement: Row = {
        "customer_id": None, "source": csv_format.source, "external_id": subject.key,
        "channel": EMAIL, "says": statement.value.value, "said_at": statement.said_at,
        "recorded_at": read_at, "evidence": evidence, "wording": wording, "actor": actor,
    }  # fmt: skip
    if subject.address_key is None:
        return [row_of_statement]  # it is for the address that other rows of the person give
    return [{**row_of_statement, "address_key": subject.address_key}]
