"""How customers stand: what a letter tells them about their points, and a rule may ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, and_, bindparam, cast, func, select
from sqlmodel import col

from loyalty.config import Points
from loyalty.fold import LARGEST, Kind
from shop.db.upsert import IN_VALUES
from shop.tables import Customer, PointsBalance, PointsEntry, PointsLot
from shop.types.moment import Moment, moment_after

RECENTLY = timedelta(days=7)
ONE_DAY = timedelta(hours=25)
"""The longest that a day by the shop's clock can be."""


@dataclass(frozen=True)
class Standing:
    """One customer's points, and what they are good for."""

    customer: int
    balance: int = 0
    earned: int = 0  # in the last seven days, less what was taken back in them
    expiring: int = 0  # of the lots that end next, on one day by the shop's clock
    expires_at: datetime | None = None  # when the first of them does
    enough_for: str | None = None  # the dearest reward that may be had now
    next_reward: str | None = None  # the cheapest that may not
    missing: int = 0  # for the next reward


Rewards = Mapping[str, Points]


def standings(
    connection: Connection,
    customers: Collection[int],
    rewards: Rewards,
    *,
    now: datetime,
    zone: tzinfo,
) -> dict[int, Standing]:
    """How each of these customers stands; one without points stands at nought."""
    given = {"some": list(customers), "now": now, "lately": now - RECENTLY}
    ending: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    for customer, ends, left in connection.execute(_ending(), given):
        ending[customer].append((ends, left))
    return {
        customer: stand(customer, balance, max(0, earned), ending[customer], rewards, zone)
        for customer, balance, earned in connection.execute(_figures(), given)
    }


def stand(  # what is known of one customer
    customer: int,
    balance: int,
    earned: int,
    ending: Iterable[tuple[datetime, int]],
    rewards: Rewards,
    zone: tzinfo,
) -> Standing:
    """Put together what the database knows and what the owner promised."""
    lots = sorted(ending)
    first = lots[0][0] if lots else None
    the_day = first.astimezone(zone).date() if first else None
    enough_for, next_reward = within_reach(balance, rewards)
    return Standing(
        customer=customer,
        balance=balance,
        earned=earned,
        expiring=sum(left for ends, left in lots if ends.astimezone(zone).date() == the_day),
        expires_at=first,
        enough_for=enough_for,
        next_reward=next_reward,
        missing=rewards[next_reward].count - balance if next_reward else 0,
    )


def within_reach(balance: int, rewards: Rewards) -> tuple[str | None, str | None]:
    """The dearest reward there are enough points for, and the cheapest there are not."""
    by_price = sorted(rewards, key=lambda name: (rewards[name].count, name))
    had = [name for name in by_price if rewards[name].count <= balance]
    wanted = [name for name in by_price if rewards[name].count > balance]
    return (had[-1] if had else None), (wanted[0] if wanted else None)


@cache
def _figures() -> Select[Any]:
    counted = and_(
        col(PointsEntry.customer_id) == col(Customer.id),
        col(PointsEntry.kind).in_([Kind.EARNED.value, Kind.REVERSED.value]),
        col(PointsEntry.points).between(-LARGEST, LARGEST),
        col(PointsEntry.at) > bindparam("lately"),
        col(PointsEntry.at) <= bindparam("now"),
    )
    # PostgreSQL sums large numbers into fractional ones, which no letter prints.
    whole = cast(func.sum(col(PointsEntry.points)), BigInteger)
    earned = select(whole).where(counted).scalar_subquery()
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
def _ending() -> Select[Any]:
    """The lots that end next, and whatever ends within a day of them."""
    owner = col(PointsLot.customer_id)
    theirs = owner.in_(IN_VALUES)
    ahead = and_(theirs, col(PointsLot.expires_at) > bindparam("now"))
    soonest = func.min(col(PointsLot.expires_at), type_=Moment).label("ends")
    first = select(owner.label("customer_id"), soonest).where(ahead).group_by(owner).subquery()
    return (
        select(owner, col(PointsLot.expires_at), col(PointsLot.left))
        .join(first, first.c.customer_id == owner)
        .where(ahead, col(PointsLot.expires_at) < moment_after(first.c.ends, ONE_DAY))
    )
