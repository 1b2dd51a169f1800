"""A lock in the database that is released when its process dies.

The lease of a dead process on this machine can be taken over at once; that of a process on
another machine when it has expired, by the machine's clock. Such a process may have been suspended
and go on: what it writes under its lock, it writes with `locked_transaction`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from threading import Event, Thread
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Engine,
    Select,
    Update,
    bindparam,
    delete,
    select,
    update,
)
from sqlmodel import col

from settings.errors import UnavailableError
from shop.db.cached_insert import Insert
from shop.db.engine import write_transaction
from shop.db.upsert import insert_into
from shop.db.workers import LEASE_DURATION, is_reclaimable, register_lease_owner
from shop.tables import Lock

ROWCOUNT_OPTIONS = {"preserve_rowcount": True}
HELD_LOCKS: dict[tuple[str, str], str] = {}  # of this process: lease owner by database and name


class LockHeldError(UnavailableError):
    """Another process holds the lock."""


class LockLostError(UnavailableError):
    """Another process has taken the lock, after its lease had expired."""


@contextmanager
def hold_lock(engine: Engine, name: str, lease: timedelta = LEASE_DURATION) -> Iterator[None]:
    """Holds the lock called `name` for the `with` block; raises `LockHeldError` where it is taken.

    A thread renews the `lease` for as long as the block runs.
    """
    with register_lease_owner() as lease_owner:
        with write_transaction(engine) as connection:
            _acquire(connection, name, lease_owner, lease)
        HELD_LOCKS[_key(engine, name)] = lease_owner
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
            HELD_LOCKS.pop(_key(engine, name), None)
            with write_transaction(engine) as connection:
                connection.execute(_release_query(), {"lock": name, "owner": lease_owner})


@contextmanager
def locked_transaction(engine: Engine, name: str) -> Iterator[Connection]:
    """A write transaction under the lock `name`; rolled back with LockLostError where this process
    has lost it.

    The lease owner is the fencing token: each time that the lock is taken it is another one. It is
    compared last, so that nothing comes between it and the commit: the row stays locked until then.
    Without a lock of this process nothing is compared.
    """
    with write_transaction(engine) as connection:
        yield connection
        check_lock(connection, name)


def check_lock(connection: Connection, name: str) -> None:
    """Raises LockLostError if this process has lost the lock `name`; locks its row."""
    lease_owner = HELD_LOCKS.get(_key(connection.engine, name))
    if lease_owner is None:
        return
    holder = connection.execute(_lock_query(), {"lock": name}).one_or_none()
    if holder is None or holder.holder != lease_owner:
        raise LockLostError(
            "This process stood still for longer than its lease, and another one went on with its "
            "work. Nothing is lost; run it again."
        )


def _key(engine: Engine, name: str) -> tuple[str, str]:
    """The same for all engines of one database; one in memory is its engine's own."""
    is_in_memory = engine.url.database in (None, "", ":memory:")
    return (str(id(engine)) if is_in_memory else engine.url.render_as_string(), name)


def _renew_lease(
    engine: Engine, name: str, lease_owner: str, released: Event, lease: timedelta
) -> None:
    """For processes on other machines, which can only judge by the time."""
    while not released.wait(lease.total_seconds() / 3):
        with suppress(UnavailableError), write_transaction(engine) as connection:
            renewed = {"lock": name, "owner": lease_owner, "renewed": datetime.now(UTC) + lease}
            connection.execute(_renew_query(), renewed)


@cache
def _lock_query() -> Select[Any]:
    query = select(col(Lock.holder), col(Lock.until)).where(col(Lock.name) == bindparam("lock"))
    return query.with_for_update()


@cache
def _insert_query() -> Insert:
    return insert_into(Lock).on_conflict_do_nothing()


@cache
def _renew_query() -> Update:
    return update(Lock).where(*_owned_lock()).values(until=bindparam("renewed"))


@cache
def _release_query() -> Delete:
    return delete(Lock).where(*_owned_lock())


def _owned_lock() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(Lock.name) == bindparam("lock"), col(Lock.holder) == bindparam("owner")


def _acquire(connection: Connection, name: str, lease_owner: str, lease: timedelta) -> None:
    holder = connection.execute(_lock_query(), {"lock": name}).one_or_none()
    if holder and is_reclaimable(holder.holder, holder.until):
        connection.execute(delete(Lock).where(col(Lock.name) == name))
    row = {"name": name, "holder": lease_owner, "until": datetime.now(UTC) + lease}
    inserted = connection.execute(_insert_query(), row, execution_options=ROWCOUNT_OPTIONS)
    if inserted.rowcount != 1:
        raise LockHeldError(
            "Another process is at work on this shop. Nothing was done; run it again when that "
            "one has finished."
        )
