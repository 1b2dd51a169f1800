"""A café to back up, and backups with altered content."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlmodel import SQLModel

from engine.backup.manifest import MANIFEST
from engine.backup.restore import restore_backup
from settings.errors import (
    RegularsError,
)
from shop.consent.suppressions import SuppressionReason, suppress_address
from shop.db.engine import (
    open_database,
    read_transaction,
    write_transaction,
)
from tests.cafe import DAY, HOUR, MARCH, Cafe

RULES = """
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{send: cart-reminder}]
    include backlog: yes
"""


def fill(cafe: Cafe) -> None:
    cafe.leave_carts(MARCH - 3 * HOUR, "ana", "bruno", "clara")
    for name in ("ana", "bruno", "clara"):
        cafe.visits(name, MARCH - 2 * DAY)
    cafe.run()
    cafe.record_consent("bruno", "no", MARCH + HOUR)
    with write_transaction(cafe.engine) as connection:
        suppress_address(
            connection, "gone@example.com", SuppressionReason.HARD_BOUNCE, None, now=MARCH
        )


def rows(engine: Engine) -> dict[str, list[Any]]:
    """All rows, without the location and the stops; counters have a test of their own."""
    with read_transaction(engine) as connection:
        return {
            name: sorted(map(repr, connection.execute(select(table)).all()))
            for name, table in SQLModel.metadata.tables.items()
            if name not in {"home", "stops", "rule_counts"}
        }


def open_copy(folder: Path) -> Engine:
    return open_database("sqlite:///regulars.db", base_folder=folder)


def refusal_of(backup_file: Path, into: Path) -> str:
    """The error message of a refused restore, which leaves no files."""
    with pytest.raises(RegularsError) as raised:
        restore_backup(backup_file, into, {}, now=MARCH)
    assert not into.exists()
    return str(raised.value)


Change = Callable[[dict[str, Any], list[tuple[tarfile.TarInfo, bytes]]], None]


def rewrite_backup(backup: Path, to: Path, change: Change) -> Path:
    """A copy of the backup with manifest and members changed by `change`."""
    with tarfile.open(backup) as archive:
        entries = [(member, _content(archive, member)) for member in archive.getmembers()]
    manifest = json.loads(entries.pop(0)[1])
    change(manifest, entries)
    raw = json.dumps(manifest).encode()
    first = tarfile.TarInfo(MANIFEST)
    first.size = len(raw)
    with tarfile.open(to, "w:gz") as archive:
        archive.addfile(first, io.BytesIO(raw))
        for entry, content in entries:
            archive.addfile(entry, io.BytesIO(content))
    return to


def replace_file(
    manifest: dict[str, Any],
    entries: list[tuple[tarfile.TarInfo, bytes]],
    name: str,
    content: bytes,
) -> None:
    """Replace the content of member `name` and its manifest entry."""
    place = next(n for n, (member, _) in enumerate(entries) if member.name == name)
    entry, _ = entries[place]
    entry.size = len(content)
    entries[place] = (entry, content)
    sha256 = hashlib.sha256(content).hexdigest()
    manifest["files"][name] = {"size": len(content), "sha256": sha256}


def _content(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(entry)
    assert stream
    return stream.read()
