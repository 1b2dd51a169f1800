"""The version of the database changes with each commit of another connection, and only then."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import Engine

from settings.errors import UnavailableError
from shop.db import stops
from shop.db.change_watch import open_change_watch
from shop.db.engine import read_transaction, write_transaction
from tests.cafe import MARCH


def stop_mail(engine: Engine, rule: str | None = None) -> None:
    with write_transaction(engine) as connection:
        stops.stop_mail(connection, rule, None, now=MARCH)


def test_a_commit_is_seen_once(engine: Engine) -> None:
    with open_change_watch(engine) as watch:
        assert watch.has_changed()  # nothing was read before
        assert not watch.has_changed()
        stop_mail(engine)
        assert watch.has_changed()
        assert not watch.has_changed()


def test_a_commit_of_a_transaction_that_was_open_before_is_seen(engine: Engine) -> None:
    with open_change_watch(engine) as watch:
        with write_transaction(engine) as connection:
            stops.stop_mail(connection, None, None, now=MARCH)
            watch.has_changed()
        assert watch.has_changed()


def test_reading_is_no_change(engine: Engine) -> None:
    with open_change_watch(engine) as watch:
        watch.has_changed()
        with read_transaction(engine) as connection:
            stops.load_stops(connection)
        assert not watch.has_changed()


def test_the_watch_holds_no_lock(engine: Engine) -> None:
    with open_change_watch(engine) as watch:
        for number in range(3):
            watch.has_changed()
            started = time.monotonic()
            stop_mail(engine, f"rule-{number}")
            assert time.monotonic() - started < 5


def test_a_database_that_does_not_answer_is_unavailable(engine: Engine) -> None:
    with open_change_watch(engine) as watch:
        watch.has_changed()
        watch._cursor.connection.close()
        with pytest.raises(UnavailableError, match="The database did not do its part"):
            watch.has_changed()
