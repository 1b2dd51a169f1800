"""What becomes of an order at Shopify decides visits, points and who is a customer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlmodel import col

from sandbox.cafe import Cafe as Records
from sandbox.checkouts import Checkout
from sandbox.customers import Consent, Customer
from sandbox.menu import Line, Product
from sandbox.orders import Order
from shop.tables import Metrics, OrderLine, PointsBalance, SyncState
from shop.tables import Order as OrderRow
from tests.cafe import HOUR, MARCH, Cafe
from tests.connectors.corner_cafe import ShopifySandbox, run_sync

DAY = timedelta(days=1)
BEGAN = MARCH - 5 * DAY
PLACED = MARCH - DAY
GIFT = Product(8_208, "Breakfast gift set", "GIFT", 4_200)
JAM = Product(8_300, "Jam", "JAM", 100)
ANA = Customer(
    number=1, first_name="Ana", last_name="Sousa", email="ana@example.com", phone=None,
    consent=Consent("SUBSCRIBED", "SINGLE_OPT_IN", datetime(2025, 1, 1, tzinfo=UTC)),
    birthday=None, tags=(), locale="pt", created_at=BEGAN - DAY, updated_at=BEGAN - DAY,
)  # fmt: skip
ORDER = Order(10, ANA.number, "web", (Line(GIFT, 1),), PLACED, PLACED)


class OnlineShop:
    """A store with Ana as its customer, and the café that reads it."""

    def __init__(self, cafe: Cafe, folder: Path) -> None:
        self.cafe, self.folder = cafe, folder
        self.store = ShopifySandbox(Records(BEGAN, [ANA], [], []))

    def changes(self, order: Order, at: datetime, **changes: object) -> None:
        """The order changes, is read, and a run follows."""
        self.store.shop.orders.put(replace(order, updated_at=at, **changes))  # type: ignore[arg-type]  # its fields
        self.look(at + HOUR)

    def look(self, at: datetime) -> None:
        run_sync(self.cafe.engine, self.store.connect(self.folder), now=at)
        self.cafe.run(at)

    @property
    def visits_and_points(self) -> tuple[int, int]:
        visits, points = (
            self.cafe.select_all(column)
            for column in (col(Metrics.visits), col(PointsBalance.balance))
        )
        return sum(visits), sum(points)


@pytest.fixture
def online_shop(cafe: Cafe, tmp_path: Path) -> OnlineShop:
    loyalty = "\nloyalty: {earn: 1 point per 1, rewards: {a coffee: 20 points}}\n"
    cafe.reread(cafe.path.read_text() + loyalty)
    shop = OnlineShop(cafe, tmp_path)
    shop.look(BEGAN)
    return shop


@pytest.mark.parametrize("unpaid", ["PENDING", "EXPIRED", "VOIDED"])
def test_an_order_counts_while_it_is_paid(online_shop: OnlineShop, unpaid: str) -> None:
    """
    rules: {}
    """
    statuses = {unpaid: (0, 0), "PAID": (1, 42), "VOIDED": (0, 0), "PARTIALLY_PAID": (1, 42)}
    for hours, (status, expected) in enumerate([*statuses.items(), ("REFUNDED", (1, 42))]):
        online_shop.changes(ORDER, PLACED + hours * HOUR, payment=status)
        assert online_shop.visits_and_points == expected, status


def test_what_an_older_reader_counted_is_read_again_once(
    online_shop: OnlineShop, engine: Engine
) -> None:
    """
    rules: {}
    """
    online_shop.changes(ORDER, PLACED, payment="VOIDED")
    with engine.begin() as connection:  # as the first version left it
        connection.execute(text("UPDATE orders SET counts = true"))
        connection.execute(text("UPDATE sync_states SET reader = NULL"))
    online_shop.look(MARCH)
    assert online_shop.cafe.select_all(col(OrderRow.counts)) == [False]
    readers = dict(online_shop.cafe.select_all(col(SyncState.stream), col(SyncState.reader)))
    assert (readers["orders"], readers["customers"]) == (2, 2)
    requests = online_shop.store.requests
    online_shop.look(MARCH + HOUR)
    assert online_shop.store.requests - requests <= 4


def test_what_an_edit_took_off_is_gone(online_shop: OnlineShop) -> None:
    """
    rules: {}
    """
    bought = replace(ORDER, lines=(Line(GIFT, 1), Line(JAM, 3)))
    online_shop.changes(bought, PLACED)
    online_shop.changes(bought, PLACED + HOUR, taken_off=(1, 1))
    lines = online_shop.cafe.select_all(
        col(OrderLine.title), col(OrderLine.quantity), col(OrderLine.total)
    )
    assert lines == [("Jam", 2, 200)]
    assert online_shop.visits_and_points == (1, 2)


def test_a_cart_of_more_lines_than_a_mail_shows_arrives_whole(online_shop: OnlineShop) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
    """
    lines = tuple(Line(Product(9_000 + n, f"Jam {n}", f"JAM{n}", 100), 1) for n in range(30))
    left = MARCH - 4 * HOUR
    online_shop.store.shop.checkouts.put(
        Checkout(10, ANA.number, lines, left - HOUR, left, None, f"{7:016x}", f"{7:032x}")
    )
    online_shop.look(MARCH)
    [mail] = online_shop.cafe.mails()
    body = str(mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]  # it has one
    assert body.count("1 × Jam") == 20
    assert "e mais 10" in body
    assert "30,00 €" in body.replace("\xa0", " ")
