"""Keeps records that could not be used, fully or in part, with the reason."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Delete, Select, Update, bindparam, delete, select, update

from connectors.stream import ParsedRecord
from shop.db.upsert import IN_VALUES, insert_missing, table_of
from shop.tables import QuarantinedRecord

# A record is personal data: its reason is kept, the record itself only this long.
RETENTION = timedelta(days=30)
MAX_RECORD_CHARS = 4_000


def update_page(
    connection: Connection,
    source: str,
    stream: str,
    page: Sequence[tuple[Any, ParsedRecord]],
    now: datetime,
) -> int:
    """Quarantine the bad records of `page`, release the good ones; return how many are bad."""
    faulty_records = {
        (parsed.key, error): record
        for record, parsed in page
        for error in dict.fromkeys(parsed.errors)
    }
    _release_fixed(
        connection, source, stream, {parsed.key for _, parsed in page}, set(faulty_records)
    )
    rows = [
        {
            "source": source,
            "stream": stream,
            "record_key": key,
            "reason": reason,
            "record": record_excerpt(record),
            "seen_at": now,
        }
        for (key, reason), record in faulty_records.items()
    ]
    insert_missing(connection, QuarantinedRecord, rows)
    return len({key for key, _ in faulty_records})


def purge_old_records(connection: Connection, source: str, now: datetime) -> None:
    """Delete the content of records quarantined longer than `RETENTION`; their reasons stay."""
    connection.execute(_blank_old_records(), {"of": source, "since": now - RETENTION})


@cache
def _blank_old_records() -> Update:
    table = table_of(QuarantinedRecord)
    conditions = (table.c.seen_at < bindparam("since"), table.c.record != "")
    return update(table).where(table.c.source == bindparam("of"), *conditions).values(record="")


def clear_stream(connection: Connection, source: str, stream: str) -> None:
    """Delete the quarantine of a stream that is about to be read from its beginning."""
    table = table_of(QuarantinedRecord)
    connection.execute(delete(table).where(table.c.source == source, table.c.stream == stream))


def record_excerpt(record: Any) -> str:
    """Return the record as JSON of at most `MAX_RECORD_CHARS`."""
    return json.dumps(record, default=str)[:MAX_RECORD_CHARS]


def _release_fixed(
    connection: Connection,
    source: str,
    stream: str,
    record_keys: set[str],
    faulty_keys: set[tuple[str, str]],
) -> None:
    parameters = {"source": source, "stream": stream, "values": list(record_keys)}
    quarantined = connection.execute(_select_quarantined(), parameters).all()
    fixed_ids = [row.id for row in quarantined if (row.record_key, row.reason) not in faulty_keys]
    if fixed_ids:
        connection.execute(_delete_quarantined(), {"values": fixed_ids})


@cache
def _select_quarantined() -> Select[Any]:
    table = table_of(QuarantinedRecord)
    conditions = (table.c.source == bindparam("source"), table.c.stream == bindparam("stream"))
    return select(table.c.id, table.c.record_key, table.c.reason).where(
        *conditions, table.c.record_key.in_(IN_VALUES)
    )


@cache
def _delete_quarantined() -> Delete:
    table = table_of(QuarantinedRecord)
    return delete(table).where(table.c.id.in_(IN_VALUES))
