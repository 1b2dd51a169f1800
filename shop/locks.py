"""One at a time: a lock in the database, which outlives nobody.

A dead holder on this machine is known at once; one on another machine is given until its
time is up, by the machine's clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

from sqlalchemy import ColumnElement, Connection, Engine, delete, select, update
from sqlmodel import col

from settings.trouble import OutOfReach
from shop.database import writing
from shop.tables import Lock
from shop.worker import is_dead, is_elsewhere, this_worker
from shop.writing import insert_into

LEASE = timedelta(minutes=15)
COUNTED = {"preserve_rowcount": True}


class Busy(OutOfReach):
    """Another process is at this very work."""


@contextmanager
def alone(engine: Engine, name: str) -> Iterator[None]:
    """Hold the lock, or raise `Busy` at once. It is kept for as long as the work takes."""
    with writing(engine) as connection:
        _take(connection, name, datetime.now(UTC))
    done = Event()
    keeper = Thread(target=_keep, args=(engine, name, done), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()
        with writing(engine) as connection:
            connection.execute(delete(Lock).where(*_ours(name)))


def _keep(engine: Engine, name: str, done: Event) -> None:
    """For those on other machines: we are still here."""
    while not done.wait(LEASE.total_seconds() / 3):
        with suppress(OutOfReach), writing(engine) as connection:
            longer = {"until": datetime.now(UTC) + LEASE}
            connection.execute(update(Lock).where(*_ours(name)).values(**longer))


def _ours(name: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(Lock.name) == name, col(Lock.holder) == this_worker()


def _take(connection: Connection, name: str, now: datetime) -> None:
    held = select(col(Lock.holder), col(Lock.until)).where(col(Lock.name) == name)
    found = connection.execute(held.with_for_update()).one_or_none()
    if found and _gone(found.holder, found.until, now):
        connection.execute(delete(Lock).where(col(Lock.name) == name))
    taking = insert_into(Lock, connection).on_conflict_do_nothing()
    ours = {"name": name, "holder": this_worker(), "until": now + LEASE}
    if connection.execute(taking.values(ours), execution_options=COUNTED).rowcount != 1:
        raise Busy(
            "Another process is at work on this shop. Nothing was done; run it again when that "
            "one has finished."
        )


def _gone(holder: str, until: datetime, now: datetime) -> bool:
    """Who lives on this machine keeps the lock, whatever the clock says."""
    return is_dead(holder) or (is_elsewhere(holder) and until <= now)
