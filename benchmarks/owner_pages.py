"""Measures the figures of the owner's pages at growing numbers of customers.

Run it with `.venv/bin/python benchmarks/owner_pages.py [CUSTOMERS …]`; without sizes it takes those
of `SIZES`. Each customer has ten orders and a mail. For each page it prints the median CPU time of
warm loads, the 95th percentile of their duration, and the ratio of the CPU time to that of its bare
SQL: the same statements through the driver. For a tick after which 100 customers have changed it
prints the same. Quote the ratios and CPU times, because machines differ.

A page is one entry of `PAGES`: a function that loads everything the page shows.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from sqlalchemy import Connection, Engine, event

from engine.open.open_shop import OpenShop, open_shop
from engine.owner.today.load import load_today
from engine.people.customer_page import load_customer_page
from engine.people.list_kinds import parse_choice
from engine.people.people_list import PeoplePage, PeopleRequest, Sort, load_people
from engine.tick.tick import begin_tick
from shop.db import changed_customers
from shop.db.engine import read_transaction, write_transaction
from shop.types.moment import microseconds

SIZES = (10_000, 100_000, 1_000_000)
ORDERS_EACH = 10
CHANGED = 100
LOADS = 20
NOW = datetime(2026, 3, 6, 10, 4, tzinfo=UTC)
DAY = 86_400_000_000
CONFIG = """
shop: {name: Corner Café, country: PT, language: en, currency: EUR, timezone: Europe/Lisbon,
       reply to: ana@cornercafe.example, postal address: Rua das Flores 12}
sending: {from: Ana <ana@cornercafe.example>}
rules:
  we-miss-you:
    {when: no visit, for: 45 days, if: {visits: at least 4}, then: [{send: we-miss-you}]}
  abandoned-cart: {when: cart abandoned, for: 3 hours, then: [{send: cart-reminder}]}
"""
Load = Callable[[Connection, OpenShop], object]
PAGES: Mapping[str, Load] = {
    "today": lambda connection, shop: load_today(connection, shop, now=NOW),
    "customers": lambda connection, shop: load_list(connection, shop, PeopleRequest()),
    "by spending": lambda connection, shop: load_list(
        connection, shop, PeopleRequest(sort=Sort.SPENT)
    ),
    "search": lambda connection, shop: load_list(
        connection, shop, PeopleRequest(search="clara 4711")
    ),
    "people of reach": lambda connection, shop: load_list(
        connection, shop, PeopleRequest(parse_choice("reach state=yes"))
    ),
    "a person": lambda connection, shop: load_customer_page(connection, shop, 4711, now=NOW),
}
# Recursive tables of numbers: so SQLite fills a million customers in seconds.
FILL = (
    """WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :k)
       INSERT INTO identities (id, source, external_id, email, email_key, first_name, last_name,
           tags, tag_keys, version)
       SELECT n, 'till', n, n || '@example.com', n || '@example.com', 'Clara', 'Nr ' || n, '[]', '',
              1 FROM numbers""",
    """INSERT INTO customers (id, founder, email, email_key, first_name, last_name)
       SELECT id, id, email, email_key, first_name, last_name FROM identities""",
    "UPDATE identities SET customer_id = id",
    """INSERT INTO basis_statements (customer_id, source, external_id, channel, says, said_at,
           recorded_at, evidence, actor)
       SELECT id, 'till', id, 'e-mail', 'yes', 0, 0, 'yes', 'till' FROM customers
       WHERE id % 3 > 0""",
    """INSERT INTO basis (customer_id, channel, state, statement_id)
       SELECT customer_id, channel, says, id FROM basis_statements""",
    """WITH RECURSIVE
           visits(v) AS (SELECT 0 UNION ALL SELECT v + 1 FROM visits WHERE v < :visits - 1)
       INSERT INTO orders (source, external_id, customer_source, customer_key, customer_id,
           placed_at, total, currency, channel, counts, awaits_payment, version)
       SELECT 'till', id || '-' || v, 'till', id, id,
              :now - ((id * 7919) % 97 + v * ((id * 31) % 60 + 7)) * :day - (id % 9) * 3600000000,
              450, 'EUR', 'till', 1, 0, 1 FROM customers, visits""",
    """INSERT INTO enrolments (rule, customer_id, occasion, since_at, due_at, enrolled_at, backlog,
           step, verdict, ended, tick_id)
       SELECT 'we-miss-you', id, 'x', 0, 0, 0, 0, 'send', 'go', 'done', 1 FROM customers""",
    """INSERT INTO messages (id, rule, customer_id, occasion, step, enrolment_id, template, extra,
           purpose, approve_first, state, created_at, due_at, deadline, settled_at, fence, attempts,
           accepts_mailed_reports, tick_id)
       SELECT 'm' || id, rule, customer_id, occasion, 'send', id, 'we-miss-you',
              '{"treat": "a free cappuccino"}', 'marketing', 0, 'sent',
              :now - (id % 300) * :day, 0, 0, :now - (id % 300) * :day, 0, 0, 1, 1
       FROM enrolments""",
    """INSERT INTO customer_search (customer_id, word)
       SELECT id, 'clara' FROM customers UNION SELECT id, 'nr' FROM customers
       UNION SELECT id, CAST(id AS TEXT) FROM customers
       UNION SELECT id, '=clara nr ' || id FROM customers
       UNION SELECT id, email FROM customers UNION SELECT id, 'example.com' FROM customers""",
    "INSERT INTO dirty (customer_id) SELECT id FROM customers",
)


def main(sizes: list[int]) -> None:
    print("customers   what             CPU ms   p95 ms   bare SQL ms   ratio")
    for customers in sizes or SIZES:
        with tempfile.TemporaryDirectory() as folder:
            shop, first_run = create_shop(Path(folder), customers)
            print(f"{customers:9}   first run      {first_run * 1000:9.0f}")
            for name, load in PAGES.items():
                report(customers, name, *measure_page(shop, load))
            report(customers, f"tick of {CHANGED}", *measure_ticks(shop), None)
            shop.engine.dispose()


def report(customers: int, name: str, middle: float, high: float, bare: float | None) -> None:
    ratio = "" if bare is None else f"{bare * 1000:11.1f}   {middle / bare:5.1f}"
    print(f"{customers:9}   {name:15}  {middle * 1000:9.1f}   {high * 1000:6.1f}   {ratio}")


def load_list(connection: Connection, shop: OpenShop, request: PeopleRequest) -> PeoplePage:
    return load_people(connection, shop.config, request, now=NOW)


def create_shop(folder: Path, customers: int) -> tuple[OpenShop, float]:
    """Returns a shop of so many customers, and the CPU time of the run that fills its days."""
    (folder / "config.yaml").write_text(CONFIG)
    shop = open_shop(folder / "config.yaml")
    begin_tick(shop.engine, shop.config, now=NOW - timedelta(hours=1))
    values = {"k": customers, "visits": ORDERS_EACH, "now": microseconds(NOW), "day": DAY}
    with shop.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        raw.execute("BEGIN")
        raw.execute("PRAGMA defer_foreign_keys = ON")
        for statement in FILL:
            raw.execute(statement, values)
        raw.execute("COMMIT")
    cpu, _ = timed(lambda: begin_tick(shop.engine, shop.config, now=NOW - timedelta(minutes=30)))
    return shop, cpu


def measure_page(shop: OpenShop, load: Load) -> tuple[float, float, float]:
    """Returns median CPU and 95th percentile of warm loads in seconds, and the CPU of their SQL."""

    def load_once() -> None:
        with read_transaction(shop.engine) as connection:
            load(connection, shop)

    load_once()
    with recorded_statements(shop.engine) as statements:
        load_once()
    times = [timed(load_once) for _ in range(LOADS)]
    with shop.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        bare = [timed(lambda: run_bare(raw, statements)) for _ in range(LOADS)]
    return *summary(times), median(cpu for cpu, _ in bare)


def measure_ticks(shop: OpenShop) -> tuple[float, float]:
    """Returns the same of ticks after which 100 customers have changed."""
    times = []
    for number in range(LOADS):
        with write_transaction(shop.engine) as connection:
            changed_customers.mark_changed(connection, range(1, CHANGED + 1))
        now = NOW + number * timedelta(minutes=1)
        times.append(timed(lambda now=now: begin_tick(shop.engine, shop.config, now=now)))
    return summary(times)


def summary(times: list[tuple[float, float]]) -> tuple[float, float]:
    """Returns the median CPU time and the 95th percentile of the durations."""
    return median(cpu for cpu, _ in times), quantiles((wall for _, wall in times), n=20)[-1]


@contextmanager
def recorded_statements(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """Yields the list into which the statements of `engine` go, with their parameters."""
    statements: list[tuple[str, Any]] = []

    def record(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        statements.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", record)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", record)


def run_bare(raw: Any, statements: list[tuple[str, Any]]) -> None:
    for statement, parameters in statements:
        if statement != "BEGIN":
            raw.execute(statement, parameters).fetchall()


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Returns the CPU time and the duration of `work` in seconds."""
    cpu, start = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - start


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]])
