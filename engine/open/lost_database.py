"""Recognises a shop whose database is gone: a new one would begin without its opt-outs.

A file in `.regulars` notes that the shop has had a database at this address. Where there is none
any more, nothing is created.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from engine.open.file_modes import STATE_FOLDER
from mail.senders.journal import JOURNAL_FOLDER
from settings.errors import DatabaseLostError
from shop.db.engine import RESTORE_REMEDY, schema_revision

NOTE = Path(STATE_FOLDER) / "database"


def refuse_lost_database(folder: Path, engine: Engine) -> None:
    """Raises `DatabaseLostError` where the shop in `folder` has had a database at the address of
    `engine` and there is none, or an empty one. Creates nothing.
    """
    since = _date_of_note(folder, engine)
    if since is None or not _is_empty(engine):
        return
    file = sqlite_file(engine)
    what = f"{file} {'is empty' if file.exists() else 'is missing'}" if file else "It is empty"
    raise DatabaseLostError(
        f"The database of this shop is gone. {what}, and there was one{since}. A new one would "
        f"know no opt-out and none of the mails that were sent. {RESTORE_REMEDY}. "
        f"To begin without the old data, delete {folder / STATE_FOLDER}."
    )


def note_database(folder: Path, engine: Engine, *, now: datetime) -> None:
    """Notes that the shop in `folder` has a database at the address of `engine` since `now`."""
    note = folder / NOTE
    key = _address_key(folder, engine)
    if key is None or _read(note).startswith(key):
        return
    with suppress(OSError):  # a folder that cannot be written to keeps no shop from working
        note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(note, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{key} {now.date().isoformat()}\n")


def sqlite_file(engine: Engine) -> Path | None:
    """Returns the file of a SQLite database; None for one in memory, and for PostgreSQL."""
    name = engine.url.database
    is_file = engine.dialect.name == "sqlite" and name not in (None, "", ":memory:")
    return Path(str(name)) if is_file else None


def _date_of_note(folder: Path, engine: Engine) -> str | None:
    """Since when there is a database, in a sentence; None where none is known.

    Versions that wrote no note left journals, if they sent through a mail service.
    """
    key, note = _address_key(folder, engine), _read(folder / NOTE)
    if key and note.startswith(key):
        return f" since {note.removeprefix(key).strip()}"
    return "" if key and not note and (folder / JOURNAL_FOLDER).exists() else None


def _is_empty(engine: Engine) -> bool:
    """Connecting to SQLite would create a missing file."""
    file = sqlite_file(engine)
    if file and (not file.exists() or file.stat().st_size == 0):
        return True
    return schema_revision(engine) is None


def _address_key(folder: Path, engine: Engine) -> str | None:
    """A digest of where the database is; the path is relative, so that the folder can be moved."""
    file = sqlite_file(engine)
    if file is None and engine.dialect.name == "sqlite":
        return None
    address = os.path.relpath(file, folder) if file else engine.url.render_as_string()
    return hashlib.sha256(address.encode()).hexdigest()[:16]


def _read(note: Path) -> str:
    try:
        return note.read_text()
    except OSError:
        return ""
