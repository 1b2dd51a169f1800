"""What arrives while a batch is being sent takes effect before the next mail leaves.

A real process delivers through a mail server that holds its confirmation until another process (the
test) has stored the opt-out.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col

from engine.owner.pause import pause_mail
from engine.run import run_tick
from engine.tick_context import Clock
from mail.senders.protocol import Sender
from mail.senders.smtp.sender import SmtpSender
from shop.consent import suppressions
from shop.consent.suppressions import SuppressionReason
from shop.db.engine import open_database, write_transaction
from shop.tables import Message
from tests.cafe import DAY, FILE, HOUR, MARCH, Cafe
from tests.forked_process import forked_process
from tests.mail.senders.slow_server import SlowServer, slow_server
from tests.pages.visitors import OpenPages, event, with_sendgrid

RULE = """
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{send: cart-reminder}]
    include backlog: yes
"""
NAMES = {"ana", "bruno", "clara"}
Change = Callable[[Cafe, str], None]


def suppress_address(cafe: Cafe, name: str) -> None:
    with write_transaction(cafe.engine) as connection:
        reason = SuppressionReason.BY_HAND
        suppressions.suppress_address(connection, f"{name}@example.com", reason, None, now=MARCH)


def sync_an_opt_out(cafe: Cafe, name: str) -> None:
    cafe.record_consent(name, "no", MARCH)


def press_the_link(cafe: Cafe, name: str) -> None:
    pages = OpenPages(cafe)
    assert pages.visit("POST", f"/u/{pages.token(name)}").status_code == 200


def report_spam(cafe: Cafe, name: str) -> None:
    pages = with_sendgrid(cafe)
    report = event(pages.message(name), "spamreport", email=f"{name}@example.com")
    assert pages.post_events([report]).status_code == 200


@contextmanager
def delivery_in_a_process(
    cafe: Cafe, server: SlowServer, sender: Sender, clock: Clock | None = None
) -> Iterator[None]:
    """Delivers what is due in a child process until the block ends."""

    def deliver() -> None:
        url = cafe.engine.url.render_as_string(hide_password=False)
        engine = open_database(url, base_folder=Path())
        run_tick(replace(cafe.shop, engine=engine, sender=sender), now=MARCH, clock=clock)

    with forked_process(deliver):
        server.start()
        yield


def states(cafe: Cafe) -> dict[str, tuple[str, str | None]]:
    """State and reason of each mail, by the name of its recipient."""
    rows = cafe.select_all(col(Message.to_address), col(Message.state), col(Message.reason))
    return {address.partition("@")[0]: (state, reason) for address, state, reason in rows}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (suppress_address, "no mail to this address: by hand"),
        (sync_an_opt_out, "said no"),
        (press_the_link, "said no"),
        (report_spam, "no mail to this address: complaint"),
    ],
)
def test_an_opt_out_during_a_batch_keeps_the_next_mail_back(
    cafe: Cafe, tmp_path: Path, change: Change, reason: str
) -> None:
    """rules: {}"""
    cafe.reread(RULE)
    cafe.leave_carts(MARCH - 3 * HOUR, *NAMES)
    opted_out: list[str] = []
    with slow_server() as server:

        def change_after_the_first(_name: str) -> None:
            if not opted_out:
                opted_out.append(min(NAMES - set(server.names)))
                change(cafe, opted_out[0])

        server.before_reply = change_after_the_first
        with delivery_in_a_process(cafe, server, SmtpSender(server.account, tmp_path / "journal")):
            pass
    assert sorted(server.names) == sorted(NAMES - set(opted_out))
    assert states(cafe) == {
        name: ("skipped", reason) if name in opted_out else ("sent", None) for name in NAMES
    }


def test_a_stop_during_a_batch_holds_all_mail_after_the_current_one(
    cafe: Cafe, tmp_path: Path
) -> None:
    """rules: {}"""
    cafe.reread(RULE)
    cafe.leave_carts(MARCH - 3 * HOUR, *NAMES)
    with slow_server() as server:

        def stop(_name: str) -> None:
            pause_mail(cafe.shop, None, None, now=MARCH)

        server.before_reply = stop
        with delivery_in_a_process(cafe, server, SmtpSender(server.account, tmp_path / "journal")):
            pass
    [only] = server.names
    assert states(cafe) == {name: ("sent" if name == only else "queued", None) for name in NAMES}


def delivery_that_outlasts_a_limit(
    cafe: Cafe, folder: Path, sending: str, later: timedelta, *, is_fixed: bool = False
) -> SlowServer:
    """Delivers three mails by a clock that is at MARCH, and `later` once the first has arrived."""
    cafe.reread(f"{FILE}{sending}{RULE}")
    cafe.leave_carts(MARCH - 3 * HOUR, *NAMES)
    seconds = multiprocessing.get_context("fork").Value("d", MARCH.timestamp())

    def clock() -> datetime:
        return datetime.fromtimestamp(seconds.value, UTC)

    def wait(_name: str) -> None:
        seconds.value = (MARCH + later).timestamp()

    with slow_server() as server:
        server.before_reply = wait
        sender = SmtpSender(server.account, folder / "journal")
        with delivery_in_a_process(cafe, server, sender, None if is_fixed else clock):
            pass
    return server


def test_quiet_hours_that_begin_during_a_run_hold_the_next_mail(cafe: Cafe, tmp_path: Path) -> None:
    """rules: {}"""
    quiet = "  quiet hours: 10:30 to 18:00\n"
    server = delivery_that_outlasts_a_limit(cafe, tmp_path, quiet, HOUR)
    [only] = server.names
    assert states(cafe) == {
        name: ("sent", None) if name == only else ("deferred", "quiet hours") for name in NAMES
    }
    waiting = cafe.select_all(col(Message.due_at), col(Message.state))
    assert {due_at for due_at, state in waiting if state == "deferred"} == {MARCH + 8 * HOUR}


def test_a_deadline_that_passes_during_a_run_ends_what_has_not_left(
    cafe: Cafe, tmp_path: Path
) -> None:
    """rules: {}"""
    server = delivery_that_outlasts_a_limit(cafe, tmp_path, "", 30 * DAY)
    [only] = server.names
    assert states(cafe) == {
        name: ("sent", None) if name == only else ("skipped", "too late") for name in NAMES
    }


def test_the_time_of_at_stands_still_during_a_run(cafe: Cafe, tmp_path: Path) -> None:
    """rules: {}"""
    quiet = "  quiet hours: 10:30 to 18:00\n"
    server = delivery_that_outlasts_a_limit(cafe, tmp_path, quiet, HOUR, is_fixed=True)
    assert sorted(server.names) == sorted(NAMES)
