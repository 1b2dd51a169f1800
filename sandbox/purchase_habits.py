"""How often a customer comes, what they usually take, and who stopped coming."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sandbox.customers import between
from sandbox.menu import COUNTER, ONLINE, Line, Product

OPEN_SINCE = timedelta(days=548)
DAY = timedelta(days=1)
MONDAY = 0

# Days between visits; the shares of all seven rhythms add up to a hundred.
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
# Narrower than 45 to 200, since opening hours still move the last visit by a day.
LAPSED_DAYS = (46, 198)

Basket = tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Habit:
    """One customer's visits, oldest first, and the baskets they usually take."""

    joined: datetime
    visits: tuple[datetime, ...]
    at_the_counter: tuple[Basket, ...]
    online: tuple[Basket, ...]
    shops_online: float


def habit(now: datetime, rng: Random) -> Habit:
    visits = tuple(sorted(when_open(visit, now, rng) for visit in wished_visits(now, rng)))
    return Habit(
        joined=visits[0] if visits else between(now - OPEN_SINCE, now - DAY, rng),
        visits=visits,
        at_the_counter=tuple(basket(COUNTER, 2, rng) for _ in range(3)),
        online=tuple(basket(ONLINE, 3, rng) for _ in range(2)),
        shops_online=rng.choice((0.0, 0.05, 0.2, 0.9)),
    )


def wished_visits(now: datetime, rng: Random) -> list[datetime]:
    rhythm = rng.choices(list(SHARES), list(SHARES.values()))[0]
    if rhythm in GAPS:
        return regular_visits(GAPS[rhythm], now, rng)
    count = {"occasional": rng.randrange(2, 6), "once": 1, "never": 0}[rhythm]
    return [between(now - OPEN_SINCE, now - DAY, rng) for _ in range(count)]


def regular_visits(gap: float, now: datetime, rng: Random) -> list[datetime]:
    """At least four, laid backwards from the last: that is the one a rule asks about."""
    away = LAPSED_DAYS if rng.random() < LAPSED_SHARE else (0.2, gap)
    last = now - timedelta(days=rng.uniform(*away))
    first = between(now - OPEN_SINCE + timedelta(days=1.4 * gap), last, rng)
    visits = [last]
    while visits[-1] > first or len(visits) < 4:
        visits.append(visits[-1] - timedelta(days=gap * rng.uniform(0.6, 1.4)))
    return visits


def when_open(moment: datetime, now: datetime, rng: Random) -> datetime:
    """That day between eight and six; never on a Monday, never in the future."""
    opening = moment.replace(hour=8, minute=0, second=0, microsecond=0)
    visit = opening + timedelta(seconds=rng.randrange(10 * 3600))
    while visit >= now or visit.weekday() == MONDAY:
        visit -= DAY
    return visit


def basket(products: tuple[Product, ...], most: int, rng: Random) -> Basket:
    chosen = rng.sample(products, rng.randint(1, most))
    return tuple(Line(product, rng.choice((1, 1, 1, 2, 2, 3))) for product in chosen)
