"""Backup and restore; damaged and foreign files restore nothing."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import sqlite3
import stat
import tarfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, text
from sqlmodel import SQLModel, col

from engine.backup.activate_copy import hold_reason
from engine.backup.create import create_backup
from engine.backup.manifest import MANIFEST
from engine.backup.restore import restore_backup
from engine.backup.suppression_list import import_suppression_list, save_suppression_list
from settings.errors import (
    OwnerFileError,
    RegularsError,
    SourceDataError,
    UnavailableError,
    WrongUsageError,
)
from shop.consent.suppressions import SuppressionReason, lift_suppression, suppress_address
from shop.db.engine import (
    HEAD,
    open_database,
    read_transaction,
    schema_revision,
    write_transaction,
)
from shop.db.migrations import run_steps
from shop.db.upgrade import prepare_database
from shop.db.upsert import table_of
from shop.tables import Customer, Suppression
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.empty_database import another_database

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
    """All rows, without the location and the stops."""
    with read_transaction(engine) as connection:
        return {
            name: sorted(map(repr, connection.execute(select(table)).all()))
            for name, table in SQLModel.metadata.tables.items()
            if name not in {"home", "stops"}
        }


@pytest.fixture
def original(sqlite: Engine, tmp_path: Path) -> Cafe:
    cafe = Cafe(sqlite, tmp_path, RULES)
    fill(cafe)
    return cafe


@pytest.fixture
def backup(original: Cafe, tmp_path: Path) -> Path:
    return create_backup(original.shop, tmp_path / "backups", now=MARCH).file


def open_copy(folder: Path) -> Engine:
    return open_database("sqlite:///regulars.db", base_folder=folder)


def test_restore_brings_back_all_data(original: Cafe, tmp_path: Path) -> None:
    (tmp_path / "templates" / "deep").mkdir(parents=True)
    (tmp_path / "templates" / "deep" / "mine.html").write_text("Olá")
    backup_result = create_backup(original.shop, tmp_path / "backups", now=MARCH)
    into = tmp_path / "new" / "shop"
    restored = restore_backup(backup_result.file, into, {}, now=MARCH + DAY)
    assert {path.name for path in into.iterdir()} == {"config.yaml", "templates", "regulars.db"}
    assert rows(open_copy(into)) == rows(original.engine)
    assert (into / "config.yaml").read_bytes() == original.path.read_bytes()
    assert (into / "templates" / "deep" / "mine.html").read_text() == "Olá"
    assert restored.made_at == MARCH
    assert "restored from the backup of 03 March 2026, 10:00 UTC" in str(
        hold_reason(open_copy(into))
    )


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_postgresql_is_restored_into_an_empty_database(engine: Engine, tmp_path: Path) -> None:
    cafe = Cafe(engine, tmp_path, RULES)
    fill(cafe)
    cafe.path.write_text(cafe.path.read_text() + "\ndatabase: $DATABASE\n")
    backup_result = create_backup(cafe.shop, tmp_path / "backups", now=MARCH)
    assert "DATABASE" in backup_result.secrets
    with pytest.raises(WrongUsageError, match=r"write DATABASE=… into \.env"):
        restore_backup(backup_result.file, tmp_path / "new", {}, now=MARCH)
    with another_database(engine) as address:
        restore_backup(backup_result.file, tmp_path / "new", {"DATABASE": address}, now=MARCH)
        restored = open_database(address, base_folder=tmp_path)
        assert schema_revision(restored) == HEAD
        assert rows(restored) == rows(engine)
        assert hold_reason(restored)
        with write_transaction(restored) as connection:
            last_id = connection.scalar(select(func.max(col(Customer.id)))) or 0
            insert = table_of(Customer).insert().values(founder=10_000)
            assert connection.execute(insert).inserted_primary_key[0] > last_id  # type: ignore[index]
        with pytest.raises(WrongUsageError, match="not empty"):
            restore_backup(backup_result.file, tmp_path / "newer", {"DATABASE": address}, now=MARCH)
        assert not (tmp_path / "newer").exists()
        restored.dispose()


def test_a_backup_is_consistent_during_concurrent_writes(original: Cafe, tmp_path: Path) -> None:
    """Rows written in one transaction are both in it, or neither."""
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            original.customer(f"p{number}")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        files = [create_backup(original.shop, tmp_path / str(n), now=MARCH).file for n in range(3)]
    finally:
        stop.set()
        writer.join()
    for number, backup_file in enumerate(files):
        into = tmp_path / f"new{number}"
        restore_backup(backup_file, into, {}, now=MARCH)
        with read_transaction(open_copy(into)) as connection:
            customer_count = connection.scalar(text("SELECT count(*) FROM customers"))
            basis_count = connection.scalar(text("SELECT count(*) FROM basis"))
        assert customer_count == basis_count


def test_a_backup_contains_no_secret_values(original: Cafe, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MAIL_PASSWORD='open-sesame'\nREGULARS_SECRET='signs-all'\n")
    config = original.path.read_text().replace("ask me above", "# $MAIL_PASSWORD\n  ask me above")
    original.path.write_text(config + "\ndatabase: $MAIL_PASSWORD\n")
    backup_result = create_backup(original.shop, tmp_path / "backups", now=MARCH)
    assert backup_result.secrets == ("MAIL_PASSWORD", "REGULARS_SECRET")
    content = gzip.decompress(backup_result.file.read_bytes())
    assert b"open-sesame" not in content
    assert b"signs-all" not in content
    assert b"a secret of the tests" not in content


def test_restore_lists_the_missing_secrets(backup: Path, tmp_path: Path) -> None:
    into = tmp_path / "new"
    into.mkdir()
    assert restore_backup(backup, into, {}, now=MARCH).missing == ("REGULARS_SECRET",)
    again = tmp_path / "again"
    again.mkdir()
    (again / ".env").write_text("REGULARS_SECRET=x\n")
    assert restore_backup(backup, again, {}, now=MARCH).missing == ()


def test_a_backup_is_readable_by_its_owner_only(backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert stat.S_IMODE((backup.parent / "no-mail.csv").stat().st_mode) == 0o600
    assert [path.name for path in sorted(backup.parent.iterdir())] == [
        "no-mail.csv",
        "regulars-2026-03-03-1000.tar.gz",
    ]


def test_a_backup_is_never_overwritten(original: Cafe, backup: Path) -> None:
    before = backup.read_bytes()
    with pytest.raises(WrongUsageError, match="of this very minute"):
        create_backup(original.shop, backup.parent, now=MARCH)
    assert backup.read_bytes() == before


def test_a_failed_backup_leaves_no_files(
    original: Cafe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tarfile.TarFile.addfile", full)
    with pytest.raises(UnavailableError, match="No space left on device"):
        create_backup(original.shop, tmp_path / "backups", now=MARCH)
    assert list((tmp_path / "backups").iterdir()) == []


# --- damaged, foreign and malicious files


def refusal_of(backup_file: Path, into: Path) -> str:
    """The error message of a refused restore, which leaves no files."""
    with pytest.raises(RegularsError) as raised:
        restore_backup(backup_file, into, {}, now=MARCH)
    assert not into.exists()
    return str(raised.value)


def test_a_truncated_backup_is_refused(backup: Path, tmp_path: Path) -> None:
    content = backup.read_bytes()
    for length in [0, 1, 10, 100, *range(200, len(content) - 1, len(content) // 25)]:
        cut = tmp_path / "cut.tar.gz"
        cut.write_bytes(content[:length])
        assert refusal_of(cut, tmp_path / "new")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
     ("secrets", 3), ("secrets", [3]), ("database", "mysql"), ("regulars backup", 2)],
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


def test_an_interrupted_restore_leaves_nothing_that_opens_as_a_shop(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A config without its data would start from scratch, without any opt-outs."""
    moved: list[str] = []
    replace = Path.replace

    def die(self: Path, to: Path) -> Path:
        moved.append(Path(to).name)
        return replace(self, to)

    monkeypatch.setattr(Path, "replace", die)
    restore_backup(backup, tmp_path / "new", {}, now=MARCH)
    assert moved[0] == "regulars.db"
    assert moved[-1] == "config.yaml"


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_an_older_postgresql_backup_is_migrated(engine: Engine, tmp_path: Path) -> None:
    cafe = Cafe(engine, tmp_path, RULES)
    fill(cafe)
    cafe.path.write_text(cafe.path.read_text() + "\ndatabase: $DATABASE\n")
    backup = create_backup(cafe.shop, tmp_path / "backups", now=MARCH).file
    later = {"tables/home.jsonl", "tables/examinations.jsonl", "tables/sign_ups.jsonl"}

    def older(manifest: dict[str, Any], entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        manifest["revision"] = "0003"
        entries[:] = [listed_file for listed_file in entries if listed_file[0].name not in later]
        for name in later:
            del manifest["files"][name]

    def harmed(manifest: dict[str, Any], entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        older(manifest, entries)
        replace_file(
            manifest, entries, "tables/customers.jsonl", b'["id", "founder; DROP"]\n[1, 2]\n'
        )

    with another_database(engine) as address:
        bad = rewrite_backup(backup, tmp_path / "bad.tar.gz", harmed)
        with pytest.raises(RegularsError):
            restore_backup(bad, tmp_path / "bad", {"DATABASE": address}, now=MARCH)
        backup_file = rewrite_backup(backup, tmp_path / "old.tar.gz", older)
        restore_backup(backup_file, tmp_path / "new", {"DATABASE": address}, now=MARCH)
        restored = open_database(address, base_folder=tmp_path)
        assert schema_revision(restored) == HEAD
        assert rows(restored)["messages"] == rows(engine)["messages"]
        assert hold_reason(restored)
        restored.dispose()


@pytest.mark.parametrize("harm", ["", "UPDATE alembic_version SET version_num = '0002'"])
def test_an_older_sqlite_backup_is_migrated(
    backup: Path, original: Cafe, tmp_path: Path, harm: str
) -> None:
    old = tmp_path / "old"
    old.mkdir()
    engine = open_database("sqlite:///regulars.db", base_folder=old)
    with engine.begin() as connection:
        run_steps(connection, "0001")
        connection.execute(text("INSERT INTO customers (founder, email) VALUES (1, 'a@b.example')"))
    engine.dispose()
    with closing(sqlite3.connect(old / "regulars.db")) as raw:
        raw.executescript(harm)
    content = (old / "regulars.db").read_bytes()

    def older(manifest: dict[str, Any], entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        manifest["revision"] = "0001"
        replace_file(manifest, entries, "regulars.db", content)

    backup_file = rewrite_backup(backup, tmp_path / "x.tar.gz", older)
    if harm:
        assert "no data of Regulars" in refusal_of(backup_file, tmp_path / "new")
        return
    restore_backup(backup_file, tmp_path / "new", {}, now=MARCH)
    restored = open_copy(tmp_path / "new")
    assert schema_revision(restored) == HEAD
    assert hold_reason(restored)
    with read_transaction(restored) as connection:
        assert connection.scalar(text("SELECT email FROM customers")) == "a@b.example"


def test_a_backup_of_a_newer_version_is_refused(backup: Path, tmp_path: Path) -> None:
    def newer(manifest: dict[str, Any], _: object) -> None:
        manifest["revision"] = "9999"

    backup_file = rewrite_backup(backup, tmp_path / "x.tar.gz", newer)
    with pytest.raises(OwnerFileError, match="made by a newer Regulars"):
        restore_backup(backup_file, tmp_path / "new", {}, now=MARCH)
    assert not (tmp_path / "new").exists()


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


def test_the_database_is_never_written_outside_the_folder(original: Cafe, tmp_path: Path) -> None:
    for number, place in enumerate(("sqlite:////etc/cron.d/x", "sqlite:///../x.db", "nonsense")):
        original.path.write_text(f"{without_database(original)}\ndatabase: {place}\n")
        backup_file = create_backup(original.shop, tmp_path / str(number), now=MARCH).file
        into = tmp_path / f"new{number}"
        assert restore_backup(backup_file, into, {}, now=MARCH).outside_database == place
        assert (into / "regulars.db").exists()
        assert not (tmp_path / "x.db").exists()


def without_database(cafe: Cafe) -> str:
    return "\n".join(
        line for line in cafe.path.read_text().splitlines() if not line.startswith("database:")
    )


def test_a_shop_is_only_restored_into_an_empty_folder(backup: Path, original: Cafe) -> None:
    before = original.path.read_bytes()
    with pytest.raises(WrongUsageError, match="is not empty"):
        restore_backup(backup, original.path.parent, {}, now=MARCH)
    assert original.path.read_bytes() == before


# --- the no-mail list


def listed_reasons(path: Path) -> dict[str, str]:
    lines = path.read_text().splitlines()[1:]
    return {line.split(",")[0]: line.split(",")[2] for line in lines}


def test_every_opt_out_is_in_the_list(original: Cafe) -> None:
    with write_transaction(original.engine) as connection:
        suppress_address(
            connection, "ana@example.com", SuppressionReason.COMPLAINT, None, now=MARCH
        )
        suppress_address(
            connection, "fine@example.com", SuppressionReason.SOFT_BOUNCES, None, now=MARCH
        )
        lift_suppression(connection, "fine@example.com", "He made room.", now=MARCH)
    assert listed_reasons(save_suppression_list(original.shop)) == {
        "ana@example.com": "complaint",
        "bruno@example.com": "said no",
        "gone@example.com": "hard bounce",
    }


def test_an_opt_out_lists_every_address_of_the_customer(original: Cafe) -> None:
    original.arrive(identities=[_moved("bruno", "bruno@new.example")])
    assert {"bruno@example.com", "bruno@new.example"} <= set(
        listed_reasons(save_suppression_list(original.shop))
    )


def _moved(name: str, address: str) -> dict[str, Any]:
    from tests.rows import identity

    return identity(name, email=address, version=9)


def test_an_empty_shop_imports_the_list(original: Cafe, tmp_path: Path) -> None:
    with write_transaction(original.engine) as connection:
        suppress_address(
            connection, "ana@example.com", SuppressionReason.COMPLAINT, None, now=MARCH
        )
    list_file = save_suppression_list(original.shop)
    folder = tmp_path / "other"
    folder.mkdir()
    engine = open_database("sqlite:///regulars.db", base_folder=folder)
    prepare_database(engine)
    other = Cafe(engine, folder, RULES)
    assert import_suppression_list(other.shop, list_file, now=MARCH).addresses == 3
    for name in ("ana", "bruno", "clara"):
        other.customer(name)
        other.cart(name, MARCH - 3 * HOUR)
    other.run()
    assert other.mailed_names() == ["clara"]
    reasons = dict(other.select_all(col(Suppression.address), col(Suppression.reason)))
    assert reasons["ana@example.com"] == "complaint"
    assert reasons["bruno@example.com"] == "by hand"


@pytest.mark.parametrize(
    "text",
    ["ana@example.com\nbruno@example.com\n", "Name;E-mail\nA;Ana@example.com\nB;bruno@example.com",
     "\ufeffaddress,since,reason\r\nana@example.com,,\r\n\r\nbruno@example.com,,said no\r\n"],
)  # fmt: skip
def test_lists_of_other_programs_are_imported(original: Cafe, tmp_path: Path, text: str) -> None:
    list_file = tmp_path / "list.csv"
    list_file.write_text(text, newline="")
    assert import_suppression_list(original.shop, list_file, now=MARCH).addresses == 2
    suppressed = original.select_all(col(Suppression.address))
    assert {"ana@example.com", "bruno@example.com"} <= set(suppressed)


def test_invalid_lines_are_reported_and_the_others_imported(original: Cafe, tmp_path: Path) -> None:
    list_file = tmp_path / "list.csv"
    list_file.write_text("address\nana@example.com\nnobody\n")
    imported = import_suppression_list(original.shop, list_file, now=MARCH)
    assert (imported.addresses, imported.unreadable) == (1, (3,))
    with pytest.raises(SourceDataError, match="cannot be read"):
        import_suppression_list(original.shop, tmp_path / "none.csv", now=MARCH)


def test_an_import_suppresses_a_lifted_address_again(original: Cafe, tmp_path: Path) -> None:
    with write_transaction(original.engine) as connection:
        lift_suppression(connection, "gone@example.com", "He made room.", now=MARCH)
    list_file = tmp_path / "list.csv"
    list_file.write_text("gone@example.com\n")
    import_suppression_list(original.shop, list_file, now=MARCH + HOUR)
    assert "gone@example.com" in listed_reasons(save_suppression_list(original.shop))
