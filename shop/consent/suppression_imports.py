"""Imports of addresses that must get nothing, each of which can be undone as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update
from sqlmodel import col

from shop.consent.suppressions import is_suppressed
from shop.db.upsert import table_of
from shop.tables import Suppression, SuppressionImport

UNDONE = "the import was undone"


@dataclass(frozen=True)
class UndoneImport:
    """An import that was undone, and how many addresses may get mail again."""

    number: int
    file_name: str
    imported_at: datetime
    addresses: int


def begin_import(connection: Connection, file_name: str, *, now: datetime) -> int:
    """Records an import; returns its number, which goes with each address that it suppresses."""
    values = {"file_name": file_name, "imported_at": now}
    statement = insert(table_of(SuppressionImport)).values(**values)
    return int(connection.execute(statement.returning(col(SuppressionImport.id))).scalar_one() or 0)


def undo_import(
    connection: Connection, number: int | None = None, *, now: datetime
) -> UndoneImport | None:
    """Lifts what the import `number` suppressed; without a number, what the latest one did.

    What was suppressed before it, or for another reason since, stays. Returns None where there is
    no such import that was not undone.
    """
    query = select(
        col(SuppressionImport.id),
        col(SuppressionImport.file_name),
        col(SuppressionImport.imported_at),
    ).where(col(SuppressionImport.undone_at).is_(None))
    if number is not None:
        query = query.where(col(SuppressionImport.id) == number)
    latest = connection.execute(query.order_by(col(SuppressionImport.id).desc()).limit(1)).first()
    if latest is None or latest.id is None:
        return None
    lifted = connection.execution_options(preserve_rowcount=True).execute(
        update(Suppression)
        .where(col(Suppression.import_id) == latest.id, is_suppressed())
        .values(lifted_at=now, lifted_because=UNDONE)
    )
    is_import = col(SuppressionImport.id) == latest.id
    connection.execute(update(SuppressionImport).where(is_import).values(undone_at=now))
    return UndoneImport(latest.id, latest.file_name, latest.imported_at, lifted.rowcount)
