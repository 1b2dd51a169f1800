"""Checkouts that were begun and left: some due for a reminder today, most not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from sandbox.customers import Customer, between
from sandbox.menu import ONLINE, total
from sandbox.orders import Order
from sandbox.purchase_habits import Basket, basket

FIRST_CHECKOUT = 36_210_000_000_001
PER_CUSTOMERS = 40 / 300
WITHIN_A_DAY = (timedelta(hours=3, minutes=10), timedelta(hours=23))
TOO_FRESH = (timedelta(minutes=5), timedelta(hours=2, minutes=30))
LONG_AGO = (timedelta(days=2), timedelta(days=90))


@dataclass(frozen=True, slots=True)
class Checkout:
    """A basket brought as far as the customer's address, and no further."""

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
class Story:
    """How a kind of checkout goes: its share, who leaves it, when, and what follows."""

    share: float
    may_be_mailed: bool
    ago: tuple[timedelta, timedelta]
    completed: bool = False
    orders_later: bool = False


STORIES = (
    Story(0.30, may_be_mailed=True, ago=WITHIN_A_DAY),
    Story(0.10, may_be_mailed=False, ago=WITHIN_A_DAY),
    Story(0.10, may_be_mailed=True, ago=WITHIN_A_DAY, orders_later=True),
    Story(0.05, may_be_mailed=True, ago=WITHIN_A_DAY, completed=True),
    Story(0.05, may_be_mailed=True, ago=TOO_FRESH),
    Story(0.15, may_be_mailed=True, ago=LONG_AGO, completed=True),
    Story(0.15, may_be_mailed=True, ago=LONG_AGO),
    Story(0.10, may_be_mailed=False, ago=LONG_AGO),
)


def left_behind(
    customers: list[Customer], quiet: set[int], now: datetime, rng: Random
) -> tuple[list[Checkout], list[Order]]:
    """The checkouts, each by another customer, and the orders that some made afterwards.

    `quiet` are the customers without an order in the last day: whoever bought since
    their checkout needs no reminder, and here that is a story of its own.
    """
    known = [who for who in customers if who.created_at < now - LONG_AGO[1]]
    willing = [who.number for who in known if who.may_be_mailed and who.number in quiet]
    others = [who.number for who in known if not who.may_be_mailed]
    rng.shuffle(willing)
    rng.shuffle(others)
    checkouts: list[Checkout] = []
    orders: list[Order] = []
    for story in STORIES:
        for _ in range(round(story.share * PER_CUSTOMERS * len(customers))):
            people = willing if story.may_be_mailed else others
            if not people:
                break
            checkout = left_by(people.pop(), story, now, rng)
            checkouts.append(checkout)
            if story.completed or story.orders_later:
                orders.append(order_after(checkout, now))
    return numbered(checkouts), orders


def left_by(customer: int, story: Story, now: datetime, rng: Random) -> Checkout:
    latest, earliest = now - story.ago[0], now - story.ago[1]
    updated = between(earliest, latest, rng)
    return Checkout(
        number=0,
        customer=customer,
        lines=basket(ONLINE, 4, rng),
        created_at=updated - timedelta(seconds=rng.randrange(30, 2_400)),
        updated_at=updated,
        completed_at=updated if story.completed else None,
        token=f"{rng.getrandbits(64):016x}",
        key=f"{rng.getrandbits(128):032x}",
    )


def order_after(checkout: Checkout, now: datetime) -> Order:
    """A completed checkout is an order at once; the others came back half an hour later."""
    pause = timedelta() if checkout.completed_at else timedelta(minutes=30)
    placed = min(checkout.updated_at + pause, now - timedelta(minutes=1))
    return Order(0, checkout.customer, "web", checkout.lines, placed, placed)


def numbered(checkouts: list[Checkout]) -> list[Checkout]:
    in_time = sorted(checkouts, key=lambda checkout: checkout.created_at)
    return [replace(left, number=FIRST_CHECKOUT + place) for place, left in enumerate(in_time)]
