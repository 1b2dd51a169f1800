"""A copy of a shop never mails by itself, until its owner says that it is the one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import col

from engine.backup.activate_copy import asleep, this_is_the_one
from engine.message_states import State
from engine.open.detect_copy import recognise
from shop.db import location, stops
from shop.db.engine import open_database, writing
from shop.tables import Message
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.engine.backup.shop_copies import LIVE, copied, leave_cart, live_cafe, sent, with_office


def live(test: Callable[..., None]) -> Callable[..., None]:
    test.__doc__ = LIVE
    return test


@pytest.fixture
def here(sqlite: Engine, tmp_path: Path) -> Cafe:
    return live_cafe(sqlite, tmp_path)


def test_a_shop_that_stays_where_it_is_mails(here: Cafe) -> None:
    leave_cart(here, "clara")
    for _ in range(3):
        recognise(here.engine, reaches_people=True, now=MARCH)
    here.run()
    assert asleep(here.engine) is None
    assert sent(here) == ["clara"]


def test_a_copied_folder_holds_its_mail_and_the_first_one_goes_on(
    here: Cafe, tmp_path: Path
) -> None:
    leave_cart(here, "clara")
    copy = copied(here, tmp_path / "copy")
    copy.run()
    here.run()
    assert sent(copy) == []
    assert sent(here) == ["clara"]
    assert f"a copy of the shop that lived at {tmp_path}" in str(asleep(copy.engine))
    assert copy.all(col(Message.state)) == [State.QUEUED]


def test_the_same_path_on_another_machine_is_a_copy(
    here: Cafe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "machine-id"
    other.write_text("0" * 32 + "\n")
    monkeypatch.setattr(location, "MACHINE_ID", other)
    recognise(here.engine, reaches_people=True, now=MARCH)
    assert asleep(here.engine) == "a copy of the shop that lived on another machine"


@pytest.mark.parametrize("given", [None, "", "uninitialized"])
def test_a_container_that_starts_anew_is_no_copy(
    sqlite: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: str | None
) -> None:
    machine = tmp_path / "machine-id"
    if given is not None:
        machine.write_text(given)
    monkeypatch.setattr(location, "MACHINE_ID", machine)
    monkeypatch.setattr(location, "CONTAINER", (tmp_path,))
    for name in ("3f9c21ab", "c0ffee21"):
        monkeypatch.setattr("socket.gethostname", lambda name=name: name)
        recognise(sqlite, reaches_people=True, now=MARCH)
    assert asleep(sqlite) is None


def test_a_machine_without_a_number_is_known_by_its_name(
    sqlite: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(location, "MACHINE_ID", tmp_path / "none")
    monkeypatch.setattr(location, "CONTAINER", ())
    for name in ("till", "laptop"):
        monkeypatch.setattr("socket.gethostname", lambda name=name: name)
        recognise(sqlite, reaches_people=True, now=MARCH)
    assert asleep(sqlite)


def test_the_machines_number_is_told_to_nobody(here: Cafe) -> None:
    if not location.MACHINE_ID.is_file() or not location.MACHINE_ID.read_text().strip():
        return
    assert location.MACHINE_ID.read_text().strip() not in str(location.place_of(here.engine))


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_several_machines_on_one_postgresql_are_one_shop(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    recognise(engine, reaches_people=True, now=MARCH)
    monkeypatch.setattr(location, "MACHINE_ID", tmp_path / "none")
    monkeypatch.setattr("socket.gethostname", lambda: "another-worker")
    recognise(engine, reaches_people=True, now=MARCH)
    assert asleep(engine) is None


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_copy_of_a_postgresql_database_is_a_copy(engine: Engine) -> None:
    recognise(engine, reaches_people=True, now=MARCH)
    here = location.place_of(engine)
    with writing(engine) as connection:
        assert here
        elsewhere = replace(here, key=here.key.replace(" ", " other-", 1))
        location.settle_at(connection, elsewhere, now=MARCH, anew=True)
    recognise(engine, reaches_people=True, now=MARCH)
    assert asleep(engine)


def test_a_copy_that_rehearses_goes_on_until_it_is_to_send(here: Cafe, tmp_path: Path) -> None:
    folder = tmp_path / "staging"
    shutil.copytree(tmp_path, folder, ignore=shutil.ignore_patterns("staging"))
    engine = open_database("sqlite:///regulars.db", beside=folder)
    staging = Cafe(engine, folder, here.path.read_text())
    recognise(engine, reaches_people=False, now=MARCH)
    leave_cart(staging, "clara")
    assert staging.counts() == {"rehearsed": 1}
    recognise(engine, reaches_people=True, now=MARCH)
    leave_cart(with_office(staging), "dora", MARCH + HOUR)
    staging.run(MARCH + HOUR)
    assert sent(staging) == []


def test_the_owners_own_stop_outlives_the_word(here: Cafe, tmp_path: Path) -> None:
    copy = copied(here, tmp_path / "copy")
    with writing(copy.engine) as connection:
        stops.stop(connection, None, "Ana is ill", now=MARCH)
        assert list(stops.all_stops(connection)) == [None]
    this_is_the_one(copy.shop, now=MARCH, catch_up=True)
    leave_cart(copy, "clara", MARCH + HOUR)
    copy.run(MARCH + HOUR)
    assert sent(copy) == []
    with writing(copy.engine) as connection:
        assert stops.start(connection, None)
    copy.run(MARCH + HOUR)
    assert sent(copy) == ["clara"]


def test_start_does_not_wake_a_copy(here: Cafe, tmp_path: Path) -> None:
    copy = copied(here, tmp_path / "copy")
    with writing(copy.engine) as connection:
        assert not stops.start(connection, None)
    assert asleep(copy.engine)


def test_a_copy_that_goes_home_still_waits_for_the_word(here: Cafe, tmp_path: Path) -> None:
    """What the first one sent meanwhile, it does not know."""
    copied(here, tmp_path / "copy").engine.dispose()
    here.engine.dispose()
    shutil.copy(tmp_path / "copy" / "regulars.db", tmp_path / "regulars.db")
    recognise(here.engine, reaches_people=True, now=MARCH)
    assert asleep(here.engine)


def test_a_moved_shop_catches_up_where_its_owner_says_so(here: Cafe, tmp_path: Path) -> None:
    leave_cart(here, "clara")
    moved = copied(here, tmp_path / "moved")
    moved.run()
    done = this_is_the_one(moved.shop, now=MARCH + HOUR, catch_up=True)
    assert done.was_held
    moved.run(MARCH + HOUR)
    assert sent(moved) == ["clara"]
    recognise(moved.engine, reaches_people=True, now=MARCH)
    assert asleep(moved.engine) is None


def test_a_shop_at_home_hears_that_nothing_was_held(here: Cafe) -> None:
    leave_cart(here, "clara")
    here.run()
    assert not this_is_the_one(here.shop, now=MARCH + 2 * DAY, catch_up=False).was_held
    here.run(MARCH + 2 * DAY)
    assert sent(here) == ["clara", "clara"]
