"""Who the café knows at its counter, and what they bought there: the till's side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from sandbox.customers import Customer, between, birthday, person
from sandbox.menu import total
from sandbox.purchase_habits import Basket, Habit, habit

LETTERS = "ABCDEFGHJKLMNPQRSTVWXYZ0123456789"
SHARE_OF_ONLINE = 2 / 3  # so many people at the till as there are two thirds of online
ALSO_ONLINE = 0.5
SAME_ADDRESS = 0.6  # of those; the others left a telephone number alone
FIRST_AT_THE_TILL = 8_120_000_500_001  # keeps their addresses apart from everybody's online
UNSUBSCRIBED_SHARE = 0.12
BIRTHDAY_SHARE = 0.4
WITHOUT_A_YEAR = 0.6
ON_THE_PAYMENT = 0.4  # the sale does not name the customer, its payment does
CANCELLED_SHARE = 0.008
OFFLINE_SHARE = 0.02
LONGEST_OFFLINE = 72 * 3600
FETCHED_SHARE = 0.06
SOURCES = {
    "EMAIL_COLLECTION": 30, "LOYALTY": 32, "DIRECTORY": 10, "APPOINTMENTS": 8,
    "INSTANT_PROFILE": 12, "ONLINE_STORE": 4, "IMPORT": 4,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TillCustomer:
    """One person in the till's directory."""

    code: str
    given_name: str | None
    family_name: str | None
    email: str | None
    phone: str | None
    birthday: str | None  # as the till writes it: 0000-09-21 where the year is not known
    creation_source: str
    unsubscribed: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Sale:
    """One order of the till; of nobody, where nobody left a name."""

    code: str
    customer: str | None
    on_payment: bool
    lines: Basket
    created_at: datetime
    updated_at: datetime
    state: str = "COMPLETED"
    fetched: bool = False  # ordered online, taken away here
    brings_back: str | None = None  # the sale that something was returned of

    @property
    def total(self) -> int:
        return total(self.lines)


def code(rng: Random, length: int = 22) -> str:
    """An id as the till gives them."""
    return "".join(rng.choices(LETTERS, k=length))


def people_at_the_till(
    online: list[Customer], now: datetime, rng: Random
) -> list[tuple[TillCustomer, Habit]]:
    """Partly the same people as online: by their address, or by their telephone alone."""
    known = [who for who in online if who.email or who.phone]
    many = round(len(online) * SHARE_OF_ONLINE)
    also = rng.sample(known, min(round(many * ALSO_ONLINE), len(known)))
    phones = rng.sample(range(1_000), 1_000)
    found = []
    for place in range(many):
        habits = habit(now, rng)
        drawn = also[place] if place < len(also) else stranger(place, habits.joined, now, rng)
        phone = f"+441632960{phones[place % 1_000]:03d}"
        found.append((at_the_till(drawn, place < len(also), phone, habits, now, rng), habits))
    return found


def stranger(place: int, joined: datetime, now: datetime, rng: Random) -> Customer:
    return replace(person(FIRST_AT_THE_TILL + place, joined=joined, now=now, rng=rng), phone=None)


def at_the_till(
    who: Customer, also_online: bool, phone: str, habits: Habit, now: datetime, rng: Random
) -> TillCustomer:
    source = rng.choices(list(SOURCES), list(SOURCES.values()))[0]
    nameless = source == "INSTANT_PROFILE"
    left_address = who.email and (rng.random() < SAME_ADDRESS or who.phone is None)
    email = who.email if source == "EMAIL_COLLECTION" or left_address else None
    if nameless and not also_online:
        email = None
    unsubscribed = email is not None and rng.random() < UNSUBSCRIBED_SHARE
    changed = between(habits.joined, now, rng) if unsubscribed else habits.joined
    return TillCustomer(
        code=code(rng),
        given_name=None if nameless and not also_online else who.first_name,
        family_name=None if nameless else who.last_name,
        email=email,
        phone=who.phone or (phone if source in ("LOYALTY", "APPOINTMENTS") else None),
        birthday=day_only(birthday(now, rng), rng) if rng.random() < BIRTHDAY_SHARE else None,
        creation_source=source,
        unsubscribed=unsubscribed,
        created_at=habits.joined,
        updated_at=max([changed, *habits.visits]),
    )


def day_only(written: str, rng: Random) -> str:
    return f"0000{written[4:]}" if rng.random() < WITHOUT_A_YEAR else written


def sales_of(who: TillCustomer, habits: Habit, now: datetime, rng: Random) -> list[Sale]:
    return [sale(who, habits, visit, now, rng) for visit in habits.visits]


def sale(who: TillCustomer, habits: Habit, visit: datetime, now: datetime, rng: Random) -> Sale:
    offline = rng.random() < OFFLINE_SHARE
    late = rng.randrange(3_600, LONGEST_OFFLINE) if offline else rng.randrange(1, 90)
    fetched = rng.random() < FETCHED_SHARE
    return Sale(
        code=code(rng),
        customer=who.code,
        on_payment=rng.random() < ON_THE_PAYMENT,
        lines=rng.choice(habits.online if fetched else habits.at_the_counter),
        created_at=visit,
        updated_at=min(visit + timedelta(seconds=late), now),
        state="CANCELED" if rng.random() < CANCELLED_SHARE else "COMPLETED",
        fetched=fetched,
    )


def of_nobody(like: Sale, rng: Random) -> Sale:
    """Somebody who left no name bought the same."""
    moved = timedelta(seconds=rng.randrange(600, 3_000))
    return replace(
        like, code=code(rng), customer=None, on_payment=False, fetched=False,
        created_at=like.created_at - moved, updated_at=like.updated_at - moved,
    )  # fmt: skip
