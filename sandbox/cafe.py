"""The Corner Café in Lisbon: eighteen months of orders, generated from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from sandbox.checkouts import Checkout, draw_checkouts
from sandbox.customers import Customer, draw_customer
from sandbox.orders import Order, number_orders, orders_of, with_totals
from sandbox.purchase_habits import draw_habit

# A Tuesday, ten o'clock in Lisbon.
NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)
FIRST_CUSTOMER = 7_120_000_000_001
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cafe:
    """The café's online data as of `now`."""

    now: datetime
    customers: list[Customer]
    orders: list[Order]
    checkouts: list[Checkout]


def cafe(customers: int = 300, seed: int = 7) -> Cafe:
    """Return a believable shop with so many `customers`; the same `seed` gives the same shop."""
    rng = Random(seed)  # noqa: S311 - a seeded café, not a secret
    people, orders = [], []
    for index in range(customers):
        habits = draw_habit(NOW, rng)
        people.append(draw_customer(FIRST_CUSTOMER + index, joined=habits.joined, now=NOW, rng=rng))
        orders += orders_of(people[-1].number, habits, NOW, rng)
    recent = {order.customer for order in orders if order.placed_at > NOW - A_DAY}
    quiet = {customer.number for customer in people} - recent
    checkouts, later_orders = draw_checkouts(people, quiet, NOW, rng)
    orders = number_orders(orders + later_orders)
    return Cafe(NOW, with_totals(people, orders), orders, checkouts)
