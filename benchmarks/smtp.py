"""Measures the cost of a mail over SMTP: our sender compared with the standard library.

Run it with `.venv/bin/python benchmarks/smtp.py`. The server is `sandbox.smtp` in a process of its
own on loopback, so the CPU time is the client's: the journal's thread and its writes included. The
variants alternate, and the least and the median of all rounds are printed. Each builds its mails
with `mail.message.mime`; every mail is new, with a greeting and links of its own. Quote the ratios,
because machines differ.
"""

from __future__ import annotations

import json
import smtplib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from functools import cache
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from engine.delivery.provider_breaker import ProviderBreaker
from engine.delivery.send_check import BatchCheck
from engine.messages.held_lease import HeldLease
from mail.gate.gate import GateInput, Limits, still_goes
from mail.message.mime import Mail, message_bytes
from mail.senders.journal import Journal
from mail.senders.protocol import UNCHECKED, Accepted, Outcome, SendCheck
from mail.senders.smtp.config import Smtp as Words
from mail.senders.smtp.connect import open_session
from mail.senders.smtp.connection import Timeouts
from mail.senders.smtp.delivery import SmtpDelivery
from mail.senders.smtp.reconnect import ReconnectPolicy
from mail.senders.smtp.sender import SmtpSender
from sandbox.smtp.server import LOOPBACK, accepted_message_ids
from settings.values import HoursOfDay
from shop.db.change_watch import open_change_watch
from shop.db.engine import open_database
from shop.db.upgrade import prepare_database
from shop.db.workers import current_worker
from shop.types.purpose import Purpose

MAILS = 1_000
SIZE = 24_000
ROUNDS = 5
ZONE = ZoneInfo("Europe/Lisbon")
LIMITS = Limits(quiet_hours=HoursOfDay(clock_time(3), clock_time(4)), shop_zone=ZONE)
CASE = GateInput(
    purpose=Purpose.MARKETING, basis="yes", has_address=True, stop_reason=None, zone=ZONE,
    deadline=datetime(2100, 1, 1, tzinfo=UTC), due_at=datetime(2026, 3, 3, 10, tzinfo=UTC),
)  # fmt: skip
WHOLE = "ours, with journal and last check"
BUILDING = "building alone"
SendFunction = Callable[[int, Sequence[Mail]], None]


def main() -> None:
    print(f"{MAILS} mails of {len(message_bytes(make_mail(0)))} bytes, {ROUNDS} rounds")
    costs = measure_all()
    whole, building = least(costs[WHOLE]), least(costs[BUILDING])
    print(f"{'way':34} CPU µs  median   ratio   without building   wall µs  median   ratio")
    for name, rounds in costs.items():
        cost, median = least(rounds), middle(rounds)
        wire = (cost.cpu - building.cpu) / (whole.cpu - building.cpu)
        print(
            f"{name:34} {cost.cpu:6.1f}  {median.cpu:6.1f}   {cost.cpu / whole.cpu:5.2f}"
            f"   {'' if name == BUILDING else f'{wire:.2f}':>16}"
            f"   {cost.wall:7.1f} {median.wall:7.1f}   {cost.wall / whole.wall:5.2f}"
        )


@dataclass(frozen=True)
class Cost:
    """The cost of one mail, in microseconds."""

    cpu: float
    wall: float


def least(rounds: Sequence[Cost]) -> Cost:
    return Cost(min(cost.cpu for cost in rounds), min(cost.wall for cost in rounds))


def middle(rounds: Sequence[Cost]) -> Cost:
    cpu, wall = ([cost.cpu for cost in rounds], [cost.wall for cost in rounds])
    return Cost(statistics.median(cpu), statistics.median(wall))


def make_mail(number: int) -> Mail:
    row = "<tr><td>Granola</td><td>€ 12.50</td></tr>\n"
    link = f"https://mail.cornercafe.example/u/1.{number:06}aGVsbG8gY2xhcmE.c2lnbmF0dXJlIQ"
    text = f"Hello Clara {number},\n\nyour basket is still here.\n\nUnsubscribe: {link}\n"
    html = (
        f"<p>Hello Clara {number},</p>\n<table>{row * (SIZE // (len(row) + 6))}</table>\n"
        f'<p><a href="{link}">Unsubscribe</a></p>\n'
    )
    return Mail(
        message_id=f"{number:032}", sender_name="Ana at Corner Café",
        sender_address="ana@cornercafe.example", to_address=f"{number}@example.com",
        to_name="Clara", reply_to="ana@cornercafe.example", subject="Your granola is still here",
        text=text, html=html, unsubscribe_url=link,
        date=datetime(2026, 3, 3, 10, tzinfo=UTC), purpose="marketing",
    )  # fmt: skip


def measure_all() -> dict[str, list[Cost]]:
    """Returns the costs of each variant; rounds alternate, so that load affects all."""
    costs: dict[str, list[Cost]] = {name: [] for name in SEND_FUNCTIONS}
    empty_database()  # not measured
    numbers = count()
    with running_server() as (port, file):
        for round_number in range(ROUNDS):
            for name, send in SEND_FUNCTIONS.items():
                mails = [make_mail(next(numbers)) for _ in range(MAILS)]
                costs[name].append(measure(send, port, mails))
            print(
                f"round {round_number + 1}: "
                + ", ".join(format_round(costs, name) for name in SEND_FUNCTIONS)
            )
        sent = len(accepted_message_ids(file))
    assert sent == ROUNDS * (len(SEND_FUNCTIONS) - 1) * MAILS, sent  # noqa: S101  # else the figure is meaningless
    return costs


def format_round(costs: Mapping[str, Sequence[Cost]], name: str) -> str:
    return f"{name} {costs[name][-1].cpu:.0f}/{costs[name][-1].wall:.0f}"


@contextmanager
def running_server() -> Iterator[tuple[int, Path]]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "counted"
        run = [sys.executable, "-m", "sandbox.smtp", str(file)]
        with subprocess.Popen(run, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout  # noqa: S101  # asked for above
                yield json.loads(process.stdout.readline())["port"], file
            finally:
                process.kill()


def measure(send: SendFunction, port: int, mails: Sequence[Mail]) -> Cost:
    cpu, wall = time.process_time(), time.perf_counter()
    send(port, mails)
    each = 1_000_000 / len(mails)
    return Cost((time.process_time() - cpu) * each, (time.perf_counter() - wall) * each)


def send_without_journal(port: int, mails: Sequence[Mail]) -> None:
    """Send with the product's SMTP dialogue alone: nothing is noted, nothing is checked."""
    delivery = SmtpDelivery(
        lambda: open_session(account(port), None, Timeouts()), NoJournal(), ReconnectPolicy()
    )
    outcomes = list(delivery.send(mails))
    delivery.close()
    assert_accepted(outcomes)


class NoJournal(Journal):
    """Notes nothing."""

    def __init__(self) -> None:
        pass

    def begin_batch(self, message_ids: Sequence[str]) -> None:
        pass

    def note_sending(self, message_ids: Sequence[str]) -> None:
        pass

    def note_accepted(self, message_ids: Iterable[str]) -> None:
        pass


def send_pipelined(
    port: int,
    mails: Sequence[Mail],
    check: SendCheck = UNCHECKED,
    count_outcome: Callable[[Outcome], None] = lambda _outcome: None,
) -> None:
    """Send with the product's sender, its journal and all outcomes included."""
    outcomes = []
    with tempfile.TemporaryDirectory() as journal_folder:
        sender = SmtpSender(account(port), Path(journal_folder))
        with sender.delivery(f"00c0ffee@{current_worker()}") as delivery:
            for outcome in delivery.send(mails, check):
                outcomes.append(outcome)
                count_outcome(outcome)
            delivery.outcomes_saved()
    assert_accepted(outcomes)


def account(port: int) -> Words:
    return Words(server=LOOPBACK, port=port, encryption="none")


def assert_accepted(outcomes: Sequence[Outcome]) -> None:
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)  # noqa: S101  # else the figure is meaningless


def send_checked(port: int, mails: Sequence[Mail]) -> None:
    """Send as above; before each mail the lease, SQLite's count of changes, the clock and the
    provider's refusals are looked at, as a delivery does.

    Not included is the one statement about the rest of a batch that follows a change.
    """
    judged_at = datetime.now(UTC)

    def is_in_time(_message_id: str) -> bool:
        return still_goes(CASE, LIMITS, judged_at=judged_at, now=datetime.now(UTC))

    lease = HeldLease(empty_database(), "benchmark", timedelta(minutes=10))
    breaker = ProviderBreaker()
    breaker.expect(mails, ())
    with open_change_watch(empty_database()) as watch:
        ids = [mail.message_id for mail in mails]
        check = BatchCheck(
            ids, watch, lambda _ids: (), is_in_time, breaker, check_lease=lease.check
        )
        send_pipelined(port, mails, check, breaker.count)


@cache
def empty_database() -> Engine:
    folder = tempfile.mkdtemp(prefix="regulars-benchmark-")
    engine = open_database("sqlite:///regulars.db", base_folder=Path(folder))
    prepare_database(engine)
    return engine


def send_with_smtplib(port: int, mails: Sequence[Mail]) -> None:
    with smtplib.SMTP(LOOPBACK, port) as connection:
        for mail in mails:
            connection.sendmail(mail.sender_address, mail.to_address, message_bytes(mail))


def send_with_new_connections(port: int, mails: Sequence[Mail]) -> None:
    for mail in mails:
        send_with_smtplib(port, [mail])


def build_only(_port: int, mails: Sequence[Mail]) -> None:
    for mail in mails:
        message_bytes(mail)


SEND_FUNCTIONS: dict[str, SendFunction] = {
    BUILDING: build_only,
    "ours, without journal and check": send_without_journal,
    "ours, with the journal": send_pipelined,
    WHOLE: send_checked,
    "smtplib, one connection": send_with_smtplib,
    "smtplib, a connection a mail": send_with_new_connections,
}

if __name__ == "__main__":
    main()
