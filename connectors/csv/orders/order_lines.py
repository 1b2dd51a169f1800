"""Articles of orders that another file holds: a till's items beside its payments.

The orders are those of the other source, with their totals; from here come their lines alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from sqlalchemy import Connection, Delete, Update, bindparam, delete, update
from sqlmodel import col

from connectors.csv.orders.groups import CsvOrder, CsvRefund
from connectors.csv.orders.stored_orders import load_orders, order_key, possible_keys
from connectors.csv.rows import CsvFormat
from connectors.stream import ParsedRecord
from shop.db.upsert import IN_VALUES, Row
from shop.ingest.source_rows import SourceRows
from shop.tables import OrderLine


def lines_of_other_source(
    connection: Connection,
    records: Sequence[CsvOrder | CsvRefund],
    parsed: Sequence[ParsedRecord],
    source: str,
    csv_format: CsvFormat,
) -> list[ParsedRecord]:
    """Return of `parsed` the lines alone, as those of the orders of `source`.

    An order that is not stored yet gets its lines when it arrives. Lines that an earlier version of
    the file had are deleted.
    """
    stored = load_orders(connection, source, possible_keys(records, padded=True))
    with_lines = []
    for record, parsed_record in zip(records, parsed, strict=True):
        lines: list[Row] = []
        if isinstance(record, CsvOrder) and record.number and parsed_record.rows.orders:
            key = order_key(record, parsed_record.rows.orders[0], stored, csv_format)
            changes = {"source": source, "order_key": key}
            lines = [{**line, **changes} for line in parsed_record.rows.order_lines]
        with_lines.append(replace(parsed_record, rows=SourceRows(order_lines=lines)))
    lines_of_page = [line for record in with_lines for line in record.rows.order_lines]
    _execute(connection, _delete_older_lines(), source, lines_of_page, "order_key")
    return with_lines


def keep_lines(connection: Connection, source: str, parsed: Sequence[ParsedRecord]) -> None:
    """Mark the lines of the orders in `parsed` as those of the newest version of each order.

    A file of orders without products says nothing about them: another source holds them.
    """
    rows = [row for record in parsed for row in record.rows.orders]
    _execute(connection, _touch_lines(), source, rows, "external_id")


def _execute(
    connection: Connection,
    statement: Delete | Update,
    source: str,
    rows: Sequence[Row],
    key_column: str,
) -> None:
    """Run `statement` for the orders of a page; its `rows` have one version."""
    if rows:
        keys = sorted({row[key_column] for row in rows})
        names = {"row_source": source, "latest": rows[0]["version"], "values": keys}
        connection.execute(statement, names)


@cache
def _delete_older_lines() -> Delete:
    return delete(OrderLine).where(
        col(OrderLine.source) == bindparam("row_source"),
        col(OrderLine.order_key).in_(IN_VALUES),
        col(OrderLine.version) < bindparam("latest"),
    )


@cache
def _touch_lines() -> Update:
    return (
        update(OrderLine)
        .where(
            col(OrderLine.source) == bindparam("row_source"),
            col(OrderLine.order_key).in_(IN_VALUES),
            col(OrderLine.version) < bindparam("latest"),
        )
        .values(version=bindparam("latest"))
    )
