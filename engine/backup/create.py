"""One file from which a shop can be made again: rules, letters, all it knows, and no secret."""

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

from engine.backup.manifest import CONFIG, MANIFEST, SQLITE, TABLES, Manifest, digest
from engine.backup.suppression_list import write_no_mail
from engine.config.owner_config import OWN_TEMPLATES
from engine.open.open_shop import OpenShop
from engine.open.secret_names import as_written, secret_names
from settings.errors import OutOfReach, WrongUse
from shop.db.engine import HEAD
from shop.db.snapshot import copy_sqlite, dump

UNDER_WAY = ".regulars-backup-"
ABANDONED = 24 * 3600  # seconds after which an unfinished one is nobody's


@dataclass(frozen=True)
class BackedUp:
    file: Path
    no_mail: Path
    size: int
    secrets: tuple[str, ...]


def back_up(shop: OpenShop, folder: Path, *, now: datetime) -> BackedUp:
    """While the shop is in use; the file is there whole, or not at all."""
    file = folder / f"regulars-{now.astimezone(shop.file.shop.zone):%Y-%m-%d-%H%M}.tar.gz"
    with _said(file):
        folder.mkdir(parents=True, exist_ok=True)
        if file.exists():
            raise WrongUse(f"There is {file} already, of this very minute. Nothing was done.")
        with _aside(folder) as aside:
            content = aside / "content"
            content.mkdir()
            secrets = _gather(shop, content)
            manifest = _manifest(shop, content, secrets, now)
            packed = _packed(content, manifest, aside / file.name)
            packed.replace(file)
            _on_the_disk(folder)
        return BackedUp(file, write_no_mail(shop, folder), file.stat().st_size, secrets)


def _gather(shop: OpenShop, content: Path) -> tuple[str, ...]:
    """A copy of everything first: what changes meanwhile would not fit its digest."""
    shutil.copyfile(shop.path, content / CONFIG)
    templates = shop.folder / OWN_TEMPLATES
    if templates.is_dir():
        shutil.copytree(templates, content / OWN_TEMPLATES, copy_function=shutil.copyfile)
    if shop.engine.dialect.name == "sqlite":
        copy_sqlite(shop.engine, content / SQLITE)
    else:
        (content / TABLES).mkdir()
        dump(shop.engine, content / TABLES)
    write_no_mail(shop, content)
    return secret_names(as_written(content / CONFIG))


def _manifest(shop: OpenShop, content: Path, secrets: tuple[str, ...], now: datetime) -> Manifest:
    files = sorted(one for one in content.rglob("*") if one.is_file())
    return Manifest(
        made_at=now,
        revision=HEAD,
        database=shop.engine.dialect.name,
        secrets=secrets,
        members={one.relative_to(content).as_posix(): digest(one) for one in files},
    )


def _packed(content: Path, manifest: Manifest, to: Path) -> Path:
    handle = os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as out:
        with tarfile.open(fileobj=out, mode="w:gz", compresslevel=6) as archive:
            raw = manifest.as_json()
            archive.addfile(_entry(MANIFEST, len(raw), manifest), io.BytesIO(raw))
            for name, member in manifest.members.items():
                with (content / name).open("rb") as file:
                    archive.addfile(_entry(name, member.size, manifest), file)
        out.flush()
        os.fsync(out.fileno())
    return to


def _entry(name: str, size: int, manifest: Manifest) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o600, int(manifest.made_at.timestamp())
    return entry


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """Where it is made, on the same disk; what a killed one left there goes too."""
    for left in folder.glob(f"{UNDER_WAY}*"):
        if time.time() - left.stat().st_mtime > ABANDONED:
            shutil.rmtree(left, ignore_errors=True)
    aside = Path(tempfile.mkdtemp(prefix=UNDER_WAY, dir=folder))
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _on_the_disk(folder: Path) -> None:
    """The new name too, and not the file alone."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _said(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as refusal:
        why = refusal.strerror or type(refusal).__name__
        said = f"{file} could not be written: {why}. There is no new backup."
        raise OutOfReach(said) from refusal
