"""Real purchases: a sync and one tick, with a tenth of 23,570 customers or with all of them."""

from __future__ import annotations

import asyncio
import gzip
import shutil
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update
from sqlmodel import col

from engine.open.open_shop import OpenShop, open_shop
from engine.run import run_tick
from engine.sync.sync import SyncResult, sync_all
from engine.tick.tick import begin_tick
from measures.shop_days import load_days
from shop.db.changed_customers import mark_all_changed
from shop.db.engine import read_transaction, write_transaction
from shop.tables import Customer, Enrolment, Metrics, Order, ShopDay, VisitDay
from triggers.verdicts import Verdict

NOW = datetime(1998, 7, 1, 10, tzinfo=UTC)
QUARTERS = [date(1997 + quarter // 4, quarter % 4 * 3 + 1, 1) for quarter in range(7)]
FILE = """\
shop:
  name: Records
  country: US
  currency: USD
  timezone: America/New_York
  reply to: ana@records.example
  postal address: 1 Main Street
sources:
  old-list:
    from: csv
    holds: customers
    file: customers.csv
    columns: {customer: id, e-mail: address, consent: news}
  old-till:
    from: csv
    holds: orders
    file: purchases.txt.gz
    columns: {customer: customer_id, when: date, total: dollar_value}
sending: {from: Ana <ana@records.example>}
rules:
  we-miss-you:
    when: no visit
    for: 180 days
    if: {visits: at least 4}
    then: [{send: we-miss-you}]
    include backlog: yes
"""


def purchases(file: Path) -> list[tuple[str, date]]:
    with gzip.open(file, "rt") as lines:
        rows = [line.split() for line in list(lines)[1:]]
    return [(row[0], datetime.strptime(row[1], "%Y%m%d").date()) for row in rows]  # noqa: DTZ007


def customers_by_plain_recount(purchases_made: list[tuple[str, date]]) -> set[str]:
    """The customers that the rule should enrol, counted without product code."""
    visits = Counter(customer for customer, _ in set(purchases_made))
    last_visits: dict[str, date] = {}
    for customer, day in purchases_made:
        last_visits[customer] = max(day, last_visits.get(customer, day))
    long_ago = NOW.date() - timedelta(days=180)
    return {
        customer
        for customer, day in last_visits.items()
        if visits[customer] >= 4 and day <= long_ago
    }


def totals_by_plain_recount(file: Path) -> tuple[int, int, int, int]:
    """Customers, orders, orders with a customer, and cents, counted without product code."""
    with gzip.open(file, "rt") as lines:
        rows = [line.split() for line in list(lines)[1:]]
    cents = sum(int(row[3].replace(".", "")) for row in rows)
    return len({row[0] for row in rows}), len(rows), len(rows), cents


@pytest.fixture(scope="module", params=["a tenth", pytest.param("all", marks=pytest.mark.soak)])
def shop(
    request: pytest.FixtureRequest, shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> OpenShop:
    folder = tmp_path_factory.mktemp("records")
    with gzip.open(shared / "data" / "cdnow_master.txt.gz", "rt") as lines:
        heading, *rows_read = lines
    kept = [row for row in rows_read if request.param == "all" or row.split()[0].endswith("7")]
    with gzip.open(folder / "purchases.txt.gz", "wt") as part:
        part.writelines([heading, *kept])
    people = sorted({customer for customer, _ in purchases(folder / "purchases.txt.gz")})
    rows = [f"{customer},{customer}@example.com,yes" for customer in people]
    (folder / "customers.csv").write_text("\n".join(["id,address,news", *rows]) + "\n")
    (folder / "config.yaml").write_text(FILE)
    fresh_shop = open_shop(folder / "config.yaml")
    assert not [source_result.error for source_result in sync(fresh_shop) if source_result.error]
    return fresh_shop


def sync(shop: OpenShop) -> list[SyncResult]:
    return asyncio.run(sync_all(shop, now=NOW))


def totals(shop: OpenShop) -> tuple[int, int, int, int]:
    with read_transaction(shop.engine) as connection:
        orders = select(
            func.count(), func.count(col(Order.customer_id)), func.sum(col(Order.total))
        )
        row = connection.execute(orders).one()
        people = connection.scalar(select(func.count()).select_from(Customer)) or 0
    return people, row[0], row[1], row[2]


def test_the_totals_are_the_manifests(shop: OpenShop) -> None:
    expected = totals_by_plain_recount(shop.folder / "purchases.txt.gz")
    assert totals(shop) == expected
    if expected[0] > 20_000:
        assert expected == (23_570, 69_659, 69_659, 250_031_563)


def test_exactly_the_people_of_a_plain_recount_are_enrolled(shop: OpenShop) -> None:
    expected = customers_by_plain_recount(purchases(shop.folder / "purchases.txt.gz"))
    counts = run_tick(shop, now=NOW, with_delivery=False)
    with read_transaction(shop.engine) as connection:
        query = (
            select(col(Customer.email_key))
            .join(Enrolment, col(Enrolment.customer_id) == col(Customer.id))
            .where(col(Enrolment.verdict) == Verdict.GO.value)
        )
        enrolled = {str(address).partition("@")[0] for address in connection.scalars(query)}
    assert enrolled == expected
    assert counts["we-miss-you"].enrolled == len(expected) > 100


def recounted(shop: OpenShop, folder: Path, since: date) -> OpenShop:
    """A copy of the shop with the orders from `since` on, after a tick without rules.

    Orders of 0.00 count here, as in the published figures.
    """
    shutil.copytree(shop.folder, folder)
    copied_shop = open_shop(folder / "config.yaml")
    beginning = datetime.combine(since, time(), copied_shop.config.shop.zone)
    with write_transaction(copied_shop.engine) as connection:
        connection.execute(delete(Order).where(col(Order.placed_at) < beginning))
        connection.execute(update(Order).values(counts=True))
        mark_all_changed(connection)
    config = copied_shop.config.model_copy(update={"rules": {}})
    begin_tick(copied_shop.engine, config, now=NOW)
    return copied_shop


def test_the_days_hold_the_visits_of_a_plain_recount(shop: OpenShop, tmp_path: Path) -> None:
    visits = set(purchases(shop.folder / "purchases.txt.gz"))
    by_quarter = [
        len({customer for customer, day in visits if first <= day < last})
        for first, last in pairwise(QUARTERS)
    ]
    repeaters = sum(days > 1 for days in Counter(customer for customer, _ in visits).values())
    days_shop = recounted(shop, tmp_path / "days", QUARTERS[0])
    with read_transaction(days_shop.engine) as connection:
        sums = select(func.sum(col(ShopDay.visits)), func.sum(col(ShopDay.first_visits)))
        assert connection.execute(sums).one() == (len(visits), by_quarter[0])
        people = select(func.count(col(VisitDay.customer_id).distinct()))
        assert by_quarter == [
            connection.scalar(
                people.where(col(VisitDay.day).between(first.toordinal(), last.toordinal() - 1))
            )
            for first, last in pairwise(QUARTERS)
        ]
        again = select(func.count()).select_from(Metrics).where(col(Metrics.visits) > 1)
        assert connection.scalar(again) == repeaters
    days_shop.engine.dispose()
    if len(visits) > 50_000:
        assert (len(visits), repeaters) == (67_591, 11_516)
        assert by_quarter == [23_570, 5_376, 4_263, 4_221, 3_817, 3_317]


def test_where_data_begin_late_nobody_is_called_new_for_180_days(
    shop: OpenShop, tmp_path: Path
) -> None:
    """Everybody of this file came before July 1997. Who stayed away for longer than 180 days then
    cannot be told from a new customer.
    """
    begin = date(1997, 7, 1)
    late_shop = recounted(shop, tmp_path / "late", begin)
    with read_transaction(late_shop.engine) as connection:
        days = load_days(connection, begin, NOW.date())
    late_shop.engine.dispose()
    first_seen, new = sum(day.first_seen for day in days), sum(day.new for day in days)
    assert not any(day.new for day in days[:180])
    assert first_seen > 3 * new
    if first_seen > 5_000:
        assert (first_seen, new) == (6_380, 1_952)


def test_a_second_import_changes_nothing(shop: OpenShop) -> None:
    before = totals(shop)
    results = sync(shop)
    assert all(
        source_result.report and source_result.report.skipped_unchanged for source_result in results
    )
    # The same rows in a file with other bytes are read again, and change nothing.
    file = shop.folder / "purchases.txt.gz"
    file.write_bytes(gzip.compress(gzip.decompress(file.read_bytes()) + b"\n"))
    sync(shop)
    assert totals(shop) == before
