"""A café on one SQLite database in memory, for the many edge cases."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import SQLModel

from engine.open.open_shop import OpenShop
from mail.senders.outbox.sender import OutboxSender
from shop.db.engine import open_database, write_transaction
from tests.cafe import Cafe


@pytest.fixture(scope="session")
def memory() -> Iterator[Engine]:
    """One database for all tests, so that statements are compiled once."""
    engine = open_database("sqlite://", base_folder=Path())
    SQLModel.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def corner(request: pytest.FixtureRequest, memory: Engine, tmp_path: Path) -> Cafe:
    """The Corner Café, empty, with the rules of the test's docstring."""
    with write_transaction(memory) as connection:
        for table in reversed(SQLModel.metadata.sorted_tables):
            connection.execute(table.delete())
    rules = inspect.cleandoc(request.function.__doc__ or "")
    cafe = Cafe.__new__(Cafe)
    cafe.path, cafe.engine, cafe.outbox = tmp_path / "config.yaml", memory, tmp_path / "outbox"
    if "rules:" in rules:
        set_rules(cafe, rules)
    return cafe


def set_rules(cafe: Cafe, rules: str) -> None:
    """Replaces the rules of the café."""
    sender = OutboxSender(cafe.outbox)
    cafe.shop = replace(_open_shop(rules), path=cafe.path, engine=cafe.engine, sender=sender)


@cache
def _open_shop(rules: str) -> OpenShop:
    """Cached, because many cases share a file."""
    with tempfile.TemporaryDirectory() as folder:
        return Cafe(open_database("sqlite://", base_folder=Path()), Path(folder), rules).shop
