"""Points standing of customers, for mails and for conditions of rules."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, and_, bindparam, cast, func, select
from sqlmodel import col

from loyalty.config import Points
from loyalty.fold import MAX_ENTRY_POINTS, EntryKind
from shop.db.upsert import IN_VALUES
from shop.tables import Customer, PointsBalance, PointsEntry, PointsLot
from shop.types.moment import Moment, moment_after

RECENT = timedelta(days=7)
ONE_DAY = timedelta(hours=25)
"""The longest local day: 25 hours, when the clocks go back."""


@dataclass(frozen=True)
class Standing:
    """One customer's balance, the next expiry and the rewards within reach."""

    customer: int
    balance: int = 0
    earned: int = 0  # in the last seven days, net of reversals
    expiring: int = 0  # points that expire next, within one local day of the shop
    expires_at: datetime | None = None  # when the first of them expire
    enough_for: str | None = None  # the most expensive reward within the balance
    next_reward: str | None = None  # the cheapest reward above the balance
    missing: int = 0  # points missing for next_reward


Rewards = Mapping[str, Points]


def load_standings(
    connection: Connection,
    customers: Collection[int],
    rewards: Rewards,
    *,
    now: datetime,
    zone: tzinfo,
) -> dict[int, Standing]:
    """Returns the standing of each of `customers` by id; without points, the balance is 0.

    Args:
        connection: An open transaction.
        customers: Customer ids; unknown ids are left out.
        rewards: The price of each reward by name.
        now: Lots that expire later are the upcoming ones; recent points count back from it.
        zone: The shop's time zone, which decides what expires on one day.
    """
    parameters = {"values": list(customers), "now": now, "recent_since": now - RECENT}
    expiring: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    for customer, ends, remaining in connection.execute(_next_expiring_query(), parameters):
        expiring[customer].append((ends, remaining))
    return {
        customer: build_standing(
            customer, balance, max(0, earned), expiring[customer], rewards, zone
        )
        for customer, balance, earned in connection.execute(_balance_query(), parameters)
    }


def build_standing(
    customer: int,
    balance: int,
    earned: int,
    expiring: Iterable[tuple[datetime, int]],
    rewards: Rewards,
    zone: tzinfo,
) -> Standing:
    """Builds a standing from a balance, recent points, expiring lots and the shop's `rewards`."""
    lots = sorted(expiring)
    first_expiry = lots[0][0] if lots else None
    expiry_day = first_expiry.astimezone(zone).date() if first_expiry else None
    enough_for, next_reward = reachable_rewards(balance, rewards)
    return Standing(
        customer=customer,
        balance=balance,
        earned=earned,
        expiring=sum(
            remaining for ends, remaining in lots if ends.astimezone(zone).date() == expiry_day
        ),
        expires_at=first_expiry,
        enough_for=enough_for,
        next_reward=next_reward,
        missing=rewards[next_reward].count - balance if next_reward else 0,
    )


def sum_by_day(lots: Iterable[tuple[datetime, int]], zone: tzinfo) -> dict[date, int]:
    """Returns how many points of `lots` expire on each day in `zone`, the earliest day first."""
    points: Counter[date] = Counter()
    for ends, remaining in sorted(lots):
        points[ends.astimezone(zone).date()] += remaining
    return dict(points)


def reachable_rewards(balance: int, rewards: Rewards) -> tuple[str | None, str | None]:
    """Returns the most expensive reward within `balance` and the cheapest above it (or None)."""
    by_price = sorted(rewards, key=lambda name: (rewards[name].count, name))
    affordable = [name for name in by_price if rewards[name].count <= balance]
    unaffordable = [name for name in by_price if rewards[name].count > balance]
    return (affordable[-1] if affordable else None), (unaffordable[0] if unaffordable else None)


@cache
def _balance_query() -> Select[Any]:
    is_recent = and_(
        col(PointsEntry.customer_id) == col(Customer.id),
        col(PointsEntry.kind).in_([EntryKind.EARNED.value, EntryKind.REVERSED.value]),
        col(PointsEntry.points).between(-MAX_ENTRY_POINTS, MAX_ENTRY_POINTS),
        col(PointsEntry.at) > bindparam("recent_since"),
        col(PointsEntry.at) <= bindparam("now"),
    )
    # PostgreSQL's sum of bigint is numeric.
    total = cast(func.sum(col(PointsEntry.points)), BigInteger)
    earned = select(total).where(is_recent).scalar_subquery()
    return (
        select(
            col(Customer.id),
            func.coalesce(col(PointsBalance.balance), 0),
            func.coalesce(earned, 0),
        )
        .outerjoin(PointsBalance, col(PointsBalance.customer_id) == col(Customer.id))
        .where(col(Customer.id).in_(IN_VALUES))
    )


@cache
def _next_expiring_query() -> Select[Any]:
    """The customers' next lots to expire, and all lots that expire within a day of them."""
    owner = col(PointsLot.customer_id)
    of_customers = owner.in_(IN_VALUES)
    upcoming = and_(of_customers, col(PointsLot.expires_at) > bindparam("now"))
    soonest = func.min(col(PointsLot.expires_at), type_=Moment).label("ends")
    first = select(owner.label("customer_id"), soonest).where(upcoming).group_by(owner).subquery()
    return (
        select(owner, col(PointsLot.expires_at), col(PointsLot.left))
        .join(first, first.c.customer_id == owner)
        .where(upcoming, col(PointsLot.expires_at) < moment_after(first.c.ends, ONE_DAY))
    )


def open_points(connection: Connection) -> int:
    """Returns the points of all customers that are not spent, those below zero left out."""
    balance = col(PointsBalance.balance)
    total = select(cast(func.coalesce(func.sum(balance), 0), BigInteger)).where(balance > 0)
    return connection.scalar(total) or 0
