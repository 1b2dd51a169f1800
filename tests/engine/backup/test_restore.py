"""A restored shop does not repeat mails sent after its backup."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from sqlmodel import col

from engine.backup.activate_copy import activate_copy
from engine.backup.create import create_backup
from engine.backup.restore import restore_backup
from engine.message_states import State
from engine.open.detect_copy import detect_copy
from engine.owner.approvals import approve_mails
from shop.db import stops
from shop.db.engine import open_database, read_transaction, write_transaction
from shop.tables import Enrolment, Message
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.engine.backup.shop_copies import (
    backup_to_restore,
    leave_cart,
    live_cafe,
    sent_names,
    with_office,
)


@pytest.fixture
def original(sqlite: Engine, tmp_path: Path) -> Cafe:
    return live_cafe(sqlite, tmp_path)


def test_mails_sent_after_the_backup_are_not_repeated(original: Cafe, tmp_path: Path) -> None:
    leave_cart(original, "ana")  # first mail before the backup, second after it
    leave_cart(original, "bruno", MARCH + 2 * HOUR)  # known to the backup, due after it
    original.customer("fernando")
    original.visits("fernando", MARCH - 45 * DAY + 3 * HOUR)  # lapses after it
    original.run()
    restore_later = backup_to_restore(original, tmp_path)
    for later in (MARCH + 3 * HOUR, MARCH + DAY + HOUR):
        original.run(later)
    leave_cart(original, "clara", MARCH + DAY)  # left after the backup
    original.run(MARCH + DAY + 2 * HOUR)
    before = sorted(sent_names(original))
    assert before == ["ana", "ana", "bruno", "clara", "fernando"]

    restored_cafe = restore_later()
    leave_cart(restored_cafe, "clara", MARCH + DAY)  # the sync brings it
    restored_cafe.run(MARCH + DAY + 3 * HOUR)
    assert sent_names(restored_cafe) == []
    activate_copy(restored_cafe.shop, now=MARCH + DAY + 4 * HOUR, catch_up=False)
    for length in (5 * HOUR, DAY, 3 * DAY, 9 * DAY):
        restored_cafe.run(MARCH + DAY + length)
    assert sent_names(restored_cafe) == []
    leave_cart(restored_cafe, "dora", MARCH + 10 * DAY)
    restored_cafe.run(MARCH + 10 * DAY)
    assert sent_names(restored_cafe) == ["dora"]


def test_occasions_synced_after_activation_are_not_mailed_again(
    original: Cafe, tmp_path: Path
) -> None:
    restore_later = backup_to_restore(original, tmp_path)
    leave_cart(original, "clara", MARCH + HOUR)
    original.run(MARCH + HOUR)
    assert sent_names(original) == ["clara"]
    restored_cafe = restore_later()
    activate_copy(restored_cafe.shop, now=MARCH + 2 * HOUR, catch_up=False)
    leave_cart(restored_cafe, "clara", MARCH + HOUR)
    restored_cafe.run(MARCH + 3 * HOUR)
    assert sent_names(restored_cafe) == []


def test_a_reminded_cart_is_not_reminded_when_it_changes(original: Cafe, tmp_path: Path) -> None:
    restore_later = backup_to_restore(original, tmp_path)
    leave_cart(original, "clara", MARCH + HOUR)
    original.run(MARCH + HOUR)
    restored_cafe = restore_later()
    leave_cart(restored_cafe, "clara", MARCH + HOUR)
    activate_copy(restored_cafe.shop, now=MARCH + 2 * HOUR, catch_up=False)
    restored_cafe.cart("clara", MARCH + 3 * HOUR, version=2)
    restored_cafe.run(MARCH + 6 * HOUR)
    assert sent_names(original) == ["clara"]
    assert sent_names(restored_cafe) == []


def test_mails_waiting_for_approval_at_the_backup_are_dropped(
    original: Cafe, tmp_path: Path
) -> None:
    text = original.path.read_text()
    original.reread(text.replace("cart-reminder}", "cart-reminder, approve first: yes}"))
    with_office(original)
    leave_cart(original, "clara")
    original.run()
    restore_later = backup_to_restore(original, tmp_path)
    approve_mails(original.shop, None, now=MARCH)
    original.run(MARCH + HOUR)
    assert sent_names(original) == ["clara"]
    restored_cafe = restore_later()
    activate_copy(restored_cafe.shop, now=MARCH + 2 * HOUR, catch_up=False)
    approve_mails(restored_cafe.shop, None, now=MARCH + 2 * HOUR)
    restored_cafe.run(MARCH + 3 * HOUR)
    assert sent_names(restored_cafe) == []


@pytest.mark.parametrize("catch_up", [True, False])
def test_a_mail_being_sent_at_the_backup_is_in_doubt(
    original: Cafe, tmp_path: Path, *, catch_up: bool
) -> None:
    leave_cart(original, "clara")
    original.run()
    with write_transaction(original.engine) as connection:
        connection.execute(update(Message).values(state="sending", claimed_by="x@other/b/1/1"))
        connection.execute(update(Enrolment).values(next_at=None))
    restored_cafe = backup_to_restore(original, tmp_path)()
    restored_cafe.run(MARCH + HOUR)
    activate_copy(restored_cafe.shop, now=MARCH + HOUR, catch_up=catch_up)
    restored_cafe.run(MARCH + 2 * HOUR)
    assert sent_names(restored_cafe) == []
    assert restored_cafe.select_all(col(Message.state)) == [State.IN_DOUBT]


def test_a_restored_shop_catches_up_on_request(original: Cafe, tmp_path: Path) -> None:
    leave_cart(original, "clara", MARCH + HOUR)
    restored_cafe = backup_to_restore(original, tmp_path)()
    activate_copy(restored_cafe.shop, now=MARCH + 2 * HOUR, catch_up=True)
    restored_cafe.run(MARCH + 3 * HOUR)
    assert sent_names(restored_cafe) == ["clara"]


def test_a_rule_with_a_backlog_is_paused(original: Cafe, tmp_path: Path) -> None:
    text = original.path.read_text()
    backlog = text.replace("for: 45 days", "for: 45 days\n        include backlog: yes")
    original.reread(backlog)
    with_office(original)
    restore_later = backup_to_restore(original, tmp_path)
    original.customer("clara")
    original.visits("clara", MARCH - 90 * DAY)
    original.run(MARCH + HOUR)
    assert sent_names(original) == ["clara"]
    restored_cafe = restore_later()
    activation = activate_copy(restored_cafe.shop, now=MARCH + 2 * HOUR, catch_up=False)
    assert activation.paused == ("we-miss-you",)
    restored_cafe.customer("clara")
    restored_cafe.visits("clara", MARCH - 90 * DAY)
    restored_cafe.run(MARCH + 3 * HOUR)
    assert sent_names(restored_cafe) == []


def test_a_week_of_points_is_not_mailed_twice(original: Cafe, tmp_path: Path) -> None:
    text = original.path.read_text()
    earned = "      earned: {when: points earned, then: [{send: points-earned}]}"
    points = "    loyalty: {earn: 1 point per 1, rewards: {a coffee: 10 points}}"
    original.reread(f"{text}\n{earned}\n{points}\n")
    with_office(original)
    original.run()
    restore_later = backup_to_restore(original, tmp_path)
    earn(original, MARCH + HOUR)
    original.run(MARCH + HOUR)
    assert sent_names(original) == ["clara"]
    restored_cafe = restore_later()
    activate_copy(restored_cafe.shop, now=MARCH + 2 * HOUR, catch_up=False)
    earn(restored_cafe, MARCH + HOUR)
    earn(restored_cafe, MARCH + 3 * HOUR)
    restored_cafe.run(MARCH + 3 * HOUR)
    assert sent_names(restored_cafe) == []
    earn(restored_cafe, MARCH + 8 * DAY)
    restored_cafe.run(MARCH + 8 * DAY)
    assert sent_names(restored_cafe) == ["clara"]


def earn(cafe: Cafe, at: datetime) -> None:
    cafe.customer("clara")
    cafe.visits("clara", at)


def test_a_shop_restored_in_the_same_place_is_held_too(original: Cafe, tmp_path: Path) -> None:
    backup_file = create_backup(
        original.shop, tmp_path.parent / f"{tmp_path.name}-backups", now=MARCH
    ).file
    original.engine.dispose()
    config = original.path.read_text()
    shutil.rmtree(tmp_path)
    restore_backup(backup_file, tmp_path, {}, now=MARCH)
    with closing(open_database("sqlite:///regulars.db", base_folder=tmp_path).raw_connection()):
        pass
    restored_cafe = with_office(Cafe(original.engine, tmp_path, config))
    detect_copy(restored_cafe.engine, reaches_people=True, now=MARCH)
    leave_cart(restored_cafe, "clara")
    restored_cafe.run()
    assert sent_names(restored_cafe) == []
    with read_transaction(restored_cafe.engine) as connection:
        assert "restored from the backup" in str(stops.copy_hold_reason(connection))
