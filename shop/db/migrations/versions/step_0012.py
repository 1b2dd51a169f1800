"""Orders without a number, and answers, are known by what their cells mean.

Before, their keys were hashes of the cells as they were written. The new keys follow from the
stored rows, so that a file that is read again finds them.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from settings.email_address import address_key

revision = "0012"
down_revision = "0011"

BATCH_SIZE = 2_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OLD_KEY = re.compile(r"[0-9a-f]{24}-[0-9]+")
KEY_AT_END = re.compile(r"/([^/]+)/([0-9a-f]{24}-[0-9]+)$")
NUMBER = re.compile(r"'?([0-9]{1,20})(?:[.,]0+)?")


def upgrade() -> None:
    """Maps the keys of orders, and what refers to them, then those of answers.

    1. `key_changes` takes the old and the new key of each order.
    2. Orders, lines, coupons, refunds and points take over the new keys.
    3. The same for answers, to whose keys nothing refers.
    """
    connection = op.get_bind()
    changes = op.create_table(
        "key_changes",
        sa.Column("source", sa.String(), primary_key=True),
        sa.Column("key_before", sa.String(), primary_key=True),
        sa.Column("key_after", sa.String(), nullable=False),
    )
    _store(connection, changes, _order_keys(connection))
    _rename(connection, "orders", "source", "external_id")
    for table in ("order_lines", "order_coupons", "refunds"):
        _rename(connection, table, "source", "order_key")
    _rename_points(connection, changes)
    connection.execute(sa.delete(changes))
    _store(connection, changes, _answer_keys(connection))
    _rename(connection, "answers", "source", "external_id")
    op.drop_table("key_changes")


def _order_keys(connection: sa.Connection) -> Iterator[dict[str, str]]:
    """Yields the changes of keys; equal orders keep their sequence."""
    columns = ("source", "external_id", "customer_key", "placed_at", "total")
    occurrences: Counter[bytes] = Counter()
    for row in _rows(connection, "orders", columns):
        digest = _digest(_customer(row.customer_key), _minute(row.placed_at), str(row.total))
        yield _change(row, digest, occurrences)


def _answer_keys(connection: sa.Connection) -> Iterator[dict[str, str]]:
    """Yields the changes of keys: of a customer's answers at one moment the first one's only."""
    columns = (
        "source", "external_id", "customer_key", "answered_at", "survey", "csat", "nps", "words",
    )  # fmt: skip
    occurrences: Counter[bytes] = Counter()
    for row in _rows(connection, "answers", columns):
        survey = (row.survey or "").casefold()
        digest = _digest(_customer(row.customer_key), _minute(row.answered_at), survey)
        if row.customer_key is None:
            scores = ("" if score is None else str(score) for score in (row.csat, row.nps))
            yield _change(
                row, _digest(digest.hex(), *scores, (row.words or "").casefold()), occurrences
            )
        elif not occurrences[row.source.encode() + digest]:
            yield _change(row, digest, occurrences)


def _rows(connection: sa.Connection, name: str, columns: tuple[str, ...]) -> Iterator[Any]:
    """Yields the rows with a key of the old form, in the sequence in which they arrived."""
    table = sa.table(name, sa.column("id"), *(sa.column(column) for column in columns))
    last_id = 0
    while rows := connection.execute(
        sa.select(table).where(table.c.id > last_id).order_by(table.c.id).limit(BATCH_SIZE)
    ).all():
        last_id = rows[-1].id
        yield from (row for row in rows if OLD_KEY.fullmatch(row.external_id))


def _change(row: Any, digest: bytes, occurrences: Counter[bytes]) -> dict[str, str]:
    of_source = row.source.encode() + digest
    occurrences[of_source] += 1
    return {
        "source": row.source,
        "key_before": row.external_id,
        "key_after": f"{digest.hex()}.{occurrences[of_source]}",
    }


def _store(connection: sa.Connection, changes: sa.Table, rows: Iterator[dict[str, str]]) -> None:
    batch: list[dict[str, str]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH_SIZE:
            connection.execute(sa.insert(changes), batch)
            batch = []
    if batch:
        connection.execute(sa.insert(changes), batch)


def _rename(connection: sa.Connection, table: str, source: str, key: str) -> None:
    of_row = f"key_changes.source = {table}.{source} AND key_before = {table}.{key}"
    connection.execute(
        sa.text(
            f"UPDATE {table} SET {key} = (SELECT key_after FROM key_changes WHERE {of_row}) "  # noqa: S608 - constants
            f"WHERE EXISTS (SELECT 1 FROM key_changes WHERE {of_row})"
        )
    )


def _rename_points(connection: sa.Connection, changes: sa.Table) -> None:
    """Maps the orders of entries, and the entries' own keys, which end with the order's key."""
    entries = sa.table("points_entries", sa.column("id"), sa.column("external_id"))
    last_id = 0
    while rows := connection.execute(
        sa.select(entries.c.id, entries.c.external_id)
        .where(entries.c.id > last_id, entries.c.external_id.like("%/%-%"))
        .order_by(entries.c.id)
        .limit(BATCH_SIZE)
    ).all():
        last_id = rows[-1].id
        _rename_entries(connection, entries, changes, rows)
    _rename(connection, "points_entries", "order_source", "order_key")


def _rename_entries(
    connection: sa.Connection, entries: sa.TableClause, changes: sa.Table, rows: Any
) -> None:
    ends = {row.id: match for row in rows if (match := KEY_AT_END.search(row.external_id))}
    old_keys = sorted({match[2] for match in ends.values()})
    if not old_keys:
        return
    renamed = {
        (source, before): after
        for source, before, after in connection.execute(
            sa.select(changes).where(changes.c.key_before.in_(old_keys))
        )
    }
    parameters = [
        {"row_id": row_id, "key": match.string[: match.start(2)] + renamed[match[1], match[2]]}
        for row_id, match in ends.items()
        if (match[1], match[2]) in renamed
    ]
    if parameters:
        connection.execute(
            sa.update(entries)
            .where(entries.c.id == sa.bindparam("row_id"))
            .values(external_id=sa.bindparam("key")),
            parameters,
        )


def _customer(key: str | None) -> str:
    if key and "@" in key:
        return (address_key(key) or "").casefold()
    match = NUMBER.fullmatch(key or "")
    return ((match[1].lstrip("0") or "0") if match else key or "").casefold()


def _minute(microseconds: int) -> str:
    return f"{EPOCH + timedelta(microseconds=microseconds):%Y-%m-%dT%H:%M}"


def _digest(*parts: str) -> bytes:
    text = "\x1f".join(parts)
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).digest()
