"""Generates buying habits: how often a customer comes, usual baskets, lapsed customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sandbox.customers import draw_time
from sandbox.menu import COUNTER, ONLINE, Line, Product

OPEN_SINCE = timedelta(days=548)
DAY = timedelta(days=1)
MONDAY = 0

# Days between visits; the shares of all seven rhythms add up to 100.
GAPS = {"twice a week": 3.5, "weekly": 7, "fortnightly": 14, "monthly": 30}
SHARES = {
    "twice a week": 3,
    "weekly": 7,
    "fortnightly": 10,
    "monthly": 12,
    "occasional": 32,
    "once": 30,
    "never": 6,
}
LAPSED_SHARE = 0.22
# Narrower than 45 to 200, because opening hours may move the last visit by a day.
LAPSED_DAYS = (46, 198)

Basket = tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Habit:
    """One customer's visits, oldest first, and their usual baskets."""

    joined: datetime
    visits: tuple[datetime, ...]
    counter_baskets: tuple[Basket, ...]
    online_baskets: tuple[Basket, ...]
    online_share: float


def draw_habit(now: datetime, rng: Random) -> Habit:
    """Return the habits of one customer, with visits up to `now`."""
    visits = tuple(
        sorted(move_to_opening_hours(visit, now, rng) for visit in draw_visits(now, rng))
    )
    return Habit(
        joined=visits[0] if visits else draw_time(now - OPEN_SINCE, now - DAY, rng),
        visits=visits,
        counter_baskets=tuple(draw_basket(COUNTER, 2, rng) for _ in range(3)),
        online_baskets=tuple(draw_basket(ONLINE, 3, rng) for _ in range(2)),
        online_share=rng.choice((0.0, 0.05, 0.2, 0.9)),
    )


def draw_visits(now: datetime, rng: Random) -> list[datetime]:
    rhythm = rng.choices(list(SHARES), list(SHARES.values()))[0]
    if rhythm in GAPS:
        return draw_regular_visits(GAPS[rhythm], now, rng)
    count = {"occasional": rng.randrange(2, 6), "once": 1, "never": 0}[rhythm]
    return [draw_time(now - OPEN_SINCE, now - DAY, rng) for _ in range(count)]


def draw_regular_visits(gap: float, now: datetime, rng: Random) -> list[datetime]:
    """Return at least four visits about `gap` days apart, generated backwards from the last."""
    days_since_last = LAPSED_DAYS if rng.random() < LAPSED_SHARE else (0.2, gap)
    last = now - timedelta(days=rng.uniform(*days_since_last))
    first = draw_time(now - OPEN_SINCE + timedelta(days=1.4 * gap), last, rng)
    visits = [last]
    while visits[-1] > first or len(visits) < 4:
        visits.append(visits[-1] - timedelta(days=gap * rng.uniform(0.6, 1.4)))
    return visits


def move_to_opening_hours(moment: datetime, now: datetime, rng: Random) -> datetime:
    """Return a time on that day between 8:00 and 18:00; not on a Monday, and before `now`."""
    opening = moment.replace(hour=8, minute=0, second=0, microsecond=0)
    visit = opening + timedelta(seconds=rng.randrange(10 * 3600))
    while visit >= now or visit.weekday() == MONDAY:
        visit -= DAY
    return visit


def draw_basket(products: tuple[Product, ...], max_lines: int, rng: Random) -> Basket:
    chosen = rng.sample(products, rng.randint(1, max_lines))
    return tuple(Line(product, rng.choice((1, 1, 1, 2, 2, 3))) for product in chosen)
