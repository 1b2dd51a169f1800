"""Compares the identities of a source with a complete list of what it has now.

A yes counts only while its record exists (`shop.consent.basis`). Many missing records at once may
mean that the list is not complete; a second list or the owner has to confirm them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, or_, select, update
from sqlmodel import col

from shop.consent.basis import recompute_basis
from shop.db import changed_customers
from shop.db.upsert import IN_VALUES
from shop.identity.absence import CONFIRMED, Absence
from shop.identity.customers import lock_identity_writes
from shop.tables import Identity, ListedRecord
from shop.types.moment import microseconds

CONFIRMED_AFTER = timedelta(hours=20)  # a list of the next day counts as a second one
FEW = 5  # so many missing records are believed, whatever their share
MASS_SHARE = 0.2
BATCH_SIZE = 500


@dataclass(frozen=True)
class AbsenceCounts:
    """Identities of a source: newly `gone`, back again, and missing but `unconfirmed`."""

    gone: int = 0
    returned: int = 0
    unconfirmed: int = 0


@dataclass(frozen=True)
class CompleteList:
    """A complete list of what `source` has at `now`: `size` records.

    `is_listed` is the SQL condition that an identity is among them. `in_scope` leaves out
    identities that such a list never has.
    """

    source: str
    size: int
    is_listed: ColumnElement[bool]
    in_scope: ColumnElement[bool]
    is_file: bool
    now: datetime


@dataclass(frozen=True)
class MissingDecision:
    """Which of the missing identities are believed to be gone."""

    believe_repeated: bool
    believe_new: bool


def decide_missing(
    *, listed: int, expected: int, repeated: int, new: int, is_file: bool
) -> MissingDecision:
    """Decide about the `expected` identities that a complete list of `listed` records lacks.

    1. An empty list proves nothing: a file's never, a platform's only for a few.
    2. The `repeated` ones, missing a day ago too, are gone.
    3. The `new` ones are gone if they are a few, or a small share.
    """
    if listed == 0 and (is_file or repeated + new > FEW):
        return MissingDecision(believe_repeated=False, believe_new=False)
    is_mass = new > max(FEW, MASS_SHARE * expected)
    return MissingDecision(believe_repeated=True, believe_new=not is_mass)


def compare_with_list(connection: Connection, complete: CompleteList) -> AbsenceCounts:
    """Store which identities of the source are absent from `complete`, and which are back.

    The basis of the customers concerned is recomputed, and they are marked as changed.
    """
    lock_identity_writes(connection)
    absence, now = col(Identity.absence), complete.now
    scope = and_(col(Identity.source) == complete.source, complete.in_scope)
    is_marked = absence.in_([Absence.UNCONFIRMED.value, Absence.GONE.value])
    returned = _set_absence(connection, and_(scope, complete.is_listed, is_marked), None, now)
    is_unconfirmed = absence == Absence.UNCONFIRMED.value
    was_missing_before = and_(is_unconfirmed, col(Identity.absent_since) <= now - CONFIRMED_AFTER)
    is_missing = and_(scope, ~complete.is_listed, or_(absence.is_(None), is_unconfirmed))
    repeated = and_(is_missing, was_missing_before)
    new = and_(is_missing, or_(absence.is_(None), ~was_missing_before))
    decision = decide_missing(
        listed=complete.size,
        expected=_count(connection, and_(scope, or_(absence.is_(None), is_unconfirmed))),
        repeated=_count(connection, repeated),
        new=_count(connection, new),
        is_file=complete.is_file,
    )
    gone = 0
    if decision.believe_repeated:
        gone += _set_absence(connection, repeated, Absence.GONE, now)
    if decision.believe_new:
        gone += _set_absence(connection, new, Absence.GONE, now)
    _mark_unconfirmed(connection, and_(is_missing, absence.is_(None)), now)
    return AbsenceCounts(gone, returned, count_unconfirmed(connection, complete.source))


def file_list(source: str, size: int, read_at: datetime) -> CompleteList:
    """Return the list that a file is: a reading at `read_at` has touched each of its customers."""
    in_file = col(Identity.version) >= microseconds(read_at)
    return CompleteList(source, size, in_file, col(Identity.id).is_not(None), True, read_at)


def platform_list(
    source: str, size: int, newest_id: int, other_keys: str | None, now: datetime
) -> CompleteList:
    """Return the list that was collected in `listed_records`.

    Identities above `newest_id` arrived after it was begun; keys that begin with `other_keys` are
    never listed.
    """
    record = select(col(ListedRecord.external_id)).where(
        col(ListedRecord.source) == col(Identity.source),
        col(ListedRecord.external_id) == col(Identity.external_id),
    )
    in_scope = col(Identity.id) <= newest_id
    if other_keys:
        in_scope = and_(in_scope, ~col(Identity.external_id).startswith(other_keys))
    return CompleteList(source, size, record.exists(), in_scope, False, now)


def count_unconfirmed(connection: Connection, source: str) -> int:
    """Return how many identities of `source` are missing but not believed to be gone."""
    return _count(connection, _is_unconfirmed(source))


def confirm_missing(connection: Connection, source: str, now: datetime) -> int:
    """The owner says that the missing ones are gone. Return how many."""
    lock_identity_writes(connection)
    return _set_absence(connection, _is_unconfirmed(source), Absence.GONE, now)


def mark_source_removed(connection: Connection, source: str, now: datetime) -> int:
    """`source` has left config.yaml: none of its records counts. Return how many."""
    lock_identity_writes(connection)
    counts = col(Identity.absence).is_(None) | col(Identity.absence).not_in(CONFIRMED)
    return _set_absence(
        connection, and_(col(Identity.source) == source, counts), Absence.SOURCE_REMOVED, now
    )


def mark_source_restored(connection: Connection, source: str, now: datetime) -> int:
    """`source` is in config.yaml again: its records count as before. Return how many."""
    lock_identity_writes(connection)
    is_marked = col(Identity.absence) == Absence.SOURCE_REMOVED.value
    return _set_absence(connection, and_(col(Identity.source) == source, is_marked), None, now)


def restore_listed(connection: Connection, source: str, keys: Sequence[str]) -> set[int]:
    """Records that were read just now are there again. Return the customers concerned."""
    rows = connection.execute(_absent_query(), {"row_source": source, "values": list(keys)})
    customer_of = {row[0]: row[1] for row in rows}
    if customer_of:
        connection.execute(_update_absence(list(customer_of), None, None))
    return {customer for customer in customer_of.values() if customer is not None}


@cache
def _absent_query() -> Select[Any]:
    return select(col(Identity.id), col(Identity.customer_id)).where(
        col(Identity.source) == bindparam("row_source"),
        col(Identity.external_id).in_(IN_VALUES),
        col(Identity.absence).is_not(None),
    )


def _is_unconfirmed(source: str) -> ColumnElement[bool]:
    is_unconfirmed = col(Identity.absence) == Absence.UNCONFIRMED.value
    return and_(col(Identity.source) == source, is_unconfirmed)


def _count(connection: Connection, condition: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(Identity).where(condition)
    return connection.scalar(query) or 0


def _set_absence(
    connection: Connection, condition: ColumnElement[bool], absence: Absence | None, now: datetime
) -> int:
    """In batches; an identity must no longer meet `condition` afterwards. Return how many."""
    since = None if absence is None else now
    batch = select(col(Identity.id), col(Identity.customer_id)).where(condition).limit(BATCH_SIZE)
    changed = 0
    while rows := connection.execute(batch).all():
        connection.execute(_update_absence([row[0] for row in rows], absence, since))
        customers = sorted({row[1] for row in rows if row[1] is not None})
        recompute_basis(connection, customers)
        changed_customers.mark_changed(connection, customers)
        changed += len(rows)
    return changed


def _update_absence(ids: Sequence[int], absence: Absence | None, since: datetime | None) -> Any:
    values = {"absence": absence.value if absence else None, "absent_since": since}
    return update(Identity).where(col(Identity.id).in_(ids)).values(values)


def _mark_unconfirmed(
    connection: Connection, condition: ColumnElement[bool], now: datetime
) -> None:
    """They still count: nothing but the mark changes."""
    marks = {"absence": Absence.UNCONFIRMED.value, "absent_since": now}
    connection.execute(update(Identity).where(condition).values(marks))
