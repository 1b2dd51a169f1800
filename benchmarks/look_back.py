"""Measures a look back over ninety days of a shop with busy customers, and an empty tick.

Run it with `.venv/bin/python benchmarks/look_back.py`. Times are CPU, the minimum of several
rounds, in a process that has not run a tick before and in one that has. Quote the ratios, because
machines differ.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine

from engine.config.owner_config import load_owner_config, renderer_beside
from engine.lookback.lookback import look_back
from engine.open.open_shop import OpenShop
from engine.run import run_tick
from mail.senders.outbox.sender import OutboxSender
from shop.db.engine import open_database, write_transaction
from shop.db.upgrade import prepare_database
from shop.ingest.source_rows import SourceRows, ingest_rows

CUSTOMERS = 1_000
DAYS = 90
ROUNDS = 2
NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ZONES = ("Europe/Lisbon", "Europe/Madrid", "America/New_York", "Asia/Tokyo", None)
CONFIG = """
shop: {name: Corner Café, country: PT, language: en, currency: EUR, timezone: Europe/Lisbon,
       reply to: ana@cornercafe.example, postal address: Rua das Flores 12}
sending: {from: Ana <ana@cornercafe.example>}
loyalty: {earn: 1 point per 1, expire after: 60 days}
rules:
  cart:
    when: cart abandoned
    for: 3 hours
    if: {cart total: at least 15}
    then: [{send: cart-reminder}, {wait: 1 day}, {send: cart-reminder}]
    stop when: order placed
  away:
    {when: no visit, for: 20 days, if: {visits: at least 2}, then: [{send: we-miss-you}]}
  birthday: {when: birthday, in: 3 days, then: [{send: birthday}]}
  welcome: {when: subscribed, then: [{send: welcome}]}
  points:
    {when: points expire, in: 10 days, if: {points: at least 20}, then: [{send: points-expiring}]}
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        shop = create_shop(Path(name))
        first, ticks = cpu(lambda: count_ticks(shop))
        again = min(cpu(lambda: look_back(shop, now=NOW, days=DAYS))[0] for _ in range(ROUNDS))
        run_tick(shop, now=NOW)
        moments = (NOW + minute * timedelta(minutes=5) for minute in range(1, 1_000))
        empty = min(cpu(lambda: run_tick(shop, now=next(moments)))[0] for _ in range(50))
    print("look back             CPU s   ms a tick")
    for title, seconds in (("first in a process", first), ("again", again)):
        print(f"{title:19}   {seconds:5.2f}   {1000 * seconds / ticks:9.1f}")
    print(f"\n{ticks} ticks; an empty tick of the shop itself: {1000 * empty:.1f} ms")


def cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    """Returns the CPU seconds of `work`, and its result."""
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def count_ticks(shop: OpenShop) -> int:
    """Computes the look back; returns how many ticks it ran."""
    with patch("engine.lookback.lookback.run_tick", wraps=run_tick) as counted:
        look_back(shop, now=NOW, days=DAYS)
    return counted.call_count


def create_shop(folder: Path) -> OpenShop:
    path = folder / "config.yaml"
    path.write_text(CONFIG)
    config = load_owner_config(path, {})
    engine = open_database("sqlite:///regulars.db", base_folder=folder)
    prepare_database(engine)
    fill(engine, random.Random(1))  # noqa: S311  # the same shop in every run
    return OpenShop(
        path=path,
        config=config,
        engine=engine,
        renderer=renderer_beside(path, config.language),
        sender=OutboxSender(folder / "outbox"),
        rehearsal=OutboxSender(folder / "outbox"),
        secret="a secret of the benchmark",  # noqa: S106  # signs links that nobody opens
    )


def fill(engine: Engine, chance: random.Random) -> None:
    """Ten orders a customer, a cart for every fifth, a birthday and a time zone each."""
    rows = SourceRows()
    for number in range(CUSTOMERS):
        rows.identities.append(identity_row(number))
        rows.statements.append(statement_row(number))
        for visit in range(10):
            rows.orders.append(
                order_row(number, visit, NOW - chance.randrange(150 * 24) * DAY / 24)
            )
        if number % 5 == 0:
            rows.carts.append(cart_row(number, NOW - chance.randrange(90 * 24) * DAY / 24))
            rows.cart_lines.append(cart_line_row(number))
    with write_transaction(engine) as connection:
        ingest_rows(connection, "till", rows)


def identity_row(number: int) -> dict[str, Any]:
    address = f"{number}@example.com"
    return {
        "source": "till", "external_id": str(number), "email": address, "email_key": address,
        "phone": None, "first_name": None, "last_name": None, "language": None,
        "birthday": f"--{1 + number % 12:02}-{1 + number % 28:02}", "tags": "[]",
        "joined_at": None, "timezone": ZONES[number % len(ZONES)], "version": 1,
    }  # fmt: skip


def statement_row(number: int) -> dict[str, Any]:
    at = NOW - 400 * DAY
    return {
        "customer_id": None, "source": "till", "external_id": str(number), "channel": "e-mail",
        "says": "yes", "said_at": at, "recorded_at": at, "evidence": "SUBSCRIBED",
        "wording": None, "actor": str(number),
    }  # fmt: skip


def order_row(number: int, visit: int, at: datetime) -> dict[str, Any]:
    return {
        "source": "till", "external_id": f"{number}-{visit}", "customer_source": "till",
        "customer_key": str(number), "placed_at": at, "total": 450, "currency": "EUR",
        "channel": "till", "counts": True, "version": 1,
    }  # fmt: skip


def cart_row(number: int, at: datetime) -> dict[str, Any]:
    return {
        "source": "till", "external_id": f"cart-{number}", "customer_source": "till",
        "customer_key": str(number), "left_at": at, "converted_at": None, "total": 1850,
        "currency": "EUR", "url": None, "version": 1,
    }  # fmt: skip


def cart_line_row(number: int) -> dict[str, Any]:
    return {
        "source": "till", "cart_key": f"cart-{number}", "position": 0, "title": "Granola",
        "product_key": None, "picture": None, "quantity": 1, "total": 1850, "version": 1,
    }  # fmt: skip


if __name__ == "__main__":
    main()
