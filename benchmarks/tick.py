"""Measures how the cost of a tick grows with the number of customers, of whom 100 changed.

Run it with `.venv/bin/python benchmarks/tick.py`. Each size has ten orders per customer. Times are
CPU and wall, the minimum of five ticks, compared with a full scan of every customer's last order.
Quote the ratios, because machines differ.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from engine.config.owner_config import OwnerConfig, load_owner_config
from engine.tick.tick import begin_tick
from shop.db import changed_customers
from shop.db.engine import open_database, read_transaction, write_transaction
from shop.db.upgrade import prepare_database
from shop.ingest.source_rows import SourceRows, ingest_rows

CUSTOMERS = (1_000, 10_000, 100_000)
CHANGED = 100
NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)
DAY = timedelta(days=1)
CONFIG = """
shop: {name: Corner Café, country: PT, language: en, currency: EUR, timezone: Europe/Lisbon,
       reply to: ana@cornercafe.example, postal address: Rua das Flores 12}
sending: {from: Ana <ana@cornercafe.example>}
rules:
  we-miss-you:
    {when: no visit, for: 45 days, if: {visits: at least 4}, then: [{send: we-miss-you}]}
  abandoned-cart: {when: cart abandoned, for: 3 hours, then: [{send: cart-reminder}]}
"""
FULL_SCAN = "SELECT customer_id, max(placed_at), count(*) FROM orders GROUP BY customer_id"


def main() -> None:
    print("customers   tick CPU s   wall s   spread        scan CPU s        tick/scan   growth")
    before: float | None = None
    for customers in CUSTOMERS:
        (cpu, wall, spread), (scan_cpu, _, _) = measure_size(customers)
        growth = f"x{cpu / before:.1f}" if before else ""
        print(
            f"{customers:9}   {cpu:10.4f}   {wall:6.4f}   {spread:5.0%}   {scan_cpu:15.4f}"
            f"   {cpu / scan_cpu:14.2f}   {growth}"
        )
        before = cpu


Times = tuple[float, float, float]


def measure_size(customers: int) -> tuple[Times, Times]:
    with tempfile.TemporaryDirectory() as folder:
        config, engine = create_shop(Path(folder), customers)
        moments = (NOW + minutes * timedelta(minutes=5) for minutes in range(1, 100))
        ticks = measure(
            lambda: mark_customers_changed(engine), lambda: run_tick(engine, config, moments)
        )
        scans = measure(lambda: None, lambda: scan_customers(engine))
        engine.dispose()
    return ticks, scans


def create_shop(folder: Path, customers: int) -> tuple[OwnerConfig, Engine]:
    (folder / "config.yaml").write_text(CONFIG)
    config = load_owner_config(folder / "config.yaml", {})
    engine = open_database("sqlite:///regulars.db", base_folder=folder)
    prepare_database(engine)
    for first in range(0, customers, 1_000):
        numbers = range(first, first + 1_000)
        rows = SourceRows(identities=[identity_row(n) for n in numbers])
        rows.orders += [order_row(n, visit) for n in numbers for visit in range(10)]
        with write_transaction(engine) as connection:
            ingest_rows(connection, "till", rows)
    begin_tick(engine, config, now=NOW)
    return config, engine


def identity_row(number: int) -> dict[str, Any]:
    address = f"{number}@example.com"
    return {
        "source": "till", "external_id": str(number), "email": address, "email_key": address,
        "phone": None, "first_name": None, "last_name": None, "language": None, "birthday": None,
        "tags": "[]", "joined_at": None, "version": 1,
    }  # fmt: skip


def order_row(number: int, visit: int) -> dict[str, Any]:
    return {
        "source": "till", "external_id": f"{number}-{visit}", "customer_source": "till",
        "customer_key": str(number), "placed_at": NOW - (number % 90 + visit * 7) * DAY,
        "total": 450, "currency": "EUR", "channel": "till", "counts": True, "version": 1,
    }  # fmt: skip


def mark_customers_changed(engine: Engine) -> None:
    with write_transaction(engine) as connection:
        changed_customers.mark_changed(connection, range(1, CHANGED + 1))


def run_tick(engine: Engine, config: OwnerConfig, moments: Iterator[datetime]) -> None:
    begin_tick(engine, config, now=next(moments))


def scan_customers(engine: Engine) -> None:
    with read_transaction(engine) as connection:
        connection.execute(text(FULL_SCAN)).all()


def measure(prepare: Callable[[], object], work: Callable[[], object]) -> Times:
    """Return the minimum CPU and wall time of `work`, and the spread of its CPU times."""
    cpus, walls = [], []
    for _ in range(5):
        prepare()
        cpu, wall = time.process_time(), time.perf_counter()
        work()
        cpus.append(time.process_time() - cpu)
        walls.append(time.perf_counter() - wall)
    return min(cpus), min(walls), max(cpus) / min(cpus) - 1


if __name__ == "__main__":
    main()
