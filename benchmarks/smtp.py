"""What a mail costs on its way to a mail server: our sender, and the standard library beside it.

Run it with `.venv/bin/python benchmarks/smtp.py`. The server is `sandbox.smtp`, a process of
its own on loopback, so the CPU measured is the client's. Three rounds in turn; the minimum counts.
All three ways build their mails with `mail.message.mime`; its cost alone is printed too. Quote the
ratios: machines differ.
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
from pathlib import Path

from mail.message.mime import Mail, message_bytes
from mail.senders.protocol import Accepted
from mail.senders.smtp.config import Smtp as Words
from mail.senders.smtp.sender import SmtpSender
from sandbox.smtp.server import LOOPBACK, accepted
from shop.db.workers import current_worker

MAILS = 1_000
SIZE = 24_000
ROUNDS = 3
Way = Callable[[int, Sequence[Mail]], None]


def main() -> None:
    mails = [mail(number) for number in range(MAILS)]
    print(f"{MAILS} mails of {len(message_bytes(mails[0]))} bytes, the least of {ROUNDS} rounds")
    least = measured(mails)
    ours, building = least["ours, pipelined"], least["building alone"]
    print("way                             CPU µs   ratio   without building   wall µs   ratio")
    for name, cost in least.items():
        wire = cost.cpu - building.cpu
        beside = f"{wire / (ours.cpu - building.cpu):16.2f}" if wire > 0 else " " * 16
        print(
            f"{name:29} {cost.cpu:8.1f}   {cost.cpu / ours.cpu:5.2f}   {beside}"
            f"   {cost.wall:7.1f}   {cost.wall / ours.wall:5.2f}"
        )


@dataclass(frozen=True)
class Cost:
    """Of one mail, in microseconds."""

    cpu: float
    wall: float


def mail(number: int) -> Mail:
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


def measured(mails: Sequence[Mail]) -> dict[str, Cost]:
    """Round by round, so that a busy minute of the machine meets all of them."""
    found: dict[str, list[Cost]] = {name: [] for name in WAYS}
    with server() as (port, file):
        for turn in range(ROUNDS):
            for name, way in WAYS.items():
                found[name].append(timed(way, port, mails))
            print(f"round {turn + 1}: " + ", ".join(spoken(found, name) for name in WAYS))
        sent = len(accepted(file))
    assert sent == ROUNDS * (len(WAYS) - 1) * len(mails), sent  # noqa: S101  # a figure of nothing
    return {
        name: Cost(min(one.cpu for one in some), min(one.wall for one in some))
        for name, some in found.items()
    }


def spoken(found: Mapping[str, Sequence[Cost]], name: str) -> str:
    return f"{name} {found[name][-1].cpu:.0f}/{found[name][-1].wall:.0f}"


@contextmanager
def server() -> Iterator[tuple[int, Path]]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "counted"
        run = [sys.executable, "-m", "sandbox.smtp", str(file)]
        with subprocess.Popen(run, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout  # noqa: S101  # asked for above
                yield json.loads(process.stdout.readline())["port"], file
            finally:
                process.kill()


def timed(way: Way, port: int, mails: Sequence[Mail]) -> Cost:
    cpu, wall = time.process_time(), time.perf_counter()
    way(port, mails)
    each = 1_000_000 / len(mails)
    return Cost((time.process_time() - cpu) * each, (time.perf_counter() - wall) * each)


def ours(port: int, mails: Sequence[Mail]) -> None:
    """With its journal, and with the outcome of each."""
    words = Words(server=LOOPBACK, port=port, encryption="none")
    with tempfile.TemporaryDirectory() as notes:
        sender = SmtpSender(words, Path(notes))
        with sender.delivery(f"00c0ffee@{current_worker()}") as delivery:
            told = list(delivery.send(mails))
            delivery.outcomes_saved()
    assert all(isinstance(one, Accepted) for one in told)  # noqa: S101  # a figure of nothing


def reused(port: int, mails: Sequence[Mail]) -> None:
    with smtplib.SMTP(LOOPBACK, port) as line:
        for one in mails:
            line.sendmail(one.sender_address, one.to_address, message_bytes(one))


def anew(port: int, mails: Sequence[Mail]) -> None:
    for one in mails:
        reused(port, [one])


def building(_port: int, mails: Sequence[Mail]) -> None:
    for one in mails:
        message_bytes(one)


WAYS: dict[str, Way] = {
    "ours, pipelined": ours,
    "smtplib, one connection": reused,
    "smtplib, a connection a mail": anew,
    "building alone": building,
}

if __name__ == "__main__":
    main()
