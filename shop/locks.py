"""One at a time: a lock in the database, which outlives nobody.

A dead holder on this machine is known at once; one on another machine is given until its
time is up, by the machine's clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, delete, select
from sqlmodel import col

from settings.trouble import OutOfReach
from shop.database import writing
from shop.tables import Lock
from shop.worker import is_dead, this_worker
from shop.writing import insert_into

LEASE = timedelta(minutes=15)
COUNTED = {"preserve_rowcount": True}


class Busy(OutOfReach):
    """Another process is at this very work."""


@contextmanager
def alone(engine: Engine, name: str) -> Iterator[None]:
    """Hold the lock, or raise `Busy` at once."""
    with writing(engine) as connection:
        _take(connection, name, datetime.now(UTC))
    try:
        yield
    finally:
        with writing(engine) as connection:
            ours = (col(Lock.name) == name, col(Lock.holder) == this_worker())
            connection.execute(delete(Lock).where(*ours))


def _take(connection: Connection, name: str, now: datetime) -> None:
    held = select(col(Lock.holder), col(Lock.until)).where(col(Lock.name) == name)
    found = connection.execute(held.with_for_update()).one_or_none()
    if found and (is_dead(found.holder) or found.until <= now):
        connection.execute(delete(Lock).where(col(Lock.name) == name))
    taking = insert_into(Lock, connection).on_conflict_do_nothing()
    ours = {"name": name, "holder": this_worker(), "until": now + LEASE}
    if connection.execute(taking.values(ours), execution_options=COUNTED).rowcount != 1:
        raise Busy(
            "Another process is at work on this shop. Nothing was done; run it again when that "
            "one has finished."
        )
