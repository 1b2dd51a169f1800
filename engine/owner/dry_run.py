"""The dry run of a shop's first day: real ticks on a copy of the database that is deleted
afterwards.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, delete, event
from sqlalchemy.exc import SAWarning

from engine.open.open_shop import OpenShop
from engine.run import run_tick
from engine.tick.counts import Counts
from engine.tick.tick_report import count_since
from engine.tick_context import context_of_last_tick
from mail.senders.outbox.sender import OutboxSender
from shop.db.engine import HEAD, open_database, read_transaction, write_transaction
from shop.db.snapshot import copy_sqlite, dump_tables, load_tables
from shop.tables import Lock, SyncState

COPY = "copy.db"
A_DAY = timedelta(hours=24)
BETWEEN_LOOKS = timedelta(hours=1)


def first_day(
    shop: OpenShop, *, now: datetime, lasts: timedelta = A_DAY, every: timedelta = BETWEEN_LOOKS
) -> dict[str, Counts]:
    """Returns the counts by rule of ticks from `now` on, `every` hour for as long as `lasts`.

    Each enrolment counts with its last outcome; a mail that would be sent counts as rehearsed. The
    shop's database, outbox and journals stay unchanged, and nothing is sent.
    """
    with _copied(shop) as scratch:
        with read_transaction(scratch.engine) as connection:
            last_tick = context_of_last_tick(connection, now).tick
        at = now
        while at <= now + lasts:
            run_tick(scratch, now=at)
            at += every
        with read_transaction(scratch.engine) as connection:
            return count_since(connection, scratch.config, last_tick + 1)


@contextmanager
def _copied(shop: OpenShop) -> Iterator[OpenShop]:
    """The shop in a temporary folder, with the outbox as its only sender."""
    with tempfile.TemporaryDirectory(prefix="regulars-first-day-") as name:
        folder = Path(name)
        engine = _copy_of(shop.engine, folder)
        with write_transaction(engine) as connection:
            connection.execute(delete(Lock))  # the lock of a tick that runs in the shop itself
            # Without them no data are too old: in the coming hours the sources are read again.
            connection.execute(delete(SyncState))
        sending = shop.config.sending.model_copy(update={"through": "outbox", "only_to": ()})
        outbox = OutboxSender(folder / "outbox")
        try:
            yield replace(
                shop,
                path=folder / shop.path.name,
                config=shop.config.model_copy(update={"sending": sending}),
                engine=engine,
                sender=outbox,
                rehearsal=outbox,
            )
        finally:
            engine.dispose()


def _copy_of(engine: Engine, folder: Path) -> Engine:
    """Returns an SQLite copy of any database: both run the same statements."""
    if engine.dialect.name == "sqlite":
        copy_sqlite(engine, folder / COPY)
        return _open(folder)
    files = [(file.stem, file) for file in dump_tables(engine, folder)]
    copy = _open(folder)
    with warnings.catch_warnings(), write_transaction(copy) as connection:
        # Reflection skips an index over an expression; it holds no rows.
        warnings.simplefilter("ignore", SAWarning)
        load_tables(connection, files, HEAD)
    return copy


def _open(folder: Path) -> Engine:
    engine = open_database(f"sqlite:///{COPY}", base_folder=folder)
    # A temporary copy need not survive a power cut.
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
    return engine
