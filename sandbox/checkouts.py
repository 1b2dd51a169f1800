"""Generates abandoned checkouts: some due for a reminder today, most not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from sandbox.customers import Customer, draw_time
from sandbox.menu import ONLINE, total
from sandbox.orders import Order
from sandbox.purchase_habits import Basket, draw_basket

FIRST_CHECKOUT = 36_210_000_000_001
CHECKOUTS_PER_CUSTOMER = 40 / 300
WITHIN_A_DAY = (timedelta(hours=3, minutes=10), timedelta(hours=23))
TOO_FRESH = (timedelta(minutes=5), timedelta(hours=2, minutes=30))
LONG_AGO = (timedelta(days=2), timedelta(days=90))


@dataclass(frozen=True, slots=True)
class Checkout:
    """A checkout that reached the customer's address."""

    number: int
    customer: int
    lines: Basket
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    token: str
    key: str

    @property
    def name(self) -> str:
        return f"#{self.number}"

    @property
    def url(self) -> str:
        return f"https://corner-cafe.example/checkouts/{self.token}/recover?key={self.key}"

    @property
    def total(self) -> int:
        return total(self.lines)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A kind of checkout: its share, whether its customer may be mailed, its age, what follows."""

    share: float
    may_be_mailed: bool
    ago: tuple[timedelta, timedelta]
    completed: bool = False
    orders_later: bool = False


SCENARIOS = (
    Scenario(0.30, may_be_mailed=True, ago=WITHIN_A_DAY),
    Scenario(0.10, may_be_mailed=False, ago=WITHIN_A_DAY),
    Scenario(0.10, may_be_mailed=True, ago=WITHIN_A_DAY, orders_later=True),
    Scenario(0.05, may_be_mailed=True, ago=WITHIN_A_DAY, completed=True),
    Scenario(0.05, may_be_mailed=True, ago=TOO_FRESH),
    Scenario(0.15, may_be_mailed=True, ago=LONG_AGO, completed=True),
    Scenario(0.15, may_be_mailed=True, ago=LONG_AGO),
    Scenario(0.10, may_be_mailed=False, ago=LONG_AGO),
)


def draw_checkouts(
    customers: list[Customer], quiet: set[int], now: datetime, rng: Random
) -> tuple[list[Checkout], list[Order]]:
    """Return checkouts, each by another customer, and the orders that followed some of them.

    `quiet` holds the customers without an order in the last day: a customer who ordered after the
    checkout needs no reminder, which is a scenario of its own.
    """
    customers_before = [
        customer for customer in customers if customer.created_at < now - LONG_AGO[1]
    ]
    mailable = [
        customer.number
        for customer in customers_before
        if customer.may_be_mailed and customer.number in quiet
    ]
    unmailable = [customer.number for customer in customers_before if not customer.may_be_mailed]
    rng.shuffle(mailable)
    rng.shuffle(unmailable)
    checkouts: list[Checkout] = []
    orders: list[Order] = []
    for scenario in SCENARIOS:
        for _ in range(round(scenario.share * CHECKOUTS_PER_CUSTOMER * len(customers))):
            candidates = mailable if scenario.may_be_mailed else unmailable
            if not candidates:
                break
            checkout = draw_checkout(candidates.pop(), scenario, now, rng)
            checkouts.append(checkout)
            if scenario.completed or scenario.orders_later:
                orders.append(following_order(checkout, now))
    return number_checkouts(checkouts), orders


def draw_checkout(customer: int, scenario: Scenario, now: datetime, rng: Random) -> Checkout:
    """Return a checkout of `customer` whose age fits the `scenario`."""
    latest, earliest = now - scenario.ago[0], now - scenario.ago[1]
    updated = draw_time(earliest, latest, rng)
    return Checkout(
        number=0,
        customer=customer,
        lines=draw_basket(ONLINE, 4, rng),
        created_at=updated - timedelta(seconds=rng.randrange(30, 2_400)),
        updated_at=updated,
        completed_at=updated if scenario.completed else None,
        token=f"{rng.getrandbits(64):016x}",
        key=f"{rng.getrandbits(128):032x}",
    )


def following_order(checkout: Checkout, now: datetime) -> Order:
    """Return the order of a completed `checkout`, or one placed half an hour after it."""
    pause = timedelta() if checkout.completed_at else timedelta(minutes=30)
    placed = min(checkout.updated_at + pause, now - timedelta(minutes=1))
    return Order(0, checkout.customer, "web", checkout.lines, placed, placed)


def number_checkouts(checkouts: list[Checkout]) -> list[Checkout]:
    by_time = sorted(checkouts, key=lambda checkout: checkout.created_at)
    return [
        replace(checkout, number=FIRST_CHECKOUT + index) for index, checkout in enumerate(by_time)
    ]
