"""Restores a shop from a backup into an empty folder, with all mail held."""

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

from engine.backup.extract import unpack_backup
from engine.backup.manifest import CONFIG, PICTURES, SQLITE, InvalidBackupError, Manifest
from engine.backup.suppression_list import FILE_NAME as NO_MAIL
from engine.config.owner_config import TEMPLATES_FOLDER
from engine.open.detect_copy import hold_copy
from engine.open.secret_names import database_url, read_raw_config
from settings import environment
from settings.env_values import is_env_reference
from settings.errors import UnavailableError, WrongUsageError
from shop.db.engine import open_database, schema_transaction
from shop.db.migrations import run_steps
from shop.db.snapshot import file_revision, is_empty_database, load_tables
from shop.db.upgrade import refuse_newer_schema
from templates.language import ENGLISH


@dataclass(frozen=True)
class RestoreResult:
    """The restored folder and what the owner still has to provide."""

    folder: Path
    made_at: datetime
    missing: tuple[str, ...]  # names of secrets
    outside_database: str | None = None  # configured path outside the folder


def restore_backup(
    file: Path, into: Path, environ: Mapping[str, str], *, now: datetime
) -> RestoreResult:
    """Restore the backup `file` into the folder `into`, completely or not at all.

    `environ` provides secrets, such as the address of an empty PostgreSQL database. All mail is
    held until the copy is activated. Raises `InvalidBackupError`, `WrongUsageError` where `into` is
    not empty, and `UnavailableError` on I/O errors.
    """
    _check_target(file, into)
    secrets = environment.load_environment(into, environ) if into.is_dir() else dict(environ)
    with _temp_folder(into) as temp:
        manifest = unpack_backup(file, temp)
        refuse_newer_schema(manifest.revision)
        database_path = Path(SQLITE)
        outside_database = None
        if manifest.database == "sqlite":
            database_path, outside_database = _database_path(
                database_url(read_raw_config(temp / CONFIG))
            )
            _hold_sqlite(temp / SQLITE, manifest, now)
        else:
            _load_postgresql(temp, manifest, secrets, now)
        _move_into_place(temp, into, database_path)
    missing = tuple(name for name in manifest.secrets if not secrets.get(name))
    return RestoreResult(into, manifest.made_at, missing, outside_database)


def _check_target(file: Path, into: Path) -> None:
    if not file.is_file():
        raise WrongUsageError(f"There is no file {file}.")
    if into.exists() and not into.is_dir():
        raise WrongUsageError(f"{into} is no folder.")
    allowed = {".env", NO_MAIL, file.name}
    existing = (
        [path.name for path in into.iterdir() if path.name not in allowed] if into.exists() else []
    )
    if existing:
        raise WrongUsageError(
            f"{into} is not empty: there is {existing[0]}. Restore into an empty folder: "
            f"regulars restore {file} --into another-folder"
        )


@contextmanager
def _temp_folder(into: Path) -> Iterator[Path]:
    """On the target filesystem; a folder created here is removed again on failure."""
    existed = into.exists()
    try:
        into.mkdir(parents=True, exist_ok=True)
        temp = Path(tempfile.mkdtemp(prefix=".regulars-restore-", dir=into))
    except OSError as refusal:
        raise UnavailableError(f"{into} cannot be written to: {refusal.strerror}.") from refusal
    try:
        yield temp
    except BaseException:
        shutil.rmtree(temp, ignore_errors=True)
        if not existed:
            shutil.rmtree(into, ignore_errors=True)
        raise
    shutil.rmtree(temp, ignore_errors=True)


def _database_path(address: str) -> tuple[Path, str | None]:
    """Where the SQLite file goes. A configured path outside the folder is reported and not used."""
    try:
        url = make_url(address)
        path = Path(url.database or SQLITE)
    except ArgumentError:
        return Path(SQLITE), address
    is_inside = not path.is_absolute() and ".." not in path.parts and url.drivername == "sqlite"
    conflicts = path.parts[0] in {CONFIG, TEMPLATES_FOLDER, ".env", NO_MAIL} if path.parts else True
    return (Path(SQLITE), address) if not is_inside or conflicts else (path, None)


def _hold_sqlite(file: Path, manifest: Manifest, now: datetime) -> None:
    """Migrate the database and hold all mail before anything opens it."""
    _check_sqlite(file, manifest)
    engine = open_database(f"sqlite:///{SQLITE}", base_folder=file.parent)
    try:
        with schema_transaction(engine) as connection:
            run_steps(connection)
            if set(SQLModel.metadata.tables) - set(inspect(connection).get_table_names()):
                raise _invalid_data()
            _hold_mail(connection, manifest, now)
    except SQLAlchemyError as error:
        raise _invalid_data() from error
    finally:
        engine.dispose()


def _check_sqlite(file: Path, manifest: Manifest) -> None:
    """Refuses triggers and views, which could run code: a backup has none."""
    try:
        with closing(
            sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
        ) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            query = "SELECT count(*) FROM sqlite_master WHERE type IN ('trigger', 'view')"
            is_intact = connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
            is_clean = connection.execute(query).fetchone()[0] == 0
    except sqlite3.Error:
        is_intact = is_clean = False
    if not (is_intact and is_clean and file_revision(file) == manifest.revision):
        raise _invalid_data()


def _invalid_data() -> InvalidBackupError:
    return InvalidBackupError("The data in this backup are damaged, or no data of Regulars.")


def _load_postgresql(
    temp: Path, manifest: Manifest, secrets: Mapping[str, str], now: datetime
) -> None:
    """Load the tables into the empty database that config.yaml names."""
    address = database_url(read_raw_config(temp / CONFIG))
    resolved = secrets.get(address[1:], "") if is_env_reference(address) else address
    if not resolved:
        raise WrongUsageError(
            f"This shop's data were in PostgreSQL, at {address}. Say where an empty database is: "
            f"write {address[1:]}=… into .env in the folder, and restore again."
        )
    engine = open_database(resolved, base_folder=temp)
    files = [(Path(name).stem, temp / name) for name in manifest.tables]
    try:
        with schema_transaction(engine) as connection:
            if not is_empty_database(connection):
                raise WrongUsageError("The database that the owner's file names is not empty.")
            load_tables(connection, files, manifest.revision)
            _hold_mail(connection, manifest, now)
    except (SQLAlchemyError, ValueError, KeyError, StopIteration) as error:
        raise _invalid_data() from error
    finally:
        engine.dispose()


def _hold_mail(connection: Connection, manifest: Manifest, now: datetime) -> None:
    made_at = f"{ENGLISH.date_and_time(manifest.made_at.astimezone(UTC))} UTC"
    hold_copy(connection, f"a shop restored from the backup of {made_at}", now=now)


def _move_into_place(unpacked: Path, shop_folder: Path, database_path: Path) -> None:
    """Moves the unpacked parts into the shop's folder; `database_path` is relative to it.

    config.yaml comes last: without it an incomplete restore cannot be opened as a shop.
    """
    (shop_folder / database_path).parent.mkdir(parents=True, exist_ok=True)
    _move_pictures(unpacked / PICTURES, shop_folder)
    for name, target in (
        (SQLITE, database_path),
        (TEMPLATES_FOLDER, TEMPLATES_FOLDER),
        (CONFIG, CONFIG),
    ):
        if (unpacked / name).exists():
            (unpacked / name).replace(shop_folder / target)


def _move_pictures(pictures: Path, shop_folder: Path) -> None:
    for picture in [path for path in pictures.rglob("*") if path.is_file()]:
        target = shop_folder / picture.relative_to(pictures)
        target.parent.mkdir(parents=True, exist_ok=True)
        picture.replace(target)
