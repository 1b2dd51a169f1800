"""What a shop writes, no other user of the machine may read."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

from engine.open.open_shop import open_shop
from shop.db.engine import open_database
from tests.cafe import HOUR, MARCH, Cafe
from tests.flows.processes import Prefect, regulars, run_in_fork

RULES = """
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{send: cart-reminder}]
    include backlog: yes
"""
OWNERS_FILES = {"config.yaml"}  # written by the test, with the modes of its process


@pytest.fixture
def shop_folder(tmp_path: Path, prepared_sqlite: Path) -> Path:
    """A folder whose database everybody may read, with a cart of Clara's."""
    folder = tmp_path / "shop"
    folder.mkdir()
    shutil.copy(prepared_sqlite, folder / "regulars.db")
    cafe = Cafe(open_database("sqlite:///regulars.db", base_folder=folder), folder, RULES)
    cafe.customer("clara")
    cafe.cart("clara", MARCH - 3 * HOUR)
    cafe.engine.dispose()
    return folder


def readable_by_others(folder: Path) -> set[str]:
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if stat.S_IMODE(path.lstat().st_mode) & 0o077 and path.name not in OWNERS_FILES
    }


def written_by(folder: Path) -> set[str]:
    return {path.suffix or path.name for path in folder.rglob("*") if path.is_file()}


def test_nothing_that_a_run_and_a_backup_write_is_readable_by_others(
    shop_folder: Path, prefect: Prefect
) -> None:
    (shop_folder / "regulars.db").chmod(0o644)
    at = MARCH.isoformat()
    for arguments in (["run", "--at", at], ["backup"], ["morning"]):
        completed = run_in_fork(shop_folder, *arguments, prefect=prefect)
        assert completed.returncode == 0, completed.stderr
    assert {".eml", ".html", ".gz", ".csv", ".db", ".env"} <= written_by(shop_folder)
    assert readable_by_others(shop_folder) == set()


@pytest.mark.soak
def test_nothing_that_prefects_own_server_writes_is_readable_by_others(shop_folder: Path) -> None:
    completed = regulars(shop_folder, "run", "--at", MARCH.isoformat())
    assert completed.returncode == 0, completed.stderr
    assert (shop_folder / ".regulars/prefect/prefect.db").exists()
    assert readable_by_others(shop_folder) == set()


def test_files_of_earlier_versions_are_tightened_when_the_shop_is_opened(shop_folder: Path) -> None:
    older = ["outbox/1.eml", ".regulars/prefect/prefect.db", "backups/old.tar.gz",
             "regulars-at-0003.db", "regulars.db-wal"]  # fmt: skip
    for name in older:
        file = shop_folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o644)
    for path in shop_folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    elsewhere = shop_folder.parent / "elsewhere"
    elsewhere.touch(mode=0o644)
    (shop_folder / "outbox/link").symlink_to(elsewhere)
    open_shop(shop_folder / "config.yaml").engine.dispose()
    assert readable_by_others(shop_folder) == {"outbox/link"}  # the mode of a link says nothing
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o644
    assert stat.S_IMODE((shop_folder / "config.yaml").stat().st_mode) == 0o644
