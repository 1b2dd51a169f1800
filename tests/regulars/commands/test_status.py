"""`regulars status`: one line a shop, whatever state the others are in; nothing is written."""

from __future__ import annotations

import atexit
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import mkdtemp

import pytest
import typer
from sqlalchemy import insert, update

from engine.open.open_shop import open_shop
from engine.owner.shop_status import load_status
from regulars import shop_folders
from regulars.commands import status
from regulars.terminal.output import console
from regulars.terminal.status_table import age_text
from settings.errors import OwnerFileError
from shop.db.engine import write_transaction
from shop.db.stops import stop_mail
from shop.ingest.source_rows import SourceRows, ingest_rows
from shop.tables import DoctorRun, SyncState, Tick
from tests.rows import identity, statement

NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FILE = """
shop:
  name: Corner Café
  country: PT
  currency: EUR
  timezone: Europe/Lisbon
  reply to: ana@cornercafe.example
  postal address: Rua das Flores 12, 1200-192 Lisboa
sending:
  from: Ana at Corner Café <ana@cornercafe.example>
sources:
  till: {from: square, access token: $TOKEN}
rules:
  missed: {when: no visit, for: 45 days, then: [{send: we-miss-you}]}
"""


@cache
def template() -> Path:
    """The folder of a shop with one customer who said yes, read an hour ago and run just now."""
    folder = Path(mkdtemp())
    atexit.register(rmtree, folder)
    (folder / ".env").write_text("TOKEN=of-this-shop\nREGULARS_SECRET=secret\n")
    (folder / "config.yaml").write_text(FILE)
    shop = open_shop(folder / "config.yaml")
    sync_state = {"source": "till", "stream": "orders", "finished_at": NOW - HOUR}
    with write_transaction(shop.engine) as connection:
        rows = SourceRows(
            identities=[identity("clara", email="clara@example.com")],
            statements=[statement("clara", "yes", NOW - DAY)],
        )
        ingest_rows(connection, "till", rows)
        connection.execute(insert(SyncState).values(sync_state))
        connection.execute(insert(Tick).values(at=NOW, started_at=NOW))
    shop.engine.dispose()
    return folder


def create_shop(folder: Path) -> Path:
    """Returns the owner's file of a new shop that is well."""
    copytree(template(), folder)
    return folder / "config.yaml"


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Iterator[pytest.CaptureFixture[str]]:
    console.cache_clear()  # the console of this test writes into this test's output
    yield capsys
    console.cache_clear()


def lines_of(
    printed: pytest.CaptureFixture[str], config: Path, *folders: str, expected: int
) -> list[str]:
    try:
        status.run(config, folders, now=NOW, as_json=False)
        exit_status = 0
    except typer.Exit as exit_error:
        exit_status = exit_error.exit_code
    assert exit_status == expected
    return printed.readouterr().out.splitlines()


def test_a_shop_that_is_well_is_one_line(
    tmp_path: Path, printed: pytest.CaptureFixture[str]
) -> None:
    path = create_shop(tmp_path / "cafe")
    _, line, _, summary = lines_of(printed, path, expected=0)
    assert line.split() == ["✓", "cafe", "rehearsal", "1", "h", "0", "min", *"0000", "1"]
    assert summary == "0 of 1 shop need attention."


def test_a_broken_shop_does_not_hide_the_others(
    tmp_path: Path, printed: pytest.CaptureFixture[str]
) -> None:
    create_shop(tmp_path / "bakery")
    create_shop(tmp_path / "cafe").write_text(FILE.replace("when: no visit", "when: visits"))
    (tmp_path / "salon").mkdir()
    (tmp_path / "salon" / "config.yaml").write_text(FILE)
    (tmp_path / "salon" / ".env").write_text("TOKEN=x\n")
    damaged = create_shop(tmp_path / "zoo")
    damaged.with_name("regulars.db").write_bytes(b"no database at all" * 100)
    lines = lines_of(printed, tmp_path / "config.yaml", expected=1)
    signs = [line.split()[:2] for line in lines[1:-2] if not line.startswith(" ")]
    assert signs == [["✓", "bakery"], ["✗", "cafe"], ["✗", "salon"], ["✗", "zoo"]]
    text = " ".join(" ".join(lines).split())
    assert "cafe config.yaml:14" in text
    assert "salon The shop's data is not here yet" in text
    assert "zoo The database is damaged" in text
    assert lines[-1] == "3 of 4 shops need attention."
    assert max(map(len, lines)) <= 80


def test_an_empty_folder_leads_to_init(tmp_path: Path) -> None:
    with pytest.raises(OwnerFileError, match="regulars init"):
        status.run(tmp_path / "config.yaml", (), now=NOW, as_json=False)


def test_what_needs_attention_is_below_the_line(
    tmp_path: Path, printed: pytest.CaptureFixture[str]
) -> None:
    path = create_shop(tmp_path / "cafe")
    shop = open_shop(path)
    with write_transaction(shop.engine) as connection:
        connection.execute(update(SyncState).values(finished_at=NOW - 3 * DAY))
        connection.execute(update(Tick).values(at=NOW - 2 * DAY))
        stop_mail(connection, None, "holidays", now=NOW)
    shop.engine.dispose()
    lines = lines_of(printed, path, expected=1)
    assert [line.strip() for line in lines[2:-2]] == [
        "all mail is stopped: holidays",
        "till was not read for 3 days",
        "the rules did not run for 2 days",
    ]


def test_only_a_live_shop_needs_the_doctor(tmp_path: Path) -> None:
    path = create_shop(tmp_path / "cafe")
    assert not load_status(path, now=NOW).attention
    live = (
        "sending:\n  through: smtp\n  smtp: {server: mail.cornercafe.example}\n"
        "  dkim selector: mail\n"
        "  mailbox: {server: mail.cornercafe.example, user: ana, password: $TOKEN}"
    )
    path.write_text(FILE.replace("sending:", live))
    status_now = load_status(path, now=NOW)
    assert (status_now.trouble, status_now.mode) == (None, "live")
    assert status_now.attention == ["regulars doctor has not looked at it"]


def test_a_result_for_other_settings_is_no_result(tmp_path: Path) -> None:
    path = create_shop(tmp_path / "cafe")
    shop = open_shop(path)
    with write_transaction(shop.engine) as connection:
        row = {"about": "others", "at": NOW, "wrong": 2, "first_wrong": "No MX record."}
        connection.execute(insert(DoctorRun).values(row))
    shop.engine.dispose()
    assert load_status(path, now=NOW).doctor is None


def test_nothing_is_written_or_upgraded(tmp_path: Path) -> None:
    path = create_shop(tmp_path / "cafe")
    with closing(sqlite3.connect(path.with_name("regulars.db"))) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
        connection.commit()
    without_database = create_shop(tmp_path / "salon")
    without_database.with_name("regulars.db").unlink()
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    assert "another version" in str(load_status(path, now=NOW).trouble)
    assert "not here yet" in str(load_status(without_database, now=NOW).trouble)
    after = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    assert after == before


def test_a_locked_database_is_a_reason(tmp_path: Path) -> None:
    path = create_shop(tmp_path / "cafe")
    lock = sqlite3.connect(path.with_name("regulars.db"), isolation_level=None)
    lock.execute("PRAGMA locking_mode=EXCLUSIVE")
    lock.execute("BEGIN EXCLUSIVE")
    lock.execute("DELETE FROM ticks")
    try:
        assert "locked" in str(load_status(path, now=NOW).trouble)
    finally:
        lock.close()


def test_each_shop_has_its_own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOKEN", raising=False)
    first, second = create_shop(tmp_path / "a"), create_shop(tmp_path / "b")
    (tmp_path / "b" / ".env").write_text("REGULARS_SECRET=secret\n")
    assert load_status(first, now=NOW).trouble is None
    assert "$TOKEN is not set" in str(load_status(second, now=NOW).trouble)


def test_folders_files_and_patterns_name_shops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("bakery", "cafe"):
        (tmp_path / "shops" / name).mkdir(parents=True)
        (tmp_path / "shops" / name / "config.yaml").touch()
    (tmp_path / "shops" / "notes").mkdir()
    both = [Path("shops/bakery/config.yaml"), Path("shops/cafe/config.yaml")]
    monkeypatch.chdir(tmp_path)
    assert list(shop_folders.config_paths("shops")) == both
    assert list(shop_folders.config_paths("shops/*")) == both
    assert list(shop_folders.config_paths(f"{tmp_path}/shops/c*")) == [tmp_path / both[1]]
    assert list(shop_folders.config_paths("shops/cafe")) == [both[1]]
    assert list(shop_folders.config_paths("shops/cafe/config.yaml")) == [both[1]]
    assert list(shop_folders.config_paths("nowhere")) == [Path("nowhere")]


def test_the_document_names_what_was_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = create_shop(tmp_path / "cafe")
    status.run(path, (), now=NOW, as_json=True)
    [shop] = json.loads(capsys.readouterr().out)["shops"]
    assert shop["synced at"] == "2026-03-03T09:00:00+00:00"
    assert shop["mails"] == {"sent": 0, "rehearsed": 0, "failed": 0, "waiting": 0, "in doubt": 0}
    assert (shop["reachable"], shop["needs attention"]) == (1, False)


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=59), "0 min"),
        (timedelta(minutes=59), "59 min"),
        (HOUR, "1 h"),
        (47 * HOUR, "47 h"),
        (2 * DAY, "2 d"),
        (-HOUR, "ahead"),
    ],
)
def test_an_age_fits_in_six_characters(age: timedelta, text: str) -> None:
    assert age_text(NOW - age, NOW) == text
    assert age_text(None, NOW) == "never"
