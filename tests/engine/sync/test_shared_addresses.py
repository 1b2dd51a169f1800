"""A sync names addresses that carry more than one person can have."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.sync.sync import sync_all
from regulars.terminal.sync_report import print_sync_results
from shop.consent.suppressions import SuppressionReason, suppress_address
from shop.db.engine import write_transaction
from shop.identity.shared_addresses import SharedAddress
from tests.cafe import MARCH, Cafe

TILL = """
sources:
  till:
    from: csv
    holds: orders
    file: orders.csv
    columns: {customer: Email, when: Date, total: Total, order: Order}
rules: {}
"""


@pytest.fixture
def till(cafe: Cafe) -> Cafe:
    cafe.reread(TILL)
    return cafe


def shared_addresses(cafe: Cafe) -> list[SharedAddress]:
    [result] = asyncio.run(sync_all(cafe.shop, now=MARCH))
    print_sync_results([result])
    return list(result.shared_addresses)


def write_orders(folder: Path, purchases: int, days: int) -> None:
    dates = [f"2026-02-{1 + number % days:02}" for number in range(purchases)]
    rows = [f"Bar@Till.example,{date},5,{number}" for number, date in enumerate(dates)]
    (folder / "orders.csv").write_text("\n".join(["Email,Date,Total,Order", *rows]) + "\n")


def test_an_address_with_very_many_purchases_is_named(
    till: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    write_orders(till.path.parent, 60, 27)
    assert shared_addresses(till) == [SharedAddress("bar@till.example", 60, 27)]
    text = " ".join(capsys.readouterr().err.split())
    assert "bar@till.example carries 60 purchases of 27 days" in text
    assert "regulars suppress bar@till.example" in text


@pytest.mark.parametrize(("purchases", "days"), [(49, 5), (25, 25)])
def test_a_regular_is_not_named(till: Cafe, purchases: int, days: int) -> None:
    write_orders(till.path.parent, purchases, days)
    assert shared_addresses(till) == []


def test_an_address_to_which_nothing_goes_is_not_named_again(till: Cafe) -> None:
    with write_transaction(till.engine) as connection:
        by_hand = SuppressionReason.BY_HAND
        suppress_address(connection, "bar@till.example", by_hand, None, now=MARCH)
    write_orders(till.path.parent, 60, 27)
    assert shared_addresses(till) == []


def test_an_address_in_very_many_records_is_named(cafe: Cafe) -> None:
    cafe.reread(
        TILL.replace("holds: orders", "holds: customers")
        .replace("orders.csv", "customers.csv")
        .replace("{customer: Email, when: Date, total: Total, order: Order}",
                 "{customer: Number, e-mail: Email}")
    )  # fmt: skip
    rows = [f"{number},bar@till.example" for number in range(60)]
    (cafe.path.parent / "customers.csv").write_text("\n".join(["Number,Email", *rows]) + "\n")
    assert shared_addresses(cafe) == [SharedAddress("bar@till.example", records=60)]
