"""Delivery with a full disk, a locked database, a wrong clock, and two concurrent runs."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import Engine, event, update
from sqlmodel import col

from engine import run
from engine.message_states import State
from engine.open.open_shop import open_shop
from mail.message.mime import Mail
from mail.senders.outbox.sender import OutboxSender
from mail.senders.protocol import UNCHECKED, Outcome, SendCheck
from settings.errors import UnavailableError
from shop.db.engine import open_database, write_transaction
from shop.db.workers import current_worker
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


def cafe_with_carts(engine: Engine, folder: Path) -> Cafe:
    cafe = Cafe(engine, folder, RULES)
    cafe.leave_carts(MARCH - 3 * HOUR, *(f"p{number}" for number in range(PEOPLE)))
    return cafe


def states_after_birthday_runs(cafe: Cafe, *run_times: datetime) -> list[str]:
    """Clara's birthday is on 6 March; a run at each of `run_times`."""
    cafe.arrive(identities=[identity("clara", email="clara@example.com", birthday="1990-03-06")])
    cafe.record_consent("clara", "yes", MARCH - DAY)
    for at in run_times:
        cafe.run(at)
    return cafe.select_all(col(Message.state))


MIDNIGHT = MARCH - 10 * HOUR


@pytest.mark.parametrize(
    ("run_times", "states"),
    [
        ([MIDNIGHT, MARCH - SECOND], ["deferred"]),
        ([MIDNIGHT, MARCH], ["rehearsed"]),
        ([MARCH + HOUR], ["rehearsed"]),
    ],
)
def test_a_machine_that_was_off_at_the_usual_time_does_not_wait_for_the_next(
    cafe: Cafe, run_times: list[datetime], states: list[str]
) -> None:
    """
    shop: {name: Corner Café, country: PT, language: en, currency: EUR, timezone: Europe/Lisbon,
           reply to: ana@cornercafe.example, postal address: Rua das Flores 12}
    sending: {from: Ana <ana@cornercafe.example>, usual time: 10:00}
    rules:
      birthday: {when: birthday, in: 3 days, then: [{send: birthday}]}
    """
    assert states_after_birthday_runs(cafe, MARCH - DAY, *run_times) == states


class CountingOutbox(OutboxSender):
    """Logs each write, for writing the same file twice leaves no other trace."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._log = folder.parent / "written.log"

    def send(self, mails: Sequence[Mail], check: SendCheck = UNCHECKED) -> Iterator[Outcome]:
        for mail in mails:
            with self._log.open("a") as log:
                log.write(f"{mail.message_id}\n")
            time.sleep(0.01)  # gives the other worker a chance
            yield from super().send([mail], check)


def run_worker(config: str, barrier: Barrier) -> None:
    """A whole run, without the lock that prevents two at once."""
    shop = open_shop(Path(config))
    shop = replace(shop, sender=CountingOutbox(shop.folder / "outbox"))
    barrier.wait(60)
    with patch.object(run, "hold_lock", lambda *_: nullcontext()):
        run.run_tick(shop, now=MARCH)


def test_two_ticks_and_two_deliveries_at_once_send_everyone_once(
    engine: Engine, tmp_path: Path
) -> None:
    cafe = cafe_with_carts(engine, tmp_path)
    address = engine.url.render_as_string(hide_password=False)
    database = "sqlite:///regulars.db" if engine.dialect.name == "sqlite" else address
    cafe.path.write_text(f"{FILE}\ndatabase: {database}\n{RULES}")
    engine.dispose()  # SQLite connections do not survive a fork
    fork = multiprocessing.get_context("fork")
    barrier = fork.Barrier(WORKERS)
    workers = [
        fork.Process(target=run_worker, args=(str(cafe.path), barrier)) for _ in range(WORKERS)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0]
    written = (tmp_path / "written.log").read_text().split()
    assert len(written) == len(set(written)) == PEOPLE
    assert len(cafe.mailed_names()) == PEOPLE
    assert cafe.select_all(col(Message.state)) == [State.REHEARSED] * PEOPLE
    assert len(cafe.select_all(model=Enrolment)) == PEOPLE


@contextmanager
def disk_full(engine: Engine) -> Iterator[None]:
    """SQLite gets no more pages, as on a full disk."""

    def limit_pages(raw: object, *_: object) -> None:
        cursor = raw.cursor()  # type: ignore[attr-defined]  # the driver's own connection
        cursor.execute("PRAGMA max_page_count = 1")

    engine.dispose()
    event.listen(engine, "connect", limit_pages)
    try:
        yield
    finally:
        event.remove(engine, "connect", limit_pages)
        engine.dispose()


def run_until_disk_is_full(cafe: Cafe) -> None:
    for number in range(100):  # until the last free page is used
        cafe.cart("nobody known", MARCH, key=f"{number}")
        cafe.run()


def test_a_full_disk_raises_a_clear_error_and_loses_nothing(sqlite: Engine, tmp_path: Path) -> None:
    cafe = cafe_with_carts(sqlite, tmp_path)
    with disk_full(sqlite), pytest.raises(UnavailableError, match="full"):
        run_until_disk_is_full(cafe)
    cafe.run()
    cafe.run(MARCH + SECOND)
    assert sorted(set(cafe.mailed_names())) == sorted({f"p{number}" for number in range(PEOPLE)})


def test_a_locked_database_raises_a_clear_error_and_loses_nothing(
    sqlite: Engine, tmp_path: Path
) -> None:
    cafe = cafe_with_carts(sqlite, tmp_path)
    impatient_engine = open_database("sqlite:///regulars.db", base_folder=tmp_path)
    event.listen(
        impatient_engine, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout = 50")
    )
    working_shop = cafe.shop
    with write_transaction(sqlite):
        cafe.shop = replace(working_shop, engine=impatient_engine)
        with pytest.raises(UnavailableError, match="locked"):
            cafe.run()
    impatient_engine.dispose()
    cafe.shop = working_shop
    cafe.run()
    assert len(cafe.mailed_names()) == PEOPLE


def test_a_rules_clock_that_jumps_back_repeats_nothing(engine: Engine, tmp_path: Path) -> None:
    cafe = cafe_with_carts(engine, tmp_path)
    cafe.run(MARCH)
    cafe.run(MARCH - 24 * HOUR)
    cafe.run(MARCH)
    assert len(cafe.mailed_names()) == PEOPLE


def test_a_lease_end_in_the_future_does_not_protect_a_dead_local_worker(
    engine: Engine, tmp_path: Path
) -> None:
    """The machine's clock was an hour ahead when the delivery died."""
    cafe = cafe_with_carts(engine, tmp_path)
    cafe.run(MARCH)
    for file in cafe.outbox.iterdir():
        file.unlink()
    host, boot, _, _ = current_worker().rsplit("/", 3)
    lease_end = datetime.now(UTC) + HOUR
    columns = {
        "state": "sending",
        "through": "outbox",
        "claimed_by": f"1@{host}/{boot}/1/1",
        "claimed_until": lease_end,
    }
    with write_transaction(cafe.engine) as connection:
        connection.execute(update(Message).values(**columns))
    cafe.run(MARCH)
    assert len(cafe.mailed_names()) == PEOPLE
