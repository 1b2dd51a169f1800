"""A copy of a shop sends no mail until its owner activates it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import col

from engine.backup.activate_copy import activate_copy, hold_reason
from engine.message_states import State
from engine.open.detect_copy import detect_copy
from shop.db import location, stops
from shop.db.engine import open_database, write_transaction
from shop.tables import Message
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.engine.backup.shop_copies import (
    LIVE,
    copy_shop,
    leave_cart,
    live_cafe,
    sent_names,
    with_office,
)


def live(test: Callable[..., None]) -> Callable[..., None]:
    test.__doc__ = LIVE
    return test


@pytest.fixture
def original(sqlite: Engine, tmp_path: Path) -> Cafe:
    return live_cafe(sqlite, tmp_path)


def test_an_unmoved_shop_sends(original: Cafe) -> None:
    leave_cart(original, "clara")
    for _ in range(3):
        detect_copy(original.engine, reaches_people=True, now=MARCH)
    original.run()
    assert hold_reason(original.engine) is None
    assert sent_names(original) == ["clara"]


def test_a_copied_folder_holds_its_mail_and_the_original_sends(
    original: Cafe, tmp_path: Path
) -> None:
    leave_cart(original, "clara")
    copy = copy_shop(original, tmp_path / "copy")
    copy.run()
    original.run()
    assert sent_names(copy) == []
    assert sent_names(original) == ["clara"]
    assert f"a copy of the shop that lived at {tmp_path}" in str(hold_reason(copy.engine))
    assert copy.select_all(col(Message.state)) == [State.QUEUED]


def test_the_same_path_on_another_machine_is_a_copy(
    original: Cafe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "machine-id"
    other.write_text("0" * 32 + "\n")
    monkeypatch.setattr(location, "MACHINE_ID", other)
    detect_copy(original.engine, reaches_people=True, now=MARCH)
    assert hold_reason(original.engine) == "a copy of the shop that lived on another machine"


@pytest.mark.parametrize("machine_id_text", [None, "", "uninitialized"])
def test_a_restarted_container_is_no_copy(
    sqlite: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, machine_id_text: str | None
) -> None:
    machine = tmp_path / "machine-id"
    if machine_id_text is not None:
        machine.write_text(machine_id_text)
    monkeypatch.setattr(location, "MACHINE_ID", machine)
    monkeypatch.setattr(location, "CONTAINER_FILES", (tmp_path,))
    for name in ("3f9c21ab", "c0ffee21"):
        monkeypatch.setattr("socket.gethostname", lambda name=name: name)
        detect_copy(sqlite, reaches_people=True, now=MARCH)
    assert hold_reason(sqlite) is None


def test_a_machine_without_an_id_is_identified_by_its_host_name(
    sqlite: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(location, "MACHINE_ID", tmp_path / "none")
    monkeypatch.setattr(location, "CONTAINER_FILES", ())
    for name in ("till", "laptop"):
        monkeypatch.setattr("socket.gethostname", lambda name=name: name)
        detect_copy(sqlite, reaches_people=True, now=MARCH)
    assert hold_reason(sqlite)


def test_the_machine_id_is_not_disclosed(original: Cafe) -> None:
    if not location.MACHINE_ID.is_file() or not location.MACHINE_ID.read_text().strip():
        return
    assert location.MACHINE_ID.read_text().strip() not in str(location.location_of(original.engine))


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_several_machines_may_share_one_postgresql_database(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    detect_copy(engine, reaches_people=True, now=MARCH)
    monkeypatch.setattr(location, "MACHINE_ID", tmp_path / "none")
    monkeypatch.setattr("socket.gethostname", lambda: "another-worker")
    detect_copy(engine, reaches_people=True, now=MARCH)
    assert hold_reason(engine) is None


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_copied_postgresql_database_is_detected(engine: Engine) -> None:
    detect_copy(engine, reaches_people=True, now=MARCH)
    place = location.location_of(engine)
    with write_transaction(engine) as connection:
        assert place
        elsewhere = replace(place, key=place.key.replace(" ", " other-", 1))
        location.store_location(connection, elsewhere, now=MARCH, overwrite=True)
    detect_copy(engine, reaches_people=True, now=MARCH)
    assert hold_reason(engine)


def test_a_copy_may_rehearse_until_it_is_to_send(original: Cafe, tmp_path: Path) -> None:
    folder = tmp_path / "staging"
    shutil.copytree(tmp_path, folder, ignore=shutil.ignore_patterns("staging"))
    engine = open_database("sqlite:///regulars.db", base_folder=folder)
    staging = Cafe(engine, folder, original.path.read_text())
    detect_copy(engine, reaches_people=False, now=MARCH)
    leave_cart(staging, "clara")
    assert staging.counts() == {"rehearsed": 1}
    detect_copy(engine, reaches_people=True, now=MARCH)
    leave_cart(with_office(staging), "dora", MARCH + HOUR)
    staging.run(MARCH + HOUR)
    assert sent_names(staging) == []


def test_activation_keeps_the_owners_own_stop(original: Cafe, tmp_path: Path) -> None:
    copy = copy_shop(original, tmp_path / "copy")
    with write_transaction(copy.engine) as connection:
        stops.stop_mail(connection, None, "Ana is ill", now=MARCH)
        assert list(stops.load_stops(connection)) == [None]
    activate_copy(copy.shop, now=MARCH, catch_up=True)
    leave_cart(copy, "clara", MARCH + HOUR)
    copy.run(MARCH + HOUR)
    assert sent_names(copy) == []
    with write_transaction(copy.engine) as connection:
        assert stops.resume_mail(connection, None)
    copy.run(MARCH + HOUR)
    assert sent_names(copy) == ["clara"]


def test_start_does_not_activate_a_copy(original: Cafe, tmp_path: Path) -> None:
    copy = copy_shop(original, tmp_path / "copy")
    with write_transaction(copy.engine) as connection:
        assert not stops.resume_mail(connection, None)
    assert hold_reason(copy.engine)


def test_a_copy_moved_back_still_needs_activation(original: Cafe, tmp_path: Path) -> None:
    """It does not know what the original sent meanwhile."""
    copy_shop(original, tmp_path / "copy").engine.dispose()
    original.engine.dispose()
    shutil.copy(tmp_path / "copy" / "regulars.db", tmp_path / "regulars.db")
    detect_copy(original.engine, reaches_people=True, now=MARCH)
    assert hold_reason(original.engine)


def test_a_moved_shop_catches_up_on_request(original: Cafe, tmp_path: Path) -> None:
    leave_cart(original, "clara")
    moved = copy_shop(original, tmp_path / "moved")
    moved.run()
    activation = activate_copy(moved.shop, now=MARCH + HOUR, catch_up=True)
    assert activation.was_held
    moved.run(MARCH + HOUR)
    assert sent_names(moved) == ["clara"]
    detect_copy(moved.engine, reaches_people=True, now=MARCH)
    assert hold_reason(moved.engine) is None


def test_activating_an_original_reports_that_nothing_was_held(original: Cafe) -> None:
    leave_cart(original, "clara")
    original.run()
    assert not activate_copy(original.shop, now=MARCH + 2 * DAY, catch_up=False).was_held
    original.run(MARCH + 2 * DAY)
    assert sent_names(original) == ["clara", "clara"]
