"""A copy of a shop never mails by itself, and nobody is mailed twice by a shop that came back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from sqlmodel import col

from engine.approving import approve
from engine.at_home import recognise
from engine.backing_up import back_up
from engine.restoring import restore
from engine.same_shop import asleep, this_is_the_one
from engine.states import State
from shop import home, stops
from shop.database import open_database, reading, writing
from shop.tables import Enrolment, Message
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.engine.test_outcomes import PostOffice

LIVE = """
    shop: {name: Corner Café, country: PT, currency: EUR, timezone: Europe/Lisbon,
           reply to: ana@cornercafe.example, postal address: Rua das Flores 12,
           public address: https://mail.cornercafe.example}
    sending:
      from: Ana <ana@cornercafe.example>
      ask me above: 1000
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}, {wait: 1 day}, {send: welcome}]
      we-miss-you:
        when: no visit
        for: 45 days
        then: [{send: we-miss-you}]
"""


def live(test: Callable[..., None]) -> Callable[..., None]:
    test.__doc__ = LIVE
    return test


@pytest.fixture
def here(sqlite: Engine, tmp_path: Path) -> Cafe:
    """The café, live, its rules looking since yesterday."""
    cafe = with_office(Cafe(sqlite, tmp_path, "\n".join(LIVE.splitlines())))
    recognise(cafe.engine, reaches_people=True, now=MARCH)
    cafe.run(MARCH - DAY)
    return cafe


def with_office(cafe: Cafe) -> Cafe:
    cafe.shop = replace(cafe.shop, sender=PostOffice())
    return cafe


def sent(cafe: Cafe) -> list[str]:
    office = cafe.shop.sender
    assert isinstance(office, PostOffice)
    return office.sent


def leave_cart(cafe: Cafe, name: str, due: datetime = MARCH) -> None:
    cafe.customer(name)
    cafe.cart(name, due - 3 * HOUR)


def copied(cafe: Cafe, folder: Path) -> Cafe:
    """The folder as it is now, somewhere else, opened there."""
    shutil.copytree(cafe.path.parent, folder, ignore=shutil.ignore_patterns(folder.name))
    engine = open_database("sqlite:///regulars.db", beside=folder)
    copy = with_office(Cafe(engine, folder, cafe.path.read_text()))
    recognise(engine, reaches_people=True, now=MARCH)
    return copy


def restored(cafe: Cafe, folder: Path) -> Callable[[], Cafe]:
    """A backup of now, to be restored later."""
    file = back_up(cafe.shop, folder / "backups", now=MARCH).file

    def open_it() -> Cafe:
        restore(file, folder / "new", {}, now=MARCH)
        engine = open_database("sqlite:///regulars.db", beside=folder / "new")
        return with_office(Cafe(engine, folder / "new", cafe.path.read_text()))

    return open_it


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
    monkeypatch.setattr(home, "MACHINE_ID", other)
    recognise(here.engine, reaches_people=True, now=MARCH)
    assert asleep(here.engine) == "a copy of the shop that lived on another machine"


@pytest.mark.parametrize("given", [None, "", "uninitialized"])
def test_a_container_that_starts_anew_is_no_copy(
    sqlite: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: str | None
) -> None:
    machine = tmp_path / "machine-id"
    if given is not None:
        machine.write_text(given)
    monkeypatch.setattr(home, "MACHINE_ID", machine)
    monkeypatch.setattr(home, "CONTAINER", (tmp_path,))
    for name in ("3f9c21ab", "c0ffee21"):
        monkeypatch.setattr("socket.gethostname", lambda name=name: name)
        recognise(sqlite, reaches_people=True, now=MARCH)
    assert asleep(sqlite) is None


def test_a_machine_without_a_number_is_known_by_its_name(
    sqlite: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(home, "MACHINE_ID", tmp_path / "none")
    monkeypatch.setattr(home, "CONTAINER", ())
    for name in ("till", "laptop"):
        monkeypatch.setattr("socket.gethostname", lambda name=name: name)
        recognise(sqlite, reaches_people=True, now=MARCH)
    assert asleep(sqlite)


def test_the_machines_number_is_told_to_nobody(here: Cafe) -> None:
    if not home.MACHINE_ID.is_file() or not home.MACHINE_ID.read_text().strip():
        return
    assert home.MACHINE_ID.read_text().strip() not in str(home.place_of(here.engine))


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_several_machines_on_one_postgresql_are_one_shop(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    recognise(engine, reaches_people=True, now=MARCH)
    monkeypatch.setattr(home, "MACHINE_ID", tmp_path / "none")
    monkeypatch.setattr("socket.gethostname", lambda: "another-worker")
    recognise(engine, reaches_people=True, now=MARCH)
    assert asleep(engine) is None


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_copy_of_a_postgresql_database_is_a_copy(engine: Engine) -> None:
    recognise(engine, reaches_people=True, now=MARCH)
    here = home.place_of(engine)
    with writing(engine) as connection:
        assert here
        elsewhere = replace(here, key=here.key.replace(" ", " other-", 1))
        home.settle_at(connection, elsewhere, now=MARCH, anew=True)
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


# --- a restored shop does not know what went after its backup


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
