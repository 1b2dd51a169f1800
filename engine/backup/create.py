"""Writes a shop's config, templates and database to one archive, without secrets."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.backup.manifest import CONFIG, MANIFEST, PICTURES, SQLITE, TABLES, Manifest, hash_file
from engine.backup.suppression_list import write_suppression_list
from engine.config.owner_config import TEMPLATES_FOLDER
from engine.open.open_shop import OpenShop
from engine.open.secret_names import list_secret_names, read_raw_config
from settings.brand.sent_pictures import sent_pictures
from settings.errors import UnavailableError, WrongUsageError
from shop.db.engine import HEAD
from shop.db.snapshot import copy_sqlite, dump_tables
from shop.rule_counts.install import remove_triggers

TEMP_PREFIX = ".regulars-backup-"
MAX_TEMP_AGE_SECONDS = 24 * 3600  # seconds after which leftovers are removed


@dataclass(frozen=True)
class BackupResult:
    """The archive and what it contains."""

    file: Path
    suppression_list: Path
    size: int
    secrets: tuple[str, ...]


def create_backup(shop: OpenShop, folder: Path, *, now: datetime) -> BackupResult:
    """Write an archive to `folder` while the shop is in use; the file appears complete or not at
    all.

    Also writes the suppression list there. Raises `UnavailableError` on I/O errors and
    `WrongUsageError` where this minute's file exists.
    """
    file = folder / f"regulars-{now.astimezone(shop.config.shop.zone):%Y-%m-%d-%H%M}.tar.gz"
    with _translate_errors(file):
        folder.mkdir(parents=True, exist_ok=True)
        if file.exists():
            raise WrongUsageError(
                f"There is {file} already, of this very minute. Nothing was done."
            )
        with _temp_folder(folder) as temp:
            content = temp / "content"
            content.mkdir()
            secrets = _copy_content(shop, content)
            manifest = _build_manifest(shop, content, secrets, now)
            packed = _pack(content, manifest, temp / file.name)
            packed.replace(file)
            _sync_folder(folder)
        return BackupResult(
            file, write_suppression_list(shop, folder), file.stat().st_size, secrets
        )


def _copy_content(shop: OpenShop, content: Path) -> tuple[str, ...]:
    """Copies everything first: files that change meanwhile would not match their digest."""
    shutil.copyfile(shop.path, content / CONFIG)
    templates = shop.folder / TEMPLATES_FOLDER
    if templates.is_dir():
        shutil.copytree(templates, content / TEMPLATES_FOLDER, copy_function=shutil.copyfile)
    _copy_pictures(shop, content / PICTURES)
    if shop.engine.dialect.name == "sqlite":
        copy_sqlite(shop.engine, content / SQLITE)
        remove_triggers(content / SQLITE)
    else:
        (content / TABLES).mkdir()
        dump_tables(shop.engine, content / TABLES)
    write_suppression_list(shop, content)
    return list_secret_names(read_raw_config(content / CONFIG))


def _copy_pictures(shop: OpenShop, pictures: Path) -> None:
    """Copies logo and photo, without which the owner's file would have a mistake, and those that
    mails link to.
    """
    brand = shop.config.brand
    of_brand = [
        shop.folder / file for file in filter(None, (brand.logo, brand.photo) if brand else ())
    ]
    for file in (*of_brand, *sent_pictures(shop.folder)):
        copy = pictures / file.relative_to(shop.folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)


def _build_manifest(
    shop: OpenShop, content: Path, secrets: tuple[str, ...], now: datetime
) -> Manifest:
    files = sorted(file for file in content.rglob("*") if file.is_file())
    return Manifest(
        made_at=now,
        revision=HEAD,
        database=shop.engine.dialect.name,
        secrets=secrets,
        members={file.relative_to(content).as_posix(): hash_file(file) for file in files},
    )


def _pack(content: Path, manifest: Manifest, target: Path) -> Path:
    handle = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as output:
        with tarfile.open(fileobj=output, mode="w:gz", compresslevel=6) as archive:
            manifest_json = manifest.to_json()
            archive.addfile(
                _tar_entry(MANIFEST, len(manifest_json), manifest), io.BytesIO(manifest_json)
            )
            for name, member in manifest.members.items():
                with (content / name).open("rb") as file:
                    archive.addfile(_tar_entry(name, member.size, manifest), file)
        output.flush()
        os.fsync(output.fileno())
    return target


def _tar_entry(name: str, size: int, manifest: Manifest) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o600, int(manifest.made_at.timestamp())
    return entry


@contextmanager
def _temp_folder(folder: Path) -> Iterator[Path]:
    """On the same filesystem, so that the rename is atomic; removes old leftovers."""
    for leftover in folder.glob(f"{TEMP_PREFIX}*"):
        if time.time() - leftover.stat().st_mtime > MAX_TEMP_AGE_SECONDS:
            shutil.rmtree(leftover, ignore_errors=True)
    temp = Path(tempfile.mkdtemp(prefix=TEMP_PREFIX, dir=folder))
    try:
        yield temp
    finally:
        shutil.rmtree(temp, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    """fsync the directory entry, not only the file."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _translate_errors(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as refusal:
        reason = refusal.strerror or type(refusal).__name__
        message = f"{file} could not be written: {reason}. There is no new backup."
        raise UnavailableError(message) from refusal
