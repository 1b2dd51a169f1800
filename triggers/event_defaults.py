"""What holds for every rule of a `when`, whatever the data: its defaults and its manners."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from shop.types.purpose import Pace, Purpose

DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class Manners:
    """How a `when` behaves where the owner says nothing else."""

    why: str  # "You get this because …"
    at_most_late: timedelta = WEEK
    purpose: Purpose = Purpose.MARKETING
    needs: Literal["for", "in"] | None = None
    has: frozenset[str] = frozenset()  # what its mails may speak of besides the customer
    lasting: bool = False  # a state that goes on, so that its backlog is never too late
    usual: bool = False  # `for` may be: longer than usual
    pace: Pace = Pace.AT_ONCE  # how long its mails may wait for a better hour
    by_day: bool = False  # it looks at the calendar: the customer's own, day by day


MANNERS: dict[str, Manners] = {
    "cart abandoned": Manners(
        why="you left something in your basket",
        at_most_late=DAY,
        needs="for",
        has=frozenset({"cart"}),
    ),
    "no visit": Manners(
        why="you have bought from us before",
        needs="for",
        lasting=True,
        usual=True,
        pace=Pace.OPEN_DAYS,
    ),
    "birthday": Manners(
        why="it is your birthday",
        at_most_late=DAY,
        needs="in",
        has=frozenset({"birthday"}),
        pace=Pace.USUAL_TIME,
        by_day=True,
    ),
    "survey answered": Manners(
        why="you told us how it was",
        at_most_late=2 * DAY,
        purpose=Purpose.SERVICE,
        has=frozenset({"answer"}),
    ),
    "points earned": Manners(why="you collect points with us", has=frozenset({"points"})),
    "points expire": Manners(
        why="you collect points with us",
        purpose=Purpose.SERVICE,
        needs="in",
        has=frozenset({"points"}),
        pace=Pace.OPEN_DAYS,
    ),
    "subscribed": Manners(why="you are new on our list"),
}
