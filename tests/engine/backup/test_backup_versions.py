"""Backups of older and newer versions."""

from __future__ import annotations

import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text, update

from engine.backup.activate_copy import hold_reason
from engine.backup.create import create_backup
from engine.backup.restore import restore_backup
from settings.errors import (
    OwnerFileError,
    RegularsError,
)
from shop.db.engine import (
    HEAD,
    open_database,
    read_transaction,
    schema_revision,
    write_transaction,
)
from shop.db.migrations import run_steps
from shop.tables import Message
from tests.cafe import MARCH, Cafe
from tests.empty_database import another_database
from tests.engine.backup.backup_files import (
    RULES,
    fill,
    open_copy,
    refusal_of,
    replace_file,
    rewrite_backup,
    rows,
)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_an_older_postgresql_backup_is_migrated(engine: Engine, tmp_path: Path) -> None:
    cafe = Cafe(engine, tmp_path, RULES)
    fill(cafe)
    with write_transaction(engine) as connection:
        connection.execute(update(Message).values(fence=0))  # a column of a later version
    cafe.path.write_text(cafe.path.read_text() + "\ndatabase: $DATABASE\n")
    backup = create_backup(cafe.shop, tmp_path / "backups", now=MARCH).file
    tables = (
        "home", "examinations", "sign_ups", "order_coupons", "listed_records",
        "suppression_imports", "imported_suppressions", "custom_fields", "earlier_language",
        "customer_search",
        "approval_decisions", "approval_links", "approval_link_messages",
        "visit_days", "shop_days", "shop_day_changes", "reach_days",
    )  # fmt: skip
    later = {f"tables/{table}.jsonl" for table in tables}

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
