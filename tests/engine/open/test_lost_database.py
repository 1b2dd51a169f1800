"""A database that is gone, emptied or damaged is named, and never begun anew in silence."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.doctor.machine import check_database
from engine.open.open_shop import OpenShop, open_shop
from engine.run import run_tick
from flows.maintenance import clean_up_shop
from settings.errors import DatabaseLostError
from shop.db.engine import schema_revision
from tests.cafe import MARCH, Cafe
from tests.flows.processes import regulars
from tests.flows.served_shop import write_shop

NAMES = [f"guest{number}" for number in range(300)]  # some hundred pages
PAGE = 4096  # bytes


@pytest.fixture
def living_shop(tmp_path: Path) -> OpenShop:
    """A shop of three hundred customers whose connections are closed."""
    write_shop(tmp_path)
    shop = open_shop(tmp_path / "config.yaml")
    cafe = object.__new__(Cafe)
    cafe.engine = shop.engine
    cafe.leave_carts(MARCH, *NAMES)
    shop.engine.dispose()
    return shop


def delete(file: Path) -> None:
    file.unlink()


def empty(file: Path) -> None:
    file.write_bytes(b"")


def cut_in_half(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def zero_pages(file: Path) -> None:
    """All but the first pages, which hold the schema."""
    content = file.read_bytes()
    kept = 120 * PAGE
    file.write_bytes(content[:kept] + bytes(len(content) - kept))


def break_header(file: Path) -> None:
    file.write_bytes(b"granola" * 100 + file.read_bytes()[700:])


@pytest.mark.parametrize("lose", [delete, empty])
def test_a_lost_database_of_a_living_shop_is_not_begun_anew(
    living_shop: OpenShop, lose: Callable[[Path], None]
) -> None:
    file = living_shop.folder / "regulars.db"
    lose(file)
    with pytest.raises(DatabaseLostError, match=r"gone.*regulars restore FILE"):
        open_shop(living_shop.path)
    assert not file.exists() or file.stat().st_size == 0


def test_a_moved_shop_and_a_new_one_are_begun(living_shop: OpenShop, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    write_shop(moved)
    new = open_shop(moved / "config.yaml")
    assert schema_revision(new.engine)
    new.engine.dispose()


def test_the_owner_can_begin_without_the_old_data(living_shop: OpenShop) -> None:
    (living_shop.folder / "regulars.db").unlink()
    (living_shop.folder / ".regulars" / "database").unlink()
    begun = open_shop(living_shop.path)
    assert schema_revision(begun.engine)
    begun.engine.dispose()


def work_for_a_day(path: Path) -> None:
    shop = open_shop(path)
    with closing(shop.engine.raw_connection()):
        run_tick(shop, now=datetime.now(UTC))
        clean_up_shop(shop)


@pytest.mark.parametrize("damage", [cut_in_half, zero_pages, break_header])
def test_a_damaged_database_is_named_with_its_remedy(
    living_shop: OpenShop, damage: Callable[[Path], None]
) -> None:
    damage(living_shop.folder / "regulars.db")
    with pytest.raises(DatabaseLostError, match=r"damaged.*regulars restore FILE"):
        work_for_a_day(living_shop.path)


def test_doctor_and_maintenance_read_the_file_whole(living_shop: OpenShop) -> None:
    shop = open_shop(living_shop.path)
    assert check_database(shop)[0].message == "The database is whole."
    shop.engine.dispose()
    zero_pages(living_shop.folder / "regulars.db")
    finding = check_database(shop)[0]
    assert finding.message == "The database is damaged."
    assert "regulars restore FILE" in (finding.remedy or "")
    no_mail_list = living_shop.folder / "no-mail.csv"
    no_mail_list.unlink(missing_ok=True)
    with pytest.raises(DatabaseLostError):
        clean_up_shop(shop)
    assert not no_mail_list.exists()
    shop.engine.dispose()


def test_a_command_says_so_and_ends_with_status_1(living_shop: OpenShop) -> None:
    empty(living_shop.folder / "regulars.db")
    waiting = regulars(living_shop.folder, "waiting")
    assert waiting.returncode == 1
    assert "regulars restore FILE" in waiting.stderr
    assert "Traceback" not in waiting.stderr
