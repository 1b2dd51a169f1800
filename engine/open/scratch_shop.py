"""A copy of a shop in a temporary folder, on which real ticks run without any effect."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine, delete, event
from sqlalchemy.exc import SAWarning

from engine.open.open_shop import OpenShop
from mail.senders.outbox.sender import OutboxSender
from shop.db.engine import HEAD, open_database, write_transaction
from shop.db.snapshot import copy_sqlite, dump_tables, load_tables
from shop.tables import Lock

COPY = "copy.db"
PREFIX = "regulars-scratch-"
MAX_AGE = 24 * 60 * 60  # seconds; no copy is needed for longer


@contextmanager
def open_scratch_shop(shop: OpenShop, *, foreign_keys: bool = True) -> Iterator[OpenShop]:
    """Opens a copy of `shop` on SQLite, with an outbox as its only sender; deletes it afterwards.

    The links in its mails are signed with a secret of their own: they work for nobody. Without
    `foreign_keys`, rows may be taken out of the copy while others still name them.
    """
    _remove_abandoned()
    with _terminated_by_exception(), tempfile.TemporaryDirectory(prefix=PREFIX) as name:
        folder = Path(name)
        engine = _copy_database(shop.engine, folder, foreign_keys=foreign_keys)
        with write_transaction(engine) as connection:
            connection.execute(delete(Lock))  # the lock of a tick that runs in the shop itself
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
                secret=secrets.token_urlsafe(32),
            )
        finally:
            engine.dispose()


def _remove_abandoned() -> None:
    """Removes the copies of processes that were killed: they hold personal data."""
    oldest = time.time() - MAX_AGE
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            status = folder.lstat()
            if status.st_uid == os.getuid() and status.st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _terminated_by_exception() -> Iterator[None]:
    """SIGTERM, which would end the process at once, ends it after the copy is deleted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    previous = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        if previous is not None:  # it was not set by Python
            signal.signal(signal.SIGTERM, previous)


def _copy_database(engine: Engine, folder: Path, *, foreign_keys: bool) -> Engine:
    """Returns an SQLite copy of any database: both run the same statements."""
    if engine.dialect.name == "sqlite":
        copy_sqlite(engine, folder / COPY)
        return _open(folder, foreign_keys=foreign_keys)
    files = [(file.stem, file) for file in dump_tables(engine, folder)]
    copy = _open(folder, foreign_keys=foreign_keys)
    with warnings.catch_warnings(), write_transaction(copy) as connection:
        # Reflection skips an index over an expression; it holds no rows.
        warnings.simplefilter("ignore", SAWarning)
        load_tables(connection, files, HEAD)
    return copy


def _open(folder: Path, *, foreign_keys: bool) -> Engine:
    engine = open_database(f"sqlite:///{COPY}", base_folder=folder)
    # A temporary copy need not survive a power cut.
    pragmas = ["synchronous=OFF"] + ([] if foreign_keys else ["foreign_keys=OFF"])

    @event.listens_for(engine, "connect")
    def _connect(raw: object, _record: object) -> None:
        for pragma in pragmas:
            raw.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]  # the driver's connection

    return engine
