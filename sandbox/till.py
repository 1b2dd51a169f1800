"""Generates the till's data of the café from a seed of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from sandbox.cafe import Cafe
from sandbox.customers import draw_time
from sandbox.loyalty_programme import Account, Event, build_programme
from sandbox.till_customers import (
    Sale,
    TillCustomer,
    anonymous_sale,
    draw_sales,
    draw_till_customers,
    make_id,
)

WALK_IN_SHARE = 0.08
REFUND_SHARE = 0.015
BOOKING_SHARE = 0.3  # of the customers
DAY = timedelta(days=1)
PAST_BOOKING_DAYS, FUTURE_BOOKING_DAYS = 150, 45


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund of `sale`; `order` is the return order."""

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
    """A booking of a table."""

    code: str
    customer: str | None
    status: str
    created_at: datetime
    updated_at: datetime
    start_at: datetime
    minutes: int = 90


@dataclass(frozen=True, slots=True)
class Till:
    """The till's data as of `now`."""

    now: datetime
    customers: list[TillCustomer]
    sales: list[Sale]
    refunds: list[Refund]
    accounts: list[Account]
    events: list[Event]
    bookings: list[Booking]


def till(shop: Cafe, seed: int = 7) -> Till:
    """Return the till of `shop`; its random numbers are independent of the online shop's."""
    rng = Random(f"till {seed}")  # noqa: S311 - a seeded café, not a secret
    customers_and_habits = draw_till_customers(shop.customers, shop.now, rng)
    people = [customer for customer, _ in customers_and_habits]
    sales = [
        sale
        for customer, habits in customers_and_habits
        for sale in draw_sales(customer, habits, shop.now, rng)
    ]
    accounts, events = build_programme(people, sales, shop.now, rng)
    sales += [anonymous_sale(sale, rng) for sale in sales if rng.random() < WALK_IN_SHARE]
    refunds, return_orders = draw_refunds(sales, shop.now, rng)
    all_sales = sorted(sales + return_orders, key=lambda sale: (sale.created_at, sale.code))
    bookings = draw_bookings(people, shop.now, rng)
    return Till(shop.now, people, all_sales, refunds, accounts, events, bookings)


def draw_refunds(sales: list[Sale], now: datetime, rng: Random) -> tuple[list[Refund], list[Sale]]:
    """Return refunds of some of the `sales`, and their return orders."""
    refunds, orders = [], []
    for sale in sales:
        if sale.state != "COMPLETED" or rng.random() >= REFUND_SHARE:
            continue
        refunded_at = min(sale.created_at + timedelta(minutes=rng.randrange(5, 4_000)), now)
        order = replace(
            sale,
            code=make_id(rng),
            lines=(),
            created_at=refunded_at,
            updated_at=refunded_at,
            picked_up=False,
            returned_sale=sale.code,
        )
        status = rng.choices(("COMPLETED", "PENDING", "FAILED"), (90, 6, 4))[0]
        amount = sale.total if rng.random() < 0.7 else sale.lines[0].total
        payment = payment_id(sale.code)
        refunds.append(
            Refund(
                code=f"{payment}_{make_id(rng)}",
                order=order.code,
                sale=sale.code,
                payment=payment,
                amount=amount,
                created_at=refunded_at,
                updated_at=refunded_at,
                status=status,
            )
        )
        orders.append(order)
    return refunds, orders


def payment_id(sale: str) -> str:
    return f"{sale[:20]}PAY"


def draw_bookings(people: list[TillCustomer], now: datetime, rng: Random) -> list[Booking]:
    chosen = rng.sample(people, round(len(people) * BOOKING_SHARE))
    return [draw_booking(customer, now, rng) for customer in chosen]


def draw_booking(customer: TillCustomer, now: datetime, rng: Random) -> Booking:
    """Return a booking of `customer`, in the past or ahead of `now`."""
    start = now + rng.randrange(-PAST_BOOKING_DAYS, FUTURE_BOOKING_DAYS) * DAY
    if start < customer.created_at + DAY:
        start = (
            now + rng.randrange(1, FUTURE_BOOKING_DAYS) * DAY
        )  # no booking before the customer is known
    start = start.replace(hour=rng.randrange(9, 17), minute=rng.choice((0, 30)))
    created_at = max(min(start, now) - timedelta(hours=rng.randrange(2, 500)), customer.created_at)
    is_past = start < now
    statuses = ("ACCEPTED", "NO_SHOW", "CANCELLED_BY_CUSTOMER", "CANCELLED_BY_SELLER", "PENDING")
    status = rng.choices(statuses, (80, 8 * is_past, 7, 2, 3))[0]
    changed_at = (
        draw_time(created_at, min(max(start, created_at), now), rng)
        if status != "ACCEPTED"
        else created_at
    )
    updated_at = start + timedelta(hours=1) if status == "NO_SHOW" else changed_at
    return Booking(make_id(rng, 16), customer.code, status, created_at, min(updated_at, now), start)
