"""Damaged, foreign and malicious backups restore nothing."""

from __future__ import annotations

import gzip
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from engine.backup.manifest import MANIFEST
from engine.backup.restore import restore_backup
from settings.errors import (
    RegularsError,
)
from shop.db.engine import (
    read_transaction,
)
from tests.cafe import MARCH
from tests.engine.backup.backup_files import (
    Change,
    open_copy,
    refusal_of,
    replace_file,
    rewrite_backup,
)
from tests.examples import examples


def test_a_truncated_backup_is_refused(backup: Path, tmp_path: Path) -> None:
    content = backup.read_bytes()
    for length in [0, 1, 10, 100, *range(200, len(content) - 1, len(content) // 25)]:
        cut = tmp_path / "cut.tar.gz"
        cut.write_bytes(content[:length])
        assert refusal_of(cut, tmp_path / "new")


@settings(max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 0.999), flip=st.integers(1, 255), decompressed=st.booleans())
def test_a_damaged_backup_is_restored_completely_or_not_at_all(
    backup: Path, tmp_path: Path, place: float, flip: int, *, decompressed: bool
) -> None:
    content = bytearray(
        gzip.decompress(backup.read_bytes()) if decompressed else backup.read_bytes()
    )
    content[int(place * len(content))] ^= flip
    damaged = tmp_path / "damaged.tar.gz"
    damaged.write_bytes(gzip.compress(content) if decompressed else content)
    into = tmp_path / "new"
    try:
        restore_backup(damaged, into, {}, now=MARCH)
    except RegularsError:
        assert not into.exists()
        return
    # Only bytes without meaning were hit: a date in a header, padding between members.
    with read_transaction(open_copy(into)) as connection:
        assert connection.scalar(text("SELECT count(*) FROM customers")) == 3
    for path in sorted(into.rglob("*"), reverse=True):
        path.unlink()
    into.rmdir()


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x1f\x8b\x08\x00", gzip.compress(b"x" * 9999, mtime=0)]
)
def test_other_files_are_refused(content: bytes, tmp_path: Path) -> None:
    backup_file = tmp_path / "photo.tar.gz"
    backup_file.write_bytes(content)
    assert "no backup of Regulars" in refusal_of(backup_file, tmp_path / "new")


def _with_extra_file(
    name: str, kind: bytes = tarfile.REGTYPE, link: str = "", *, listed: bool
) -> Change:
    def change(manifest: dict[str, Any], entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, link
        entries.insert(0, (entry, b""))
        if listed:
            empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
            manifest["files"][name] = {"size": 0, "sha256": empty}

    return change


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize(
    "name",
    ["../out", "/backup-out", "templates/../../out", ".env", "templates", "templates/",
     "outbox/x", "tables/nobody.jsonl", "templates/a\\..\\b", "C:x", "./config.yaml", "a\nb", "",
     "templates/" + "x" * 300],
)  # fmt: skip
def test_unexpected_file_names_are_never_written(
    backup: Path, tmp_path: Path, name: str, *, listed: bool
) -> None:
    backup_file = rewrite_backup(
        backup, tmp_path / "hostile.tar.gz", _with_extra_file(name, listed=listed)
    )
    before = set(tmp_path.iterdir())
    refusal_of(backup_file, tmp_path / "new")
    assert set(tmp_path.iterdir()) == before
    assert not Path("/backup-out").exists()


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE,
     tarfile.DIRTYPE, tarfile.CONTTYPE, tarfile.GNUTYPE_SPARSE],
)  # fmt: skip
def test_links_and_devices_are_never_created(backup: Path, tmp_path: Path, kind: bytes) -> None:
    change = _with_extra_file("templates/x.html", kind, "/etc/passwd", listed=True)
    refusal_of(rewrite_backup(backup, tmp_path / "hostile.tar.gz", change), tmp_path / "new")


def test_a_duplicate_member_is_refused(backup: Path, tmp_path: Path) -> None:
    def twice(_: dict[str, Any], entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        entries.append(entries[0])

    assert "not in its list" in refusal_of(
        rewrite_backup(backup, tmp_path / "x.tar.gz", twice), tmp_path / "new"
    )


def test_a_wrong_digest_is_refused(backup: Path, tmp_path: Path) -> None:
    def other(_: dict[str, Any], entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        entry, content = entries[0]
        entries[0] = (entry, content[:-1] + b"!")

    assert "digest differs" in refusal_of(
        rewrite_backup(backup, tmp_path / "x.tar.gz", other), tmp_path / "new"
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [("revision", "../x"), ("revision", 4), ("made at", "yesterday"), ("made at", "2026-03-03"),
     ("files", {}), ("files", []), ("files", {"config.yaml": {"size": -1, "sha256": ""}}),
     ("secrets", 3), ("secrets", [3]), ("secrets", ["x\x1b[2Jevil"]), ("secrets", ["a\u202eb"]),
     ("database", "mysql"), ("regulars backup", 2)],
)  # fmt: skip
def test_an_invalid_manifest_is_refused(
    backup: Path, tmp_path: Path, key: str, value: object
) -> None:
    def change(manifest: dict[str, Any], _: object) -> None:
        manifest[key] = value

    assert refusal_of(rewrite_backup(backup, tmp_path / "x.tar.gz", change), tmp_path / "new")


def test_an_impossible_size_is_refused_before_reading(backup: Path, tmp_path: Path) -> None:
    def huge(manifest: dict[str, Any], _: object) -> None:
        manifest["files"]["regulars.db"]["size"] = 10**15

    assert "larger than it can be" in refusal_of(
        rewrite_backup(backup, tmp_path / "x.tar.gz", huge), tmp_path / "new"
    )


def test_a_huge_header_is_not_read_into_memory(tmp_path: Path) -> None:
    """A 70 MB header, compressed to 70 kB."""
    entry = tarfile.TarInfo(MANIFEST)
    entry.pax_headers = {"comment": "x" * 70_000_000}
    backup_file = tmp_path / "bomb.tar.gz"
    with tarfile.open(backup_file, "w:gz") as archive:
        archive.addfile(entry)
    assert backup_file.stat().st_size < 200_000
    assert "headers is too large" in refusal_of(backup_file, tmp_path / "new")


@pytest.mark.parametrize(
    "harm",
    [
        "CREATE TRIGGER t AFTER INSERT ON stops BEGIN DELETE FROM stops; END",
        "DROP TABLE stops; CREATE VIEW stops AS SELECT 1",
        "DROP TABLE stops",
        "DROP TABLE alembic_version",
        "UPDATE alembic_version SET version_num = '0001'",
    ],
)
def test_a_foreign_or_altered_database_is_refused(backup: Path, tmp_path: Path, harm: str) -> None:
    def change(manifest: dict[str, Any], entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        database_file = tmp_path / "harm.db"
        database_file.write_bytes(
            next(content for member, content in entries if member.name == "regulars.db")
        )
        with closing(sqlite3.connect(database_file)) as raw:
            raw.executescript(harm)
            raw.execute("PRAGMA journal_mode = DELETE")
        replace_file(manifest, entries, "regulars.db", database_file.read_bytes())

    backup_file = rewrite_backup(backup, tmp_path / "x.tar.gz", change)
    assert "no data of Regulars" in refusal_of(backup_file, tmp_path / "new")
