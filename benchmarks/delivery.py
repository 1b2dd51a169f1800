"""Measures what a mail costs in a whole delivery: read, judged, rendered, sent and stored.

Run it with `.venv/bin/python benchmarks/delivery.py`. A shop on SQLite delivers reminders of carts
to new customers each round, through three senders in turn: one that takes every mail and does
nothing, the outbox folder, and a mail server (`sandbox.smtp`, a process of its own on loopback).
CPU is that of the delivering process, the least and the median of all rounds. Quote the ratios,
because machines differ.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from benchmarks.smtp import account, running_server
from engine.delivery.deliver import deliver
from engine.run import run_tick
from engine.tick.tick import begin_tick
from engine.tick_context import TickContext
from mail.message.mime import Mail
from mail.senders.outbox.sender import OutboxSender
from mail.senders.protocol import UNCHECKED, Accepted, Outcome, RecallResult, SendCheck, Sender
from mail.senders.smtp.sender import SmtpSender
from sandbox.smtp.server import accepted_message_ids
from shop.db.engine import open_database
from shop.db.upgrade import prepare_database
from tests.cafe import DAY, FILE, HOUR, MARCH, Cafe
from tests.rows import cart, cart_line, identity, statement

MAILS = 200  # a batch
ROUNDS = 12
CONFIG = (
    FILE.replace("ask me above: 1000", "ask me above: 100000")
    + """
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{send: cart-reminder}]
    include backlog: yes
"""
)
Cost = tuple[float, float]  # CPU and wall of one mail, in microseconds


def main() -> None:
    costs = measure()
    unsent = min(cpu for cpu, _ in costs["no sender"])
    print(f"{MAILS} mails a round, {ROUNDS} rounds")
    print("through           CPU µs   median   ratio    wall µs   median")
    for name, rounds in costs.items():
        cpus, walls = zip(*rounds, strict=True)
        ratio = min(cpus) / unsent
        print(
            f"{name:15} {min(cpus):8.1f} {statistics.median(cpus):8.1f} {ratio:7.2f}   "
            f"{min(walls):8.1f} {statistics.median(walls):8.1f}"
        )


class NoSender:
    """Takes every mail that the last check permits, and does nothing with it."""

    name = "none"
    reaches_people = True

    def delivery(self, lease_owner: str) -> AbstractContextManager[NoSender]:
        return nullcontext(self)

    def send(self, mails: Sequence[Mail], check: SendCheck = UNCHECKED) -> Iterator[Outcome]:
        for mail in mails:
            assert check.permitted([mail.message_id])  # noqa: S101  # else the figure is meaningless
            yield Accepted(mail.message_id)

    def outcomes_saved(self) -> None:
        pass

    def recall(self, leases: Mapping[str, str]) -> RecallResult:
        return RecallResult()


def measure() -> dict[str, list[Cost]]:
    """Returns the costs by sender; the first round, which fills caches, is left out."""
    with tempfile.TemporaryDirectory() as name, running_server() as (port, file):
        folder = Path(name)
        engine = open_database("sqlite:///regulars.db", base_folder=folder)
        prepare_database(engine)
        cafe = Cafe(engine, folder, CONFIG)
        senders: dict[str, Sender] = {
            "no sender": NoSender(),
            "outbox folder": OutboxSender(folder / "mails"),
            "mail server": SmtpSender(account(port), folder / "journal"),
        }
        costs: dict[str, list[Cost]] = {each: [] for each in senders}
        numbers = count()
        for _ in range(ROUNDS + 1):
            for each, sender in senders.items():
                leave_carts(cafe, [next(numbers) for _ in range(MAILS)])
                costs[each].append(measure_delivery(cafe, sender))
        engine.dispose()
        sent = len(accepted_message_ids(file))
    assert sent == (ROUNDS + 1) * MAILS, sent  # noqa: S101  # else the figure is meaningless
    return {each: rounds[1:] for each, rounds in costs.items()}


def leave_carts(cafe: Cafe, numbers: Sequence[int]) -> None:
    """Customers with a yes and a cart each; amounts differ."""
    names = [f"guest{number}" for number in numbers]
    cafe.arrive(
        identities=[identity(name, email=f"{name}@example.com") for name in names],
        statements=[statement(name, "yes", MARCH - 400 * DAY) for name in names],
        carts=[cart(f"cart-{name}", name, MARCH - 3 * HOUR) for name in names],
        cart_lines=[
            cart_line(f"cart-{name}", 0, "Granola", 1_000 + number % 997)
            for name, number in zip(names, numbers, strict=True)
        ],
    )


def measure_delivery(cafe: Cafe, sender: Sender) -> Cost:
    shop = replace(cafe.shop, sender=sender)
    run_tick(shop, now=MARCH, with_delivery=False)
    context = TickContext(begin_tick(shop.engine, shop.config, now=MARCH).tick, MARCH)
    started = time.perf_counter()

    def clock() -> datetime:
        return MARCH + timedelta(seconds=time.perf_counter() - started)

    cpu, wall = time.process_time(), time.perf_counter()
    deliver(shop, context, clock=clock)
    each = 1_000_000 / MAILS
    return (time.process_time() - cpu) * each, (time.perf_counter() - wall) * each


if __name__ == "__main__":
    main()
