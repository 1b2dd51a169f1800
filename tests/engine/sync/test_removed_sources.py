"""A source that leaves config.yaml no longer decides who may be mailed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Engine

from engine.reach import load_reach
from engine.sync.removed_sources import describe_removed_sources, load_removed_sources
from engine.sync.sync import sync_all
from shop.db.engine import read_transaction
from tests.cafe import DAY, FILE, MARCH, Cafe

LIST = """
  {name}:
    from: csv
    holds: customers
    file: customers.csv
    columns: {{e-mail: Email, first name: First, birthday: Birthday, consent: Newsletter}}
"""
BIRTHDAY = """
rules:
  birthday:
    when: birthday
    in: 1 day
    then:
      - send: birthday
"""
CUSTOMERS = """Email,First,Birthday,Newsletter
ana@example.com,Ana,1990-03-06,yes
bruno@example.com,Bruno,1991-03-06,no
"""


class Shop:
    """The café with the sources of its file."""

    def __init__(self, engine: Engine, folder: Path, *sources: str) -> None:
        self.folder = folder
        (folder / "customers.csv").write_text(CUSTOMERS)
        self.cafe = Cafe(engine, folder, self._config(sources))

    def configure(self, *sources: str) -> None:
        self.cafe.reread(self._config(sources))

    def sync(self, days: float = 0) -> None:
        results = asyncio.run(sync_all(self.cafe.shop, now=MARCH + days * DAY))
        assert [result.error for result in results if result.error] == []

    def birthday_mails(self) -> list[str]:
        self.cafe.run(MARCH + 1 * DAY)
        self.cafe.run(MARCH + 2 * DAY)
        return self.cafe.mailed_names()

    def _config(self, sources: tuple[str, ...]) -> str:
        blocks = "".join(LIST.format(name=name) for name in sources)
        return FILE + (f"sources:{blocks}" if blocks else "") + BIRTHDAY


@pytest.fixture
def shop(engine: Engine, tmp_path: Path) -> Shop:
    shop = Shop(engine, tmp_path, "old-list")
    shop.sync()
    return shop


def test_a_listed_yes_is_mailed(shop: Shop) -> None:
    assert shop.birthday_mails() == ["ana"]


def test_the_yes_of_a_removed_source_no_longer_counts(shop: Shop) -> None:
    shop.configure()
    assert shop.birthday_mails() == []


def test_a_removed_source_that_is_put_back_counts_as_before(shop: Shop) -> None:
    shop.configure()
    shop.cafe.run(MARCH)
    shop.configure("old-list")
    assert shop.birthday_mails() == ["ana"]


def test_a_renamed_source_counts_from_its_first_sync_on(shop: Shop) -> None:
    shop.configure("new-list")
    shop.sync(days=0.5)
    assert shop.birthday_mails() == ["ana"]


def test_the_no_of_a_removed_source_stays(shop: Shop) -> None:
    shop.configure("new-list")
    (shop.folder / "customers.csv").write_text(CUSTOMERS.replace(",no", ",yes"))
    shop.sync(days=0.5)
    assert shop.birthday_mails() == ["ana"]


def test_a_sign_up_is_no_source_and_stays(shop: Shop) -> None:
    shop.cafe.customer("clara")  # arrives without having been read by a sync
    shop.configure()
    shop.cafe.run(MARCH)
    with read_transaction(shop.cafe.engine) as connection:
        assert [source.name for source in load_removed_sources(connection, [])] == ["old-list"]
        assert load_reach(connection, shop.cafe.shop.config, now=MARCH).yes == 1


def test_check_says_what_a_removed_source_still_holds(shop: Shop) -> None:
    assert describe_removed_sources(shop.cafe.shop.config, shop.folder) == []
    shop.configure("new-list")
    if shop.cafe.engine.dialect.name != "sqlite":
        return  # config.yaml names the database file
    [sentence] = describe_removed_sources(shop.cafe.shop.config, shop.folder)
    assert "old-list is no longer in the file" in sentence
    assert "customers: 2 (1 yes, 1 no), orders: 0" in sentence
    assert "renamed it to new-list" in sentence
