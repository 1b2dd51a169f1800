"""Measures the cost of a mail over SMTP: our sender compared with the standard library.

Run it with `.venv/bin/python benchmarks/smtp.py`. The server is `sandbox.smtp` in a process of its
own on loopback, so the CPU time is the client's. The minimum of three rounds counts. All variants
build their mails with `mail.message.mime`; that cost is printed too. Quote the ratios, because
machines differ.
"""

from __future__ import annotations

import json
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from datetime import time as clock_time
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from engine.delivery.send_check import BatchCheck
from mail.gate.gate import GateInput, Go, Limits, evaluate_gate
from mail.message.mime import Mail, message_bytes
from mail.senders.protocol import UNCHECKED, Accepted, SendCheck
from mail.senders.smtp.config import Smtp as Words
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
ROUNDS = 3
ZONE = ZoneInfo("Europe/Lisbon")
LIMITS = Limits(quiet_hours=HoursOfDay(clock_time(3), clock_time(4)), shop_zone=ZONE)
CASE = GateInput(
    purpose=Purpose.MARKETING, basis="yes", has_address=True, stop_reason=None, zone=ZONE,
    deadline=datetime(2100, 1, 1, tzinfo=UTC), due_at=datetime(2026, 3, 3, 10, tzinfo=UTC),
)  # fmt: skip
SendFunction = Callable[[int, Sequence[Mail]], None]


def main() -> None:
    mails = [make_mail(number) for number in range(MAILS)]
    print(f"{MAILS} mails of {len(message_bytes(mails[0]))} bytes, the least of {ROUNDS} rounds")
    least = measure_all(mails)
    pipelined, building = least["ours, pipelined"], least["building alone"]
    print("way                             CPU µs   ratio   without building   wall µs   ratio")
    for name, cost in least.items():
        wire_cost = cost.cpu - building.cpu
        wire_ratio = (
            f"{wire_cost / (pipelined.cpu - building.cpu):16.2f}" if wire_cost > 0 else " " * 16
        )
        print(
            f"{name:29} {cost.cpu:8.1f}   {cost.cpu / pipelined.cpu:5.2f}   {wire_ratio}"
            f"   {cost.wall:7.1f}   {cost.wall / pipelined.wall:5.2f}"
        )


@dataclass(frozen=True)
class Cost:
    """The cost of one mail, in microseconds."""

    cpu: float
    wall: float


def make_mail(number: int) -> Mail:
    row = "<tr><td>Granola</td><td>€ 12.50</td></tr>\n"
    text = f"Hello Clara {number},\n\nyour basket is still here.\n"
    return Mail(
        message_id=f"{number:06}", sender_name="Ana at Corner Café",
        sender_address="ana@cornercafe.example", to_address=f"{number}@example.com",
        to_name="Clara", reply_to="ana@cornercafe.example", subject="Your granola is still here",
        text=text, html=f"<table>{row * (SIZE // (len(row) + 6))}</table>",
        unsubscribe_url="https://mail.cornercafe.example/u/1.a.b",
        date=datetime(2026, 3, 3, 10, tzinfo=UTC), purpose="marketing",
    )  # fmt: skip


def measure_all(mails: Sequence[Mail]) -> dict[str, Cost]:
    """Return the minimum cost of each variant; rounds alternate, so that load affects all."""
    costs: dict[str, list[Cost]] = {name: [] for name in SEND_FUNCTIONS}
    empty_database()  # not measured
    with running_server() as (port, file):
        for round_number in range(ROUNDS):
            for name, send in SEND_FUNCTIONS.items():
                costs[name].append(measure(send, port, mails))
            print(
                f"round {round_number + 1}: "
                + ", ".join(format_round(costs, name) for name in SEND_FUNCTIONS)
            )
        sent = len(accepted_message_ids(file))
    assert sent == ROUNDS * (len(SEND_FUNCTIONS) - 1) * len(mails), sent  # noqa: S101  # else the figure is meaningless
    return {
        name: Cost(min(cost.cpu for cost in rounds), min(cost.wall for cost in rounds))
        for name, rounds in costs.items()
    }


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


def send_pipelined(port: int, mails: Sequence[Mail], check: SendCheck = UNCHECKED) -> None:
    """Send with the product's sender, its journal and all outcomes included."""
    config = Words(server=LOOPBACK, port=port, encryption="none")
    with tempfile.TemporaryDirectory() as journal_folder:
        sender = SmtpSender(config, Path(journal_folder))
        with sender.delivery(f"00c0ffee@{current_worker()}") as delivery:
            outcomes = list(delivery.send(mails, check))
            delivery.outcomes_saved()
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)  # noqa: S101  # else the figure is meaningless


def send_checked(port: int, mails: Sequence[Mail]) -> None:
    """Send as above; before each mail SQLite is asked for changes, and the gate for the time.

    Not included is the one statement about the rest of a batch that follows a change.
    """
    with open_change_watch(empty_database()) as watch:
        ids = [mail.message_id for mail in mails]
        check = BatchCheck(ids, watch, lambda _ids: (), lambda _id: is_in_time())
        send_pipelined(port, mails, check)


@cache
def empty_database() -> Engine:
    folder = tempfile.mkdtemp(prefix="regulars-benchmark-")
    engine = open_database("sqlite:///regulars.db", base_folder=Path(folder))
    prepare_database(engine)
    return engine


def is_in_time() -> bool:
    return isinstance(evaluate_gate(CASE, LIMITS, now=datetime.now(UTC)), Go)


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
    "ours, pipelined": send_pipelined,
    "ours, with the last check": send_checked,
    "smtplib, one connection": send_with_smtplib,
    "smtplib, a connection a mail": send_with_new_connections,
    "building alone": build_only,
}

if __name__ == "__main__":
    main()
