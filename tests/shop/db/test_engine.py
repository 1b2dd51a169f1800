"""Opening a database, moments, change markers and locks."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event, insert, select
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel, col

import shop.db.migrations
from settings.errors import OwnerFileError, UnavailableError
from shop.db import changed_customers
from shop.db.engine import (
    HEAD,
    open_database,
    read_transaction,
    schema_revision,
    write_transaction,
)
from shop.db.locks import LockHeldError, hold_lock
from shop.db.upgrade import prepare_database
from shop.db.upsert import table_of
from shop.db.workers import current_worker, is_dead
from shop.ingest.source_rows import SourceRows, ingest_rows
from shop.tables import Customer, Lock
from shop.types.moment import moment_after
from tests.rows import identity

MARCH = datetime(2026, 3, 3, 10, tzinfo=UTC)


def test_the_migrations_make_the_tables_of_the_models(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


def test_the_newest_migration_is_the_one_the_program_expects() -> None:
    scripts = ScriptDirectory(str(Path(shop.db.migrations.__file__).parent))
    assert scripts.get_current_head() == HEAD


def test_preparing_twice_changes_nothing(engine: Engine) -> None:
    prepare_database(engine)
    assert schema_revision(engine) == HEAD


@pytest.mark.parametrize("address", ["mysql://x", "regulars.db", "sqlite//x"])
def test_an_address_of_another_kind_is_refused_in_a_sentence(address: str, tmp_path: Path) -> None:
    with pytest.raises(OwnerFileError, match=r"sqlite:///regulars\.db"):
        open_database(address, base_folder=tmp_path)


def test_a_moment_comes_back_aware_and_to_the_microsecond(engine: Engine) -> None:
    moment = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC)
    with write_transaction(engine) as connection:
        connection.execute(insert(table_of(Lock)).values(name="x", holder="y", until=moment))
        until = col(Lock.until)
        assert connection.scalar(select(until)) == moment
        assert connection.scalar(
            select(moment_after(until, timedelta(days=-2)))
        ) == moment - timedelta(days=2)
        assert (
            connection.scalar(select(until).where(moment_after(until, timedelta(days=1)) <= moment))
            is None
        )


def test_a_moment_without_a_zone_is_refused(engine: Engine) -> None:
    with read_transaction(engine) as connection, pytest.raises(Exception, match="no time zone"):
        connection.execute(select(col(Lock.name)).where(col(Lock.until) == datetime(2026, 3, 3)))  # noqa: DTZ001


def test_a_marker_made_during_a_tick_outlives_that_tick(engine: Engine) -> None:
    with write_transaction(engine) as connection:
        ingest_rows(connection, "online-shop", SourceRows(identities=[identity("clara")]))
    with write_transaction(engine) as connection:
        assert changed_customers.claim_changes(connection, 1) == 1
        clara = connection.scalar(select(col(Customer.id)))
        assert clara
        changed_customers.mark_changed(connection, [clara])
        assert connection.scalars(changed_customers.claimed_customers(1)).all() == [clara]
        changed_customers.clear_changes(connection, 1)
        assert changed_customers.count_changes(connection) == 1


def test_a_second_process_cannot_take_a_held_lock(engine: Engine) -> None:
    with hold_lock(engine, "tick"), pytest.raises(LockHeldError), hold_lock(engine, "tick"):
        pytest.fail("two held the lock at once")


def test_a_lock_is_free_again_after_its_work_failed(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), hold_lock(engine, "tick"):
        raise ZeroDivisionError
    with hold_lock(engine, "tick"):
        pass


def test_a_lock_that_could_not_be_released_can_be_taken_again(engine: Engine) -> None:
    """The disk is full when the lock is released, and the process continues."""

    def full(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("DELETE FROM locks"):
            raise OperationalError(statement, {}, Exception("disk full"))

    event.listen(engine, "before_cursor_execute", full)
    with pytest.raises(UnavailableError, match="disk full"), hold_lock(engine, "tick"):
        pass
    event.remove(engine, "before_cursor_execute", full)
    with hold_lock(engine, "tick"), pytest.raises(LockHeldError), hold_lock(engine, "tick"):
        pytest.fail("two held the lock at once")


def _report_worker(queue: multiprocessing.Queue[str]) -> None:
    queue.put(current_worker())


def test_the_lock_of_a_dead_process_is_taken_over_at_once(engine: Engine) -> None:
    fork = multiprocessing.get_context("fork")
    queue: multiprocessing.Queue[str] = fork.Queue()
    process = fork.Process(target=_report_worker, args=(queue,))
    process.start()
    dead_worker = queue.get(timeout=30)
    process.join()
    later = datetime.now(UTC) + timedelta(hours=1)
    with write_transaction(engine) as connection:
        connection.execute(
            insert(table_of(Lock)).values(name="tick", holder=dead_worker, until=later)
        )
    with hold_lock(engine, "tick"):
        pass


def test_a_lease_of_another_machine_is_kept_until_it_expires(engine: Engine) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    with write_transaction(engine) as connection:
        connection.execute(
            insert(table_of(Lock)).values(name="tick", holder="other/boot/1/1", until=later)
        )
    with pytest.raises(LockHeldError), hold_lock(engine, "tick"):
        pytest.fail("took a living worker's lock")


def test_this_worker_is_alive() -> None:
    assert not is_dead(current_worker())
