"""Generates orders, at the till and online, from the customers' habits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from sandbox.customers import Customer
from sandbox.menu import Line, total
from sandbox.purchase_habits import Basket, Habit

FIRST_ORDER = 5_610_000_000_001
WALK_IN_SHARE = 0.03
CANCELLED_SHARE = 0.008
TEST_SHARE = 0.004


@dataclass(frozen=True, slots=True)
class Order:
    """One order; `customer` is None for an anonymous walk-in."""

    number: int
    customer: int | None
    channel: str
    lines: Basket
    placed_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None = None
    test: bool = False
    payment: str | None = None  # Shopify's financial status; None: paid, or refunded if cancelled
    taken_off: tuple[int, ...] = ()  # by line, how many an edit or a refund took off it

    @property
    def name(self) -> str:
        return f"#{1001 + self.number - FIRST_ORDER}"

    @property
    def total(self) -> int:
        """The amount in cents; 0 once cancelled."""
        return 0 if self.cancelled_at else total(self.current_lines)

    @property
    def current_lines(self) -> Basket:
        """The lines with what edits and refunds have left of them."""
        taken_off = (*self.taken_off, *(0 for _ in self.lines[len(self.taken_off) :]))
        return tuple(
            Line(line.product, line.quantity - gone)
            for line, gone in zip(self.lines, taken_off, strict=True)
        )


def orders_of(customer: int, habit: Habit, now: datetime, rng: Random) -> list[Order]:
    """Return the customer's orders without numbers: numbers follow the time of all orders."""
    return [draw_order(customer, habit, visit, now, rng) for visit in habit.visits]


def draw_order(customer: int, habit: Habit, visit: datetime, now: datetime, rng: Random) -> Order:
    """Return the order of one `visit`; a few are anonymous, cancelled or tests."""
    online = rng.random() < habit.online_share
    baskets = habit.online_baskets if online else habit.counter_baskets
    delay = timedelta(seconds=rng.randrange(3_600, 200_000) if online else rng.randrange(90))
    updated = min(visit + delay, now)
    chance = rng.random()
    cancelled = chance < CANCELLED_SHARE
    return Order(
        number=0,
        customer=customer if rng.random() >= WALK_IN_SHARE else None,
        channel="web" if online else "pos",
        lines=rng.choice(baskets),
        placed_at=visit,
        updated_at=updated,
        cancelled_at=updated if cancelled else None,
        test=not cancelled and chance < CANCELLED_SHARE + TEST_SHARE,
    )


def number_orders(orders: Iterable[Order]) -> list[Order]:
    by_time = sorted(orders, key=lambda order: order.placed_at)
    return [replace(order, number=FIRST_ORDER + index) for index, order in enumerate(by_time)]


def with_totals(customers: Iterable[Customer], orders: Iterable[Order]) -> list[Customer]:
    """Return `customers` with the totals of their `orders`, updated when the last one was."""
    orders_by_customer: dict[int, list[Order]] = defaultdict(list)
    for order in orders:
        if order.customer is not None:
            orders_by_customer[order.customer].append(order)
    return [with_total(customer, orders_by_customer[customer.number]) for customer in customers]


def with_total(customer: Customer, orders: list[Order]) -> Customer:
    return replace(
        customer,
        orders=len(orders),
        spent=sum(order.total for order in orders if not order.test),
        updated_at=max([customer.updated_at, *(order.updated_at for order in orders)]),
    )
