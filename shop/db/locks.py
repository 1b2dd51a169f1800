"""A lock in the database that is released when its process dies.

The lease of a dead process on this machine can be taken over at once; that of a process on
another machine when it has expired, by the machine's clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

from sqlalchemy import ColumnElement, Connection, Engine, delete, select, update
from sqlmodel import col

from settings.errors import UnavailableError
from shop.db.engine import write_transaction
from shop.db.upsert import insert_into
from shop.db.workers import LEASE_DURATION, is_reclaimable, register_lease_owner
from shop.tables import Lock

ROWCOUNT_OPTIONS = {"preserve_rowcount": True}


class LockHeldError(UnavailableError):
    """Another process holds the lock."""


@contextmanager
def hold_lock(engine: Engine, name: str, lease: timedelta = LEASE_DURATION) -> Iterator[None]:
    """Holds the lock called `name` for the `with` block; raises `LockHeldError` where it is taken.

    A thread renews the `lease` for as long as the block runs.
    """
    with register_lease_owner() as lease_owner:
        with write_transaction(engine) as connection:
            _acquire(connection, name, lease_owner, lease)
        released = Event()
        renewal_thread = Thread(
            target=_renew_lease, args=(engine, name, lease_owner, released, lease), daemon=True
        )
        renewal_thread.start()
        try:
            yield
        finally:
            released.set()
            renewal_thread.join()
            with write_transaction(engine) as connection:
                connection.execute(delete(Lock).where(*_owned_lock(name, lease_owner)))


def _renew_lease(
    engine: Engine, name: str, lease_owner: str, released: Event, lease: timedelta
) -> None:
    """For processes on other machines, which can only judge by the time."""
    while not released.wait(lease.total_seconds() / 3):
        with suppress(UnavailableError), write_transaction(engine) as connection:
            renewed = {"until": datetime.now(UTC) + lease}
            connection.execute(
                update(Lock).where(*_owned_lock(name, lease_owner)).values(**renewed)
            )


def _owned_lock(name: str, lease_owner: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(Lock.name) == name, col(Lock.holder) == lease_owner


def _acquire(connection: Connection, name: str, lease_owner: str, lease: timedelta) -> None:
    query = select(col(Lock.holder), col(Lock.until)).where(col(Lock.name) == name)
    holder = connection.execute(query.with_for_update()).one_or_none()
    if holder and is_reclaimable(holder.holder, holder.until):
        connection.execute(delete(Lock).where(col(Lock.name) == name))
    insert = insert_into(Lock).on_conflict_do_nothing()
    row = {"name": name, "holder": lease_owner, "until": datetime.now(UTC) + lease}
    if connection.execute(insert.values(row), execution_options=ROWCOUNT_OPTIONS).rowcount != 1:
        raise LockHeldError(
            "Another process is at work on this shop. Nothing was done; run it again when that "
            "one has finished."
        )
