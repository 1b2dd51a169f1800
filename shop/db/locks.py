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

from settings.errors import OutOfReach
from shop.db.engine import writing
from shop.db.upsert import insert_into
from shop.db.workers import holding, is_gone
from shop.tables import Lock

LEASE = timedelta(minutes=15)
COUNTED = {"preserve_rowcount": True}


class Busy(OutOfReach):
    """Another process is at this very work."""


@contextmanager
def alone(engine: Engine, name: str) -> Iterator[None]:
    """Hold the lock, or raise `Busy` at once. It is kept for as long as the work takes."""
    with holding() as ours:
        with writing(engine) as connection:
            _take(connection, name, ours)
        done = Event()
        keeper = Thread(target=_keep, args=(engine, name, ours, done), daemon=True)
        keeper.start()
        try:
            yield
        finally:
            done.set()
            keeper.join()
            with writing(engine) as connection:
                connection.execute(delete(Lock).where(*_held(name, ours)))


def _keep(engine: Engine, name: str, ours: str, done: Event) -> None:
    """For those on other machines: we are still here."""
    while not done.wait(LEASE.total_seconds() / 3):
        with suppress(OutOfReach), writing(engine) as connection:
            longer = {"until": datetime.now(UTC) + LEASE}
            connection.execute(update(Lock).where(*_held(name, ours)).values(**longer))


def _held(name: str, ours: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(Lock.name) == name, col(Lock.holder) == ours


def _take(connection: Connection, name: str, ours: str) -> None:
    held = select(col(Lock.holder), col(Lock.until)).where(col(Lock.name) == name)
    found = connection.execute(held.with_for_update()).one_or_none()
    if found and is_gone(found.holder, found.until):
        connection.execute(delete(Lock).where(col(Lock.name) == name))
    taking = insert_into(Lock).on_conflict_do_nothing()
    row = {"name": name, "holder": ours, "until": datetime.now(UTC) + LEASE}
    if connection.execute(taking.values(row), execution_options=COUNTED).rowcount != 1:
        raise Busy(
            "Another process is at work on this shop. Nothing was done; run it again when that "
            "one has finished."
        )
