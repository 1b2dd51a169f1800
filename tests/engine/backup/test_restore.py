"""A restored shop does not know what went after its backup, and mails nobody twice."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from sqlmodel import col

from engine.backup.activate_copy import this_is_the_one
from engine.backup.create import back_up
from engine.backup.restore import restore
from engine.message_states import State
from engine.open.detect_copy import recognise
from engine.owner.approvals import approve
from shop.db import stops
from shop.db.engine import open_database, reading, writing
from shop.tables import Enrolment, Message
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.engine.backup.shop_copies import leave_cart, live_cafe, restored, sent, with_office


@pytest.fixture
def here(sqlite: Engine, tmp_path: Path) -> Cafe:
    return live_cafe(sqlite, tmp_path)


def test_nobody_mailed_after_the_backup_is_mailed_again(here: Cafe, tmp_path: Path) -> None:
    leave_cart(here, "ana")  # first mail before the backup, second after it
    leave_cart(here, "bruno", MARCH + 2 * HOUR)  # known to the backup, due after it
    here.customer("fernando")
    here.visits("fernando", MARCH - 45 * DAY + 3 * HOUR)  # lapses after it
    here.run()
    lost = restored(here, tmp_path)
    for later in (MARCH + 3 * HOUR, MARCH + DAY + HOUR):
        here.run(later)
    leave_cart(here, "clara", MARCH + DAY)  # left after the backup
    here.run(MARCH + DAY + 2 * HOUR)
    before = sorted(sent(here))
    assert before == ["ana", "ana", "bruno", "clara", "fernando"]

    new = lost()
    leave_cart(new, "clara", MARCH + DAY)  # the sync brings it
    new.run(MARCH + DAY + 3 * HOUR)
    assert sent(new) == []
    this_is_the_one(new.shop, now=MARCH + DAY + 4 * HOUR, catch_up=False)
    for length in (5 * HOUR, DAY, 3 * DAY, 9 * DAY):
        new.run(MARCH + DAY + length)
    assert sent(new) == []
    leave_cart(new, "dora", MARCH + 10 * DAY)
    new.run(MARCH + 10 * DAY)
    assert sent(new) == ["dora"]


def test_what_is_synced_only_after_the_word_is_not_mailed_again(here: Cafe, tmp_path: Path) -> None:
    lost = restored(here, tmp_path)
    leave_cart(here, "clara", MARCH + HOUR)
    here.run(MARCH + HOUR)
    assert sent(here) == ["clara"]
    new = lost()
    this_is_the_one(new.shop, now=MARCH + 2 * HOUR, catch_up=False)
    leave_cart(new, "clara", MARCH + HOUR)
    new.run(MARCH + 3 * HOUR)
    assert sent(new) == []


def test_a_cart_that_was_reminded_of_is_not_when_it_changes_again(
    here: Cafe, tmp_path: Path
) -> None:
    lost = restored(here, tmp_path)
    leave_cart(here, "clara", MARCH + HOUR)
    here.run(MARCH + HOUR)
    new = lost()
    leave_cart(new, "clara", MARCH + HOUR)
    this_is_the_one(new.shop, now=MARCH + 2 * HOUR, catch_up=False)
    new.cart("clara", MARCH + 3 * HOUR, version=2)
    new.run(MARCH + 6 * HOUR)
    assert sent(here) == ["clara"]
    assert sent(new) == []


def test_what_waited_for_a_word_may_have_had_it(here: Cafe, tmp_path: Path) -> None:
    text = here.path.read_text()
    here.reread(text.replace("cart-reminder}", "cart-reminder, approve first: yes}"))
    with_office(here)
    leave_cart(here, "clara")
    here.run()
    lost = restored(here, tmp_path)
    approve(here.shop, None, now=MARCH)
    here.run(MARCH + HOUR)
    assert sent(here) == ["clara"]
    new = lost()
    this_is_the_one(new.shop, now=MARCH + 2 * HOUR, catch_up=False)
    approve(new.shop, None, now=MARCH + 2 * HOUR)
    new.run(MARCH + 3 * HOUR)
    assert sent(new) == []


@pytest.mark.parametrize("catch_up", [True, False])
def test_what_was_being_sent_when_the_backup_was_made_is_in_doubt(
    here: Cafe, tmp_path: Path, *, catch_up: bool
) -> None:
    leave_cart(here, "clara")
    here.run()
    with writing(here.engine) as connection:
        connection.execute(update(Message).values(state="sending", claimed_by="x@other/b/1/1"))
        connection.execute(update(Enrolment).values(next_at=None))
    new = restored(here, tmp_path)()
    new.run(MARCH + HOUR)
    this_is_the_one(new.shop, now=MARCH + HOUR, catch_up=catch_up)
    new.run(MARCH + 2 * HOUR)
    assert sent(new) == []
    assert new.all(col(Message.state)) == [State.IN_DOUBT]


def test_a_restored_shop_catches_up_where_its_owner_says_so(here: Cafe, tmp_path: Path) -> None:
    leave_cart(here, "clara", MARCH + HOUR)
    new = restored(here, tmp_path)()
    this_is_the_one(new.shop, now=MARCH + 2 * HOUR, catch_up=True)
    new.run(MARCH + 3 * HOUR)
    assert sent(new) == ["clara"]


def test_a_rule_that_goes_back_is_paused(here: Cafe, tmp_path: Path) -> None:
    text = here.path.read_text()
    backlog = text.replace("for: 45 days", "for: 45 days\n        include backlog: yes")
    here.reread(backlog)
    with_office(here)
    lost = restored(here, tmp_path)
    here.customer("clara")
    here.visits("clara", MARCH - 90 * DAY)
    here.run(MARCH + HOUR)
    assert sent(here) == ["clara"]
    new = lost()
    done = this_is_the_one(new.shop, now=MARCH + 2 * HOUR, catch_up=False)
    assert done.paused == ("we-miss-you",)
    new.customer("clara")
    new.visits("clara", MARCH - 90 * DAY)
    new.run(MARCH + 3 * HOUR)
    assert sent(new) == []


def test_a_week_of_points_that_was_told_is_not_told_again(here: Cafe, tmp_path: Path) -> None:
    text = here.path.read_text()
    earned = "      earned: {when: points earned, then: [{send: points-earned}]}"
    points = "    loyalty: {earn: 1 point per 1, rewards: {a coffee: 10 points}}"
    here.reread(f"{text}\n{earned}\n{points}\n")
    with_office(here)
    here.run()
    lost = restored(here, tmp_path)
    earn(here, MARCH + HOUR)
    here.run(MARCH + HOUR)
    assert sent(here) == ["clara"]
    new = lost()
    this_is_the_one(new.shop, now=MARCH + 2 * HOUR, catch_up=False)
    earn(new, MARCH + HOUR)
    earn(new, MARCH + 3 * HOUR)
    new.run(MARCH + 3 * HOUR)
    assert sent(new) == []
    earn(new, MARCH + 8 * DAY)
    new.run(MARCH + 8 * DAY)
    assert sent(new) == ["clara"]


def earn(cafe: Cafe, at: datetime) -> None:
    cafe.customer("clara")
    cafe.visits("clara", at)


def test_a_restored_shop_in_the_very_same_place_is_asleep_too(here: Cafe, tmp_path: Path) -> None:
    file = back_up(here.shop, tmp_path.parent / f"{tmp_path.name}-backups", now=MARCH).file
    here.engine.dispose()
    config = here.path.read_text()
    shutil.rmtree(tmp_path)
    restore(file, tmp_path, {}, now=MARCH)
    with closing(open_database("sqlite:///regulars.db", beside=tmp_path).raw_connection()):
        pass
    again = with_office(Cafe(here.engine, tmp_path, config))
    recognise(again.engine, reaches_people=True, now=MARCH)
    leave_cart(again, "clara")
    again.run()
    assert sent(again) == []
    with reading(again.engine) as connection:
        assert "restored from the backup" in str(stops.copy_held(connection))
