"""A full disk, a locked database, a clock that jumps, and two at the same work."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, update
from sqlmodel import col

from engine.delivery.deliver import deliver
from engine.message_states import State
from engine.open.open_shop import open_shop
from engine.run import begin, run_rule
from mail.message.mime import Mail
from mail.senders.outbox.sender import Outbox
from mail.senders.protocol import Outcome
from settings.errors import OutOfReach
from shop.db.engine import open_database, writing
from shop.db.workers import this_worker
from shop.tables import Enrolment, Message
from tests.cafe import DAY, FILE, HOUR, MARCH, SECOND, Cafe
from tests.rows import identity

RULES = """
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{send: cart-reminder}]
    include backlog: yes
"""
PEOPLE = 60
WORKERS = 2


def with_carts(engine: Engine, folder: Path) -> Cafe:
    cafe = Cafe(engine, folder, RULES)
    cafe.left_behind(MARCH - 3 * HOUR, *(f"p{number}" for number in range(PEOPLE)))
    return cafe


def with_birthdays(cafe: Cafe, *looks: datetime) -> list[str]:
    """Clara's is on 6 March; the café is looked at at these moments."""
    cafe.arrive(identities=[identity("clara", email="clara@example.com", birthday="1990-03-06")])
    cafe.says("clara", "yes", MARCH - DAY)
    for at in looks:
        cafe.run(at)
    return cafe.all(col(Message.state))


MIDNIGHT = MARCH - 10 * HOUR


@pytest.mark.parametrize(
    ("looks", "states"),
    [
        ([MIDNIGHT, MARCH - SECOND], ["deferred"]),
        ([MIDNIGHT, MARCH], ["rehearsed"]),
        ([MARCH + HOUR], ["rehearsed"]),
    ],
)
def test_a_machine_that_was_off_at_the_usual_time_does_not_wait_for_the_next(
    cafe: Cafe, looks: list[datetime], states: list[str]
) -> None:
    """
    shop: {name: Corner Café, country: PT, currency: EUR, timezone: Europe/Lisbon,
           reply to: ana@cornercafe.example, postal address: Rua das Flores 12}
    sending: {from: Ana <ana@cornercafe.example>, usual time: 10:00}
    rules:
      birthday: {when: birthday, in: 3 days, then: [{send: birthday}]}
    """
    assert with_birthdays(cafe, MARCH - DAY, *looks) == states


class Counting(Outbox):
    """A second writing of the same file would leave no trace otherwise."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._log = folder.parent / "written.log"

    def send(self, mails: Sequence[Mail]) -> Iterator[Outcome]:
        for mail in mails:
            with self._log.open("a") as log:
                log.write(f"{mail.message_id}\n")
            time.sleep(0.01)  # so that the other has its chance
            yield from super().send([mail])


def work(config: str, together: Barrier) -> None:
    """A whole run, without the lock that keeps two of them apart."""
    shop = open_shop(Path(config))
    shop = replace(shop, sender=Counting(shop.folder / "outbox"))
    together.wait(60)
    turn, rules = begin(shop, now=MARCH)
    for rule in rules:
        run_rule(shop, rule, turn)
    deliver(shop, turn)


def test_two_ticks_and_two_deliveries_at_once_send_everyone_once(
    engine: Engine, tmp_path: Path
) -> None:
    cafe = with_carts(engine, tmp_path)
    address = engine.url.render_as_string(hide_password=False)
    where = "sqlite:///regulars.db" if engine.dialect.name == "sqlite" else address
    cafe.path.write_text(f"{FILE}\ndatabase: {where}\n{RULES}")
    engine.dispose()  # SQLite does not outlive a fork
    fork = multiprocessing.get_context("fork")
    together = fork.Barrier(WORKERS)
    workers = [fork.Process(target=work, args=(str(cafe.path), together)) for _ in range(WORKERS)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(120)
    assert [one.exitcode for one in workers] == [0, 0]
    written = (tmp_path / "written.log").read_text().split()
    assert len(written) == len(set(written)) == PEOPLE
    assert len(cafe.mailed()) == PEOPLE
    assert cafe.all(col(Message.state)) == [State.REHEARSED] * PEOPLE
    assert len(cafe.all(of=Enrolment)) == PEOPLE


@contextmanager
def full(engine: Engine) -> Iterator[None]:
    """As when the disk has no room for one more page."""

    def no_more(raw: object, *_: object) -> None:
        cursor = raw.cursor()  # type: ignore[attr-defined]  # the driver's own connection
        cursor.execute("PRAGMA max_page_count = 1")

    engine.dispose()
    event.listen(engine, "connect", no_more)
    try:
        yield
    finally:
        event.remove(engine, "connect", no_more)
        engine.dispose()


def go_on_for_ever(cafe: Cafe) -> None:
    for number in range(100):  # until the last free page is used
        cafe.cart("p0", MARCH, key=f"{number}")
        cafe.run()


def test_a_full_disk_is_a_sentence_and_loses_nothing(sqlite: Engine, tmp_path: Path) -> None:
    cafe = with_carts(sqlite, tmp_path)
    with full(sqlite), pytest.raises(OutOfReach, match="full"):
        go_on_for_ever(cafe)
    cafe.run()
    cafe.run(MARCH + SECOND)
    assert sorted(set(cafe.mailed())) == sorted({f"p{number}" for number in range(PEOPLE)})


def test_a_locked_database_is_a_sentence_and_loses_nothing(sqlite: Engine, tmp_path: Path) -> None:
    cafe = with_carts(sqlite, tmp_path)
    impatient = open_database("sqlite:///regulars.db", beside=tmp_path)
    event.listen(impatient, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout = 50"))
    whole = cafe.shop
    with writing(sqlite):
        cafe.shop = replace(whole, engine=impatient)
        with pytest.raises(OutOfReach, match="locked"):
            cafe.run()
    impatient.dispose()
    cafe.shop = whole
    cafe.run()
    assert len(cafe.mailed()) == PEOPLE


def test_a_rules_clock_that_jumps_back_repeats_nothing(engine: Engine, tmp_path: Path) -> None:
    cafe = with_carts(engine, tmp_path)
    cafe.run(MARCH)
    cafe.run(MARCH - 24 * HOUR)
    cafe.run(MARCH)
    assert len(cafe.mailed()) == PEOPLE


def test_a_lease_of_the_future_holds_no_worker_of_this_machine(
    engine: Engine, tmp_path: Path
) -> None:
    """The machine's clock was an hour ahead when a delivery died, and is right again."""
    cafe = with_carts(engine, tmp_path)
    cafe.run(MARCH)
    for file in cafe.outbox.iterdir():
        file.unlink()
    host, boot, _, _ = this_worker().rsplit("/", 3)
    ahead = datetime.now(UTC) + HOUR
    held = {
        "state": "sending",
        "through": "outbox",
        "claimed_by": f"1@{host}/{boot}/1/1",
        "claimed_until": ahead,
    }
    with writing(cafe.engine) as connection:
        connection.execute(update(Message).values(**held))
    cafe.run(MARCH)
    assert len(cafe.mailed()) == PEOPLE
