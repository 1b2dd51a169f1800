"""Backup and restore of a shop."""

from __future__ import annotations

import gzip
import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text, update
from sqlmodel import col

from engine.backup.activate_copy import hold_reason
from engine.backup.create import create_backup
from engine.backup.restore import restore_backup
from settings.brand.config import Brand
from settings.brand.picture_file import parse_picture
from settings.brand.sent_pictures import sent_picture
from settings.errors import (
    UnavailableError,
    WrongUsageError,
)
from shop.db.engine import (
    HEAD,
    open_database,
    read_transaction,
    schema_revision,
    write_transaction,
)
from shop.db.upsert import table_of
from shop.tables import Customer, Message
from tests.cafe import DAY, MARCH, Cafe
from tests.empty_database import another_database
from tests.engine.backup.backup_files import (
    RULES,
    fill,
    open_copy,
    rows,
)
from tests.settings.brand.pictures import jpeg, png
from tests.shop.rule_counts.recount import counters, recounted


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
    assert "restored from the backup of 3 March 2026, 10:00 UTC" in str(
        hold_reason(open_copy(into))
    )


def test_logo_and_photo_are_restored_where_they_were(original: Cafe, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "logo.png").write_bytes(png(60, 60))
    (tmp_path / "pictures" / "window.jpg").write_bytes(jpeg(60, 60))
    earlier = parse_picture(png(90, 90), "logo.png")  # older mails link to it
    (tmp_path / "sent-pictures").mkdir()
    (tmp_path / "sent-pictures" / earlier.name).write_bytes(earlier.data)
    brand = Brand(logo="logo.png", photo="pictures/window.jpg")
    config = original.shop.config.model_copy(update={"brand": brand})
    backup = create_backup(replace(original.shop, config=config), tmp_path / "backups", now=MARCH)
    into = tmp_path / "new"
    restore_backup(backup.file, into, {}, now=MARCH + DAY)
    assert (into / "logo.png").read_bytes() == png(60, 60)
    assert (into / "pictures" / "window.jpg").read_bytes() == jpeg(60, 60)
    assert sent_picture(into, earlier.name) == earlier


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


def test_the_counters_of_rules_are_restored_and_go_on(original: Cafe, tmp_path: Path) -> None:
    backup_file = create_backup(original.shop, tmp_path / "backups", now=MARCH).file
    restore_backup(backup_file, tmp_path / "new", {}, now=MARCH + DAY)
    restored = open_copy(tmp_path / "new")
    assert counters(restored) == counters(original.engine) == recounted(restored) != {}
    with write_transaction(restored) as connection:
        connection.execute(update(Message).values(state="delivered"))
    assert counters(restored) == recounted(restored)
