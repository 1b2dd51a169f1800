"""Finds stored refunds that a file knows by other keys, as `counterparts` does for orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, select
from sqlmodel import col

from connectors.csv.orders.groups import CsvOrder, CsvRefund
from connectors.csv.orders.index import OrderIndex
from connectors.csv.orders.refund_orders import load_refunds
from connectors.csv.orders.rekey import STATED_REFUND
from connectors.csv.record_keys import customer_part
from connectors.csv.rows import CsvFormat
from connectors.stream import ParsedRecord
from shop.db.upsert import Row
from shop.tables import Order, Refund

REFUND_KEY = "refund/"  # begins the key of a refund that has a row of its own
Records = Sequence[CsvOrder | CsvRefund]


@dataclass(frozen=True)
class StoredRefund:
    """A refund with the key of its order and the customer of that order."""

    key: str
    order_key: str
    buyer: str


def with_stored_refunds(
    connection: Connection,
    records: Records,
    parsed: Sequence[ParsedRecord],
    index: OrderIndex,
    csv_format: CsvFormat,
) -> tuple[Records, list[ParsedRecord]]:
    """Return both with the keys and orders of refunds that are stored under other keys."""
    refunds = list(_refunds_of(records))
    own_keys = [refund.key for refund in refunds]
    source, external_id = csv_format.source, col(Refund.external_id)
    stored = {row["external_id"] for row in load_refunds(connection, source, external_id, own_keys)}
    unknown = [refund for refund in refunds if refund.key not in stored and refund.row.day]
    if not unknown:
        return records, list(parsed)
    counterparts = _find(connection, unknown, index, csv_format)
    rekeyed_records = [
        replace(record, key=counterparts[record.key].key)
        if isinstance(record, CsvRefund) and record.key in counterparts
        else record
        for record in records
    ]
    return rekeyed_records, [_rekeyed(record, counterparts) for record in parsed]


def _refunds_of(records: Records) -> Iterable[CsvRefund]:
    for record in records:
        yield from record.refunds if isinstance(record, CsvOrder) else (record,)


def _rekeyed(parsed: ParsedRecord, counterparts: Mapping[str, StoredRefund]) -> ParsedRecord:
    def rekeyed(row: Row) -> Row:
        stored = counterparts.get(row["external_id"])
        if stored is None:
            return row
        return {**row, "external_id": stored.key, "order_key": stored.order_key}

    if not counterparts or not parsed.rows.refunds:
        return parsed
    refunds = [rekeyed(row) for row in parsed.rows.refunds]
    return replace(parsed, rows=replace(parsed.rows, refunds=refunds))


def _find(
    connection: Connection,
    unknown: Sequence[CsvRefund],
    index: OrderIndex,
    csv_format: CsvFormat,
) -> dict[str, StoredRefund]:
    """Return by key of the file the refunds of the same day, amount and customer.

    Refunds on other pages are taken into account, so that each stored one is found once.
    """
    days = sorted({refund.row.day for refund in unknown if refund.row.day})
    stored = _load_stored(connection, days[0], days[-1], csv_format)
    if not stored:
        return {}
    in_file = [(f"{REFUND_KEY}{row.key}", row) for row in index.refunds_of(days)]
    keys = {refund.key for refunds in stored.values() for refund in refunds}
    taken = {key for key, _ in in_file if key in keys}
    counterparts = {}
    for key, row in in_file:
        day = row.placed_at.astimezone(csv_format.zone).date().isoformat()
        for refund in stored.get((day, -row.total), ()):
            is_free = key not in taken and refund.key not in taken
            if is_free and (row.buyer is None or refund.buyer in ("", row.buyer)):
                counterparts[key] = refund
                taken |= {key, refund.key}
    return counterparts


def _load_stored(
    connection: Connection, first_day: str, last_day: str, csv_format: CsvFormat
) -> Mapping[tuple[str, int], list[StoredRefund]]:
    """Return the stored refunds by day and amount, in the sequence of their keys."""
    zone = csv_format.zone
    names = {
        "row_source": csv_format.source,
        "start": datetime.combine(date.fromisoformat(first_day), time(), zone),
        "end": datetime.combine(date.fromisoformat(last_day) + timedelta(days=1), time(), zone),
    }
    by_amount: defaultdict[tuple[str, int], list[StoredRefund]] = defaultdict(list)
    for row in connection.execute(_refunds_between(), names):
        if row.external_id.startswith(REFUND_KEY) and not row.external_id.endswith(STATED_REFUND):
            day = row.refunded_at.astimezone(zone).date().isoformat()
            refund = StoredRefund(row.external_id, row.order_key, customer_part(row.customer_key))
            by_amount[day, row.total].append(refund)
    return by_amount


@cache
def _refunds_between() -> Select[Any]:
    of_order = and_(
        col(Order.source) == col(Refund.source), col(Order.external_id) == col(Refund.order_key)
    )
    refunded_at = col(Refund.refunded_at)
    return (
        select(
            col(Refund.external_id), col(Refund.order_key), refunded_at, col(Refund.total),
            col(Order.customer_key),
        )
        .outerjoin(Order, of_order)
        .where(
            col(Refund.source) == bindparam("row_source"),
            refunded_at >= bindparam("start"),
            refunded_at < bindparam("end"),
        )
        .order_by(col(Refund.external_id))
    )  # fmt: skip
