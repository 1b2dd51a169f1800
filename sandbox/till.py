"""The same café as its till knows it: beside the online shop, never a part of its dice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from sandbox.cafe import Cafe
from sandbox.customers import between
from sandbox.loyalty_programme import Account, Event, programme
from sandbox.till_customers import Sale, TillCustomer, code, of_nobody, people_at_the_till, sales_of

WALK_IN_SHARE = 0.08
REFUND_SHARE = 0.015
BOOKING_SHARE = 0.3  # of the customers: a table for brunch, or a morning of tasting
DAY = timedelta(days=1)
BOOKED_BACK, BOOKED_AHEAD = 150, 45


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Money that went back for a sale; `order` is the one that brought the things back."""

    code: str
    order: str
    sale: str
    payment: str
    amount: int
    created_at: datetime
    updated_at: datetime
    status: str = "COMPLETED"


@dataclass(frozen=True, slots=True)
class Booking:
    """A table for somebody at some time."""

    code: str
    customer: str | None
    status: str
    created_at: datetime
    updated_at: datetime
    start_at: datetime
    minutes: int = 90


@dataclass(frozen=True, slots=True)
class Till:
    """Everything the till knows at `now`."""

    now: datetime
    customers: list[TillCustomer]
    sales: list[Sale]
    refunds: list[GivenBack]
    accounts: list[Account]
    events: list[Event]
    bookings: list[Booking]


def till(shop: Cafe, seed: int = 7) -> Till:
    """The till of a café; its own dice, so that the online shop never changes by it."""
    rng = Random(f"till {seed}")  # noqa: S311 - a seeded café, not a secret
    known = people_at_the_till(shop.customers, shop.now, rng)
    people = [who for who, _ in known]
    sales = [sale for who, habits in known for sale in sales_of(who, habits, shop.now, rng)]
    accounts, events = programme(people, sales, shop.now, rng)
    sales += [of_nobody(sale, rng) for sale in sales if rng.random() < WALK_IN_SHARE]
    refunds, returned = given_back(sales, shop.now, rng)
    whole = sorted(sales + returned, key=lambda sale: (sale.created_at, sale.code))
    bookings = booked(people, shop.now, rng)
    return Till(shop.now, people, whole, refunds, accounts, events, bookings)


def given_back(sales: list[Sale], now: datetime, rng: Random) -> tuple[list[GivenBack], list[Sale]]:
    """Refunds, each with the order that the till makes of what came back."""
    refunds, orders = [], []
    for sale in sales:
        if sale.state != "COMPLETED" or rng.random() >= REFUND_SHARE:
            continue
        back = min(sale.created_at + timedelta(minutes=rng.randrange(5, 4_000)), now)
        order = replace(
            sale, code=code(rng), lines=(), created_at=back, updated_at=back, fetched=False,
            brings_back=sale.code,
        )  # fmt: skip
        status = rng.choices(("COMPLETED", "PENDING", "FAILED"), (90, 6, 4))[0]
        amount = sale.total if rng.random() < 0.7 else sale.lines[0].total
        payment = payment_of(sale.code)
        refunds.append(
            GivenBack(f"{payment}_{code(rng)}", order.code, sale.code, payment, amount, back, back,
                      status)
        )  # fmt: skip
        orders.append(order)
    return refunds, orders


def payment_of(sale: str) -> str:
    return f"{sale[:20]}PAY"


def booked(people: list[TillCustomer], now: datetime, rng: Random) -> list[Booking]:
    chosen = rng.sample(people, round(len(people) * BOOKING_SHARE))
    return [booking(who, now, rng) for who in chosen]


def booking(who: TillCustomer, now: datetime, rng: Random) -> Booking:
    start = now + rng.randrange(-BOOKED_BACK, BOOKED_AHEAD) * DAY
    if start < who.created_at + DAY:
        start = now + rng.randrange(1, BOOKED_AHEAD) * DAY  # nobody books before they are known
    start = start.replace(hour=rng.randrange(9, 17), minute=rng.choice((0, 30)))
    made = max(min(start, now) - timedelta(hours=rng.randrange(2, 500)), who.created_at)
    over = start < now
    statuses = ("ACCEPTED", "NO_SHOW", "CANCELLED_BY_CUSTOMER", "CANCELLED_BY_SELLER", "PENDING")
    status = rng.choices(statuses, (80, 8 * over, 7, 2, 3))[0]
    changed = between(made, min(max(start, made), now), rng) if status != "ACCEPTED" else made
    updated = start + timedelta(hours=1) if status == "NO_SHOW" else changed
    return Booking(code(rng, 16), who.code, status, made, min(updated, now), start)
