"""What a row of customers that cannot be used still says: who is there, and who opted out.

A broken row takes nobody's yes and no facts. But a no in it counts for the address that it names,
and whoever stands in it has not left the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Update, bindparam, or_, select, update
from sqlmodel import col

from connectors import parse_values
from connectors.csv.consent.columns import ConsentColumns
from connectors.csv.customer_rows import ADDRESSES, parse_phone_key
from connectors.csv.rows import CsvFormat, CsvRow, minimal_identity
from connectors.stream import ParsedRecord
from shop.consent.basis import EMAIL, UNDATED, ConsentValue
from shop.db.upsert import IN_VALUES, Row
from shop.identity.customers import email_key
from shop.ingest.source_rows import SourceRows
from shop.tables import Identity
from shop.types.moment import microseconds


class FaultyOptOuts:
    """Notes by line which addresses the faulty rows of a file of customers opt out."""

    def __init__(self, columns: ConsentColumns, width: int, read_at: datetime) -> None:
        self.by_line: dict[int, str] = {}
        self._settings = columns, width, read_at

    def collect(self, rows: Iterable[CsvRow]) -> Iterator[CsvRow]:
        """Yield `rows`, and note those that are faulty."""
        for row in rows:
            if row.fault and (address := faulty_opt_out(row.fields, *self._settings)):
                self.by_line[row.number] = address
            yield row


def faulty_opt_out(
    cells: Sequence[str], columns: ConsentColumns, width: int, read_at: datetime
) -> str | None:
    """Return the folded address that a faulty row of a file with `width` columns opts out.

    None where it says no no, or names no address or several. Cells may be missing in front of the
    consent, or a stray quotation mark may have split one.
    """
    addresses = addresses_in(cells)
    if len(addresses) != 1:
        return None
    missing = width - len(cells)
    shifts = range(min(0, missing), max(0, missing) + 1)
    readings = (columns.read(_shifted(cells, shift), read_at).value for shift in shifts)
    return addresses.pop() if ConsentValue.NO in readings else None


def _shifted(cells: Sequence[str], shift: int) -> Sequence[str]:
    return [*[""] * shift, *cells] if shift > 0 else cells[-shift:]


def addresses_in(cells: Iterable[str]) -> set[str]:
    """Return the folded addresses in `cells`."""
    written = (parse_values.email_address(text) for text in ADDRESSES.findall("\n".join(cells)))
    return {key for address in written if (key := email_key(address))}


def keep_faulty_rows(
    connection: Connection,
    records: Sequence[CsvRow],
    parsed: Sequence[ParsedRecord],
    csv_format: CsvFormat,
    read_at: datetime,
) -> list[ParsedRecord]:
    """Return `parsed` with the opt-outs of faulty rows; who stands in one counts as listed."""
    faulty = [row for row in records if row.fault]
    if not faulty:
        return list(parsed)
    source = csv_format.source
    addresses = {address for row in faulty for address in addresses_in(row.fields)}
    keys = addresses | {key for row in faulty for key in _possible_keys(row)}
    names = {"row_source": source, "version": microseconds(read_at), "keys": sorted(keys)}
    connection.execute(_touch_query(), names | {"values": sorted(addresses)})
    by_address: dict[str, str] = {
        row.email_key: row.external_id
        for row in connection.execute(
            _identities_query(), {"row_source": source, "values": sorted(addresses)}
        )
    }
    return [
        _with_opt_out(record, parsed_record, by_address, csv_format, read_at)
        for record, parsed_record in zip(records, parsed, strict=True)
    ]


def _possible_keys(row: CsvRow) -> set[str]:
    number, phone = row.cells.get("customer", ""), row.cells.get("phone", "")
    return {key for key in (parse_values.single_line(number), parse_phone_key(phone)) if key}


def _with_opt_out(
    record: CsvRow,
    parsed: ParsedRecord,
    by_address: Mapping[str, str],
    csv_format: CsvFormat,
    read_at: datetime,
) -> ParsedRecord:
    address = csv_format.faulty_opt_outs.get(record.number)
    if address is None or not record.fault:
        return parsed
    key = by_address.get(address, address)
    new: list[Row] = []
    if address not in by_address:
        new = [minimal_identity(key, address, csv_format, read_at)]
    statement: Row = {
        "customer_id": None, "source": csv_format.source, "external_id": key,
        "channel": EMAIL, "says": ConsentValue.NO.value, "said_at": UNDATED,
        "recorded_at": read_at, "evidence": f"{parsed.key} of the file, which was set aside",
        "wording": None, "actor": csv_format.source, "address_key": address,
    }  # fmt: skip
    return replace(parsed, rows=SourceRows(identities=new, statements=[statement]))


@cache
def _touch_query() -> Update:
    """Of identities in the file, `shop.ingest.missing_records.file_list` expects this version."""
    is_named = or_(
        col(Identity.email_key).in_(IN_VALUES),
        col(Identity.external_id).in_(bindparam("keys", expanding=True)),
    )
    return (
        update(Identity)
        .where(
            col(Identity.source) == bindparam("row_source"),
            col(Identity.version) < bindparam("version"),
            is_named,
        )
        .values(version=bindparam("version"))
    )


@cache
def _identities_query() -> Select[Any]:
    return (
        select(col(Identity.email_key), col(Identity.external_id))
        .where(
            col(Identity.source) == bindparam("row_source"), col(Identity.email_key).in_(IN_VALUES)
        )
        .order_by(col(Identity.id).desc())
    )
