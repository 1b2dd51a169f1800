"""File modes: only the user who runs the shop may read what it writes."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine

FOR_OTHERS = 0o077  # the mode bits of group and others
DATABASE_SUFFIXES = ("", "-wal", "-shm", "-journal")
STATE_FOLDER, BACKUP_FOLDER = ".regulars", "backups"


def tighten_modes(folder: Path, engine: Engine, outbox: str) -> None:
    """Takes the rights of group and others from what earlier versions wrote for a shop.

    These are the database with its copies, and the folders of its state, its `outbox` and its
    backups; below a folder that is private already nothing is looked at. Files of another user stay
    as they are.
    """
    if os.name != "posix":
        return
    for path in [*_database_files(engine), *_written_folders(folder, outbox)]:
        _tighten(path)


def _database_files(engine: Engine) -> Iterator[Path]:
    name = engine.url.database
    if engine.dialect.name == "sqlite" and name and name != ":memory:":
        file = Path(name)
        yield from (file.with_name(f"{file.name}{suffix}") for suffix in DATABASE_SUFFIXES)
        yield from file.parent.glob(f"{glob.escape(file.stem)}-at-*.db")  # made before upgrades


def _written_folders(folder: Path, outbox: str) -> Iterator[Path]:
    for name in (STATE_FOLDER, outbox, BACKUP_FOLDER):
        yield folder / name


def _tighten(path: Path) -> None:
    with suppress(OSError):  # it does not exist, or belongs to another user
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode) or not mode & FOR_OTHERS:
            return
        path.chmod(stat.S_IMODE(mode) & ~FOR_OTHERS)
        if stat.S_ISDIR(mode):
            for below in path.iterdir():
                _tighten(below)
