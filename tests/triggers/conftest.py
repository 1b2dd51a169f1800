"""A café in memory: edges are many, and have nothing to do with where the rows are kept."""

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
from mail.senders.outbox.sender import Outbox
from shop.db.engine import open_database, writing
from tests.cafe import Cafe


@pytest.fixture(scope="session")
def memory() -> Iterator[Engine]:
    """One database for all of them, so that each statement is put together once."""
    engine = open_database("sqlite://", beside=Path())
    SQLModel.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def corner(request: pytest.FixtureRequest, memory: Engine, tmp_path: Path) -> Cafe:
    """The Corner Café, empty, with the rules of the test's docstring, if it has any."""
    with writing(memory) as connection:
        for table in reversed(SQLModel.metadata.sorted_tables):
            connection.execute(table.delete())
    rules = inspect.cleandoc(request.function.__doc__ or "")
    made = Cafe.__new__(Cafe)
    made.path, made.engine, made.outbox = tmp_path / "config.yaml", memory, tmp_path / "outbox"
    if "rules:" in rules:
        follow(made, rules)
    return made


def follow(cafe: Cafe, rules: str) -> None:
    """These are the rules of the café."""
    sender = Outbox(cafe.outbox)
    cafe.shop = replace(_read(rules), path=cafe.path, engine=cafe.engine, sender=sender)


@cache
def _read(rules: str) -> OpenShop:
    """A file that many cases share is read once."""
    with tempfile.TemporaryDirectory() as folder:
        return Cafe(open_database("sqlite://", beside=Path()), Path(folder), rules).shop
