"""Imports of addresses that must get nothing, each of which can be undone as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, case, func, insert, select, update
from sqlmodel import col

from shop.consent.imports.lists import is_on_imported_list, listings
from shop.consent.suppressions import (
    UNDONE,
    SuppressionReason,
    is_suppressed,
    suppress_addresses,
)
from shop.db.upsert import insert_missing, table_of
from shop.tables import ImportedSuppression, Suppression, SuppressionImport

BY_HAND, COMPLAINT = SuppressionReason.BY_HAND.value, SuppressionReason.COMPLAINT.value


@dataclass(frozen=True)
class UndoneImport:
    """An import that was undone, and how many addresses may get mail again."""

    number: int
    file_name: str
    imported_at: datetime
    addresses: int


def import_addresses(
    connection: Connection,
    file_name: str,
    reasons: Mapping[str, SuppressionReason],
    detail: str,
    *,
    now: datetime,
) -> int:
    """Suppresses the folded addresses of `reasons`; returns the number that undoes the import."""
    new_import = insert(table_of(SuppressionImport)).values(file_name=file_name, imported_at=now)
    returning = new_import.returning(col(SuppressionImport.id))
    number = int(connection.execute(returning).scalar_one() or 0)
    for reason in SuppressionReason:
        addresses = [address for address in reasons if reasons[address] is reason]
        suppress_addresses(connection, addresses, reason, detail, now=now, import_id=number)
    rows = [
        {"import_id": number, "address": address, "reason": reason.value}
        for address, reason in reasons.items()
    ]
    insert_missing(connection, ImportedSuppression, rows)
    return number


def undo_import(
    connection: Connection, number: int | None = None, *, now: datetime
) -> UndoneImport | None:
    """Lifts what only the import `number` suppresses; without a number, the latest one.

    1. What was suppressed before it, or for another reason since, stays.
    2. So does what another import lists that was not undone, for the reason that it gives.

    Returns None where there is no such import that was not undone.
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
    is_import = col(SuppressionImport.id) == latest.id
    connection.execute(update(SuppressionImport).where(is_import).values(undone_at=now))
    lifted = _lift_or_leave_to_others(connection, latest.id, now)
    return UndoneImport(latest.id, latest.file_name, latest.imported_at, lifted)


def _lift_or_leave_to_others(connection: Connection, undone_id: int, now: datetime) -> int:
    """Returns how many addresses were lifted."""
    of_undone = select(col(ImportedSuppression.address)).where(
        col(ImportedSuppression.import_id) == undone_id
    )
    is_only_imported = and_(
        col(Suppression.address).in_(of_undone),
        col(Suppression.import_id).is_not(None),
        is_suppressed(),
    )
    others = listings(func.min(col(ImportedSuppression.import_id))).scalar_subquery()
    is_complaint = col(ImportedSuppression.reason) == COMPLAINT
    complaints = listings(col(ImportedSuppression.import_id)).where(is_complaint)
    left_to_others = {
        "import_id": others,
        "reason": case((complaints.exists(), COMPLAINT), else_=BY_HAND),
    }
    connection.execute(
        update(Suppression).where(is_only_imported, is_on_imported_list()).values(left_to_others)
    )
    lifted = connection.execution_options(preserve_rowcount=True).execute(
        update(Suppression)
        .where(is_only_imported, ~is_on_imported_list())
        .values(lifted_at=now, lifted_because=UNDONE)
    )
    return lifted.rowcount
