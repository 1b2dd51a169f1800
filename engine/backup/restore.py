"""A shop made again from a backup, in an empty folder; it mails nobody until its owner says so."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlmodel import SQLModel

from engine.backup.extract import unpack
from engine.backup.manifest import CONFIG, SQLITE, Manifest, NoBackup
from engine.backup.suppression_list import NAME as NO_MAIL
from engine.config.owner_config import OWN_TEMPLATES
from engine.open.detect_copy import hold
from engine.open.secret_names import as_written, database_of
from settings import environment
from settings.env_values import is_name
from settings.errors import OutOfReach, WrongUse
from shop.db.engine import open_database, refuse_newer, writing
from shop.db.migrations import run_steps
from shop.db.snapshot import is_empty, load, revision_of


@dataclass(frozen=True)
class Restored:
    folder: Path
    made_at: datetime
    missing: tuple[str, ...]  # names of secrets
    elsewhere: str | None = None  # the file names another place for the data than the folder


def restore(file: Path, into: Path, environ: Mapping[str, str], *, now: datetime) -> Restored:
    """All of it, or nothing: a backup that is not whole leaves no trace."""
    _look_at(file, into)
    known = environment.load(into, environ) if into.is_dir() else dict(environ)
    with _aside(into) as aside:
        manifest = unpack(file, aside)
        refuse_newer(manifest.revision)
        place = Path(SQLITE)
        elsewhere = None
        if manifest.database == "sqlite":
            place, elsewhere = _place(database_of(as_written(aside / CONFIG)))
            _wake_nobody(aside / SQLITE, manifest, now)
        else:
            _load(aside, manifest, known, now)
        _move(aside, into, place)
    missing = tuple(name for name in manifest.secrets if not known.get(name))
    return Restored(into, manifest.made_at, missing, elsewhere)


def _look_at(file: Path, into: Path) -> None:
    if not file.is_file():
        raise WrongUse(f"There is no file {file}.")
    if into.exists() and not into.is_dir():
        raise WrongUse(f"{into} is no folder.")
    allowed = {".env", NO_MAIL, file.name}
    there = [one.name for one in into.iterdir() if one.name not in allowed] if into.exists() else []
    if there:
        raise WrongUse(
            f"{into} is not empty: there is {there[0]}. Restore into an empty folder: "
            f"regulars restore {file} --into another-folder"
        )


@contextmanager
def _aside(into: Path) -> Iterator[Path]:
    """On the disk it is to be on; a folder that we made goes again where nothing came of it."""
    was_there = into.exists()
    try:
        into.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".regulars-restore-", dir=into))
    except OSError as refusal:
        raise OutOfReach(f"{into} cannot be written to: {refusal.strerror}.") from refusal
    try:
        yield aside
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        if not was_there:
            shutil.rmtree(into, ignore_errors=True)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _place(address: str) -> tuple[Path, str | None]:
    """Where in the folder the data go. What a backup names outside it is told, never written."""
    try:
        url = make_url(address)
        named = Path(url.database or SQLITE)
    except ArgumentError:
        return Path(SQLITE), address
    safe = not named.is_absolute() and ".." not in named.parts and url.drivername == "sqlite"
    clash = named.parts[0] in {CONFIG, OWN_TEMPLATES, ".env", NO_MAIL} if named.parts else True
    return (Path(SQLITE), address) if not safe or clash else (named, None)


def _wake_nobody(file: Path, manifest: Manifest, now: datetime) -> None:
    """Brought up to date, and all its mail held, before anybody can open it."""
    _is_ours(file, manifest)
    engine = open_database(f"sqlite:///{SQLITE}", beside=file.parent)
    try:
        with writing(engine) as connection:
            run_steps(connection)
            if set(SQLModel.metadata.tables) - set(inspect(connection).get_table_names()):
                raise _not_ours()
            _hold(connection, manifest, now)
    except SQLAlchemyError as error:
        raise _not_ours() from error
    finally:
        engine.dispose()


def _is_ours(file: Path, manifest: Manifest) -> None:
    """A database can carry programs of its own, as triggers and views; ours has none."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as opened:
            opened.execute("PRAGMA trusted_schema = OFF")
            programs = "SELECT count(*) FROM sqlite_master WHERE type IN ('trigger', 'view')"
            sound = opened.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
            ours = opened.execute(programs).fetchone()[0] == 0
    except sqlite3.Error:
        sound = ours = False
    if not (sound and ours and revision_of(file) == manifest.revision):
        raise _not_ours()


def _not_ours() -> NoBackup:
    return NoBackup("The data in this backup are damaged, or no data of Regulars.")


def _load(aside: Path, manifest: Manifest, known: Mapping[str, str], now: datetime) -> None:
    """PostgreSQL: into the empty database that the owner's file names."""
    written = database_of(as_written(aside / CONFIG))
    address = known.get(written[1:], "") if is_name(written) else written
    if not address:
        raise WrongUse(
            f"This shop's data were in PostgreSQL, at {written}. Say where an empty database is: "
            f"write {written[1:]}=… into .env in the folder, and restore again."
        )
    engine = open_database(address, beside=aside)
    files = [(Path(name).stem, aside / name) for name in manifest.tables]
    try:
        with writing(engine) as connection:
            if not is_empty(connection):
                raise WrongUse("The database that the owner's file names is not empty.")
            load(connection, files, manifest.revision)
            _hold(connection, manifest, now)
    except (SQLAlchemyError, ValueError, KeyError, StopIteration) as error:
        raise _not_ours() from error
    finally:
        engine.dispose()


def _hold(connection: Connection, manifest: Manifest, now: datetime) -> None:
    made_at = f"{manifest.made_at.astimezone(UTC):%d %B %Y, %H:%M} UTC"
    hold(connection, f"a shop restored from the backup of {made_at}", now=now)


def _move(aside: Path, into: Path, place: Path) -> None:
    """The owner's file last: without it nobody opens a shop of which only a half is there."""
    (into / place).parent.mkdir(parents=True, exist_ok=True)
    for name, to in ((SQLITE, place), (OWN_TEMPLATES, OWN_TEMPLATES), (CONFIG, CONFIG)):
        if (aside / name).exists():
            (aside / name).replace(into / to)
