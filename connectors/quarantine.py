"""Records that could not be used, whole or in part, each with the reason why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Delete, Select, Update, bindparam, delete, select, update

from connectors.stream import Understood
from shop.db.upsert import SOME, add_new, table_of
from shop.tables import Quarantined

# A record is somebody's data: its reason is kept, the record itself only so long.
KEPT = timedelta(days=30)
MOST_SHOWN = 4_000


def settle(
    connection: Connection,
    source: str,
    stream: str,
    page: Sequence[tuple[Any, Understood]],
    now: datetime,
) -> int:
    """Put the unusable of this page aside and let go what has been mended; how many are bad."""
    faulty = {
        (one.key, fault): record for record, one in page for fault in dict.fromkeys(one.faults)
    }
    _release(connection, source, stream, {one.key for _, one in page}, set(faulty))
    rows = [
        {
            "source": source,
            "stream": stream,
            "record_key": key,
            "reason": reason,
            "record": shown(record),
            "seen_at": now,
        }
        for (key, reason), record in faulty.items()
    ]
    add_new(connection, Quarantined, rows)
    return len({key for key, _ in faulty})


def forget(connection: Connection, source: str, now: datetime) -> None:
    """Empty the records that were put aside too long ago; why they were stays."""
    connection.execute(_emptying(), {"of": source, "since": now - KEPT})


@cache
def _emptying() -> Update:
    table = table_of(Quarantined)
    old = (table.c.seen_at < bindparam("since"), table.c.record != "")
    return update(table).where(table.c.source == bindparam("of"), *old).values(record="")


def clear(connection: Connection, source: str, stream: str) -> None:
    """Let everything of a stream go: all of it is about to be read again."""
    table = table_of(Quarantined)
    connection.execute(delete(table).where(table.c.source == source, table.c.stream == stream))


def shown(record: Any) -> str:
    """The record as text, cut where it is endless."""
    return json.dumps(record, default=str)[:MOST_SHOWN]


def _release(
    connection: Connection,
    source: str,
    stream: str,
    seen: set[str],
    faulty: set[tuple[str, str]],
) -> None:
    given = {"source": source, "stream": stream, "some": list(seen)}
    kept = connection.execute(_kept(), given).all()
    mended = [row.id for row in kept if (row.record_key, row.reason) not in faulty]
    if mended:
        connection.execute(_letting_go(), {"some": mended})


@cache
def _kept() -> Select[Any]:
    table = table_of(Quarantined)
    its = (table.c.source == bindparam("source"), table.c.stream == bindparam("stream"))
    return select(table.c.id, table.c.record_key, table.c.reason).where(
        *its, table.c.record_key.in_(SOME)
    )


@cache
def _letting_go() -> Delete:
    table = table_of(Quarantined)
    return delete(table).where(table.c.id.in_(SOME))
