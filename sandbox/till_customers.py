"""Generates the till's customers and their sales."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from sandbox.customers import Customer, draw_birthday, draw_customer, draw_time
from sandbox.menu import total
from sandbox.purchase_habits import Basket, Habit, draw_habit

ID_CHARACTERS = "ABCDEFGHJKLMNPQRSTVWXYZ0123456789"
SHARE_OF_ONLINE = 2 / 3  # till customers per online customer
ALSO_ONLINE_SHARE = 0.5
SAME_ADDRESS_SHARE = 0.6  # of those; the others share a phone number only
FIRST_STRANGER_NUMBER = 8_120_000_500_001  # apart from the numbers of online customers
UNSUBSCRIBED_SHARE = 0.12
BIRTHDAY_SHARE = 0.4
NO_BIRTH_YEAR_SHARE = 0.6
CUSTOMER_ON_PAYMENT_SHARE = 0.4  # only the payment names the customer
CANCELLED_SHARE = 0.008
OFFLINE_SHARE = 0.02
MAX_OFFLINE_SECONDS = 72 * 3600
PICKED_UP_SHARE = 0.06
SOURCES = {
    "EMAIL_COLLECTION": 30, "LOYALTY": 32, "DIRECTORY": 10, "APPOINTMENTS": 8,
    "INSTANT_PROFILE": 12, "ONLINE_STORE": 4, "IMPORT": 4,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TillCustomer:
    """One customer in the till's directory."""

    code: str
    given_name: str | None
    family_name: str | None
    email: str | None
    phone: str | None
    birthday: str | None  # as the till writes it: 0000-09-21 if the year is unknown
    creation_source: str
    unsubscribed: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Sale:
    """One order of the till; `customer` is None for an anonymous one."""

    code: str
    customer: str | None
    customer_on_payment: bool
    lines: Basket
    created_at: datetime
    updated_at: datetime
    state: str = "COMPLETED"
    picked_up: bool = False  # ordered online
    returned_sale: str | None = None  # the id of the sale that was returned

    @property
    def total(self) -> int:
        return total(self.lines)


def make_id(rng: Random, length: int = 22) -> str:
    """Return an id in Square's form."""
    return "".join(rng.choices(ID_CHARACTERS, k=length))


def draw_till_customers(
    online: list[Customer], now: datetime, rng: Random
) -> list[tuple[TillCustomer, Habit]]:
    """Return till customers; some are `online` customers, recognisable by address or phone."""
    reachable = [customer for customer in online if customer.email or customer.phone]
    count = round(len(online) * SHARE_OF_ONLINE)
    also = rng.sample(reachable, min(round(count * ALSO_ONLINE_SHARE), len(reachable)))
    phones = rng.sample(range(1_000), 1_000)
    customers_and_habits = []
    for index in range(count):
        habits = draw_habit(now, rng)
        person = also[index] if index < len(also) else draw_stranger(index, habits.joined, now, rng)
        phone = f"+441632960{phones[index % 1_000]:03d}"
        customers_and_habits.append(
            (make_till_customer(person, index < len(also), phone, habits, now, rng), habits)
        )
    return customers_and_habits


def draw_stranger(index: int, joined: datetime, now: datetime, rng: Random) -> Customer:
    return replace(
        draw_customer(FIRST_STRANGER_NUMBER + index, joined=joined, now=now, rng=rng), phone=None
    )


def make_till_customer(
    customer: Customer, also_online: bool, phone: str, habits: Habit, now: datetime, rng: Random
) -> TillCustomer:
    """Return the till's view of `customer`; `phone` is used if they have none."""
    source = rng.choices(list(SOURCES), list(SOURCES.values()))[0]
    nameless = source == "INSTANT_PROFILE"
    gave_address = customer.email and (rng.random() < SAME_ADDRESS_SHARE or customer.phone is None)
    email = customer.email if source == "EMAIL_COLLECTION" or gave_address else None
    if nameless and not also_online:
        email = None
    unsubscribed = email is not None and rng.random() < UNSUBSCRIBED_SHARE
    changed_at = draw_time(habits.joined, now, rng) if unsubscribed else habits.joined
    return TillCustomer(
        code=make_id(rng),
        given_name=None if nameless and not also_online else customer.first_name,
        family_name=None if nameless else customer.last_name,
        email=email,
        phone=customer.phone or (phone if source in ("LOYALTY", "APPOINTMENTS") else None),
        birthday=drop_birth_year(draw_birthday(now, rng), rng)
        if rng.random() < BIRTHDAY_SHARE
        else None,
        creation_source=source,
        unsubscribed=unsubscribed,
        created_at=habits.joined,
        updated_at=max([changed_at, *habits.visits]),
    )


def drop_birth_year(birthday: str, rng: Random) -> str:
    return f"0000{birthday[4:]}" if rng.random() < NO_BIRTH_YEAR_SHARE else birthday


def draw_sales(customer: TillCustomer, habits: Habit, now: datetime, rng: Random) -> list[Sale]:
    return [draw_sale(customer, habits, visit, now, rng) for visit in habits.visits]


def draw_sale(
    customer: TillCustomer, habits: Habit, visit: datetime, now: datetime, rng: Random
) -> Sale:
    """Return the sale of one `visit`; a few are cancelled, picked up or reported late."""
    offline = rng.random() < OFFLINE_SHARE
    delay = rng.randrange(3_600, MAX_OFFLINE_SECONDS) if offline else rng.randrange(1, 90)
    picked_up = rng.random() < PICKED_UP_SHARE
    return Sale(
        code=make_id(rng),
        customer=customer.code,
        customer_on_payment=rng.random() < CUSTOMER_ON_PAYMENT_SHARE,
        lines=rng.choice(habits.online_baskets if picked_up else habits.counter_baskets),
        created_at=visit,
        updated_at=min(visit + timedelta(seconds=delay), now),
        state="CANCELED" if rng.random() < CANCELLED_SHARE else "COMPLETED",
        picked_up=picked_up,
    )


def anonymous_sale(sale: Sale, rng: Random) -> Sale:
    """Return an anonymous sale with the same lines as `sale`."""
    shift = timedelta(seconds=rng.randrange(600, 3_000))
    return replace(
        sale, code=make_id(rng), customer=None, customer_on_payment=False, picked_up=False,
        created_at=sale.created_at - shift, updated_at=sale.updated_at - shift,
    )  # fmt: skip
