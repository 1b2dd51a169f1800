"""What holds for every rule of a `when`, whatever the data: its defaults and its manners."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from shop.types.purpose import Pace, Purpose

DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class EventDefaults:
    """How a `when` behaves where the owner says nothing else."""

    reason: str  # "You get this because …"
    at_most_late: timedelta = WEEK
    purpose: Purpose = Purpose.MARKETING
    needs: Literal["for", "in"] | None = None
    facts: frozenset[str] = frozenset()  # what its mails may speak of besides the customer
    is_state: bool = False  # a state that goes on, so that its backlog is never too late
    allows_usual: bool = False  # `for` may be: longer than usual
    pace: Pace = Pace.AT_ONCE  # how long its mails may wait for a better hour
    by_calendar_day: bool = False  # it looks at the calendar: the customer's own, day by day


EVENT_DEFAULTS: dict[str, EventDefaults] = {
    "cart abandoned": EventDefaults(
        reason="you left something in your basket",
        at_most_late=DAY,
        needs="for",
        facts=frozenset({"cart"}),
    ),
    "no visit": EventDefaults(
        reason="you have bought from us before",
        needs="for",
        is_state=True,
        allows_usual=True,
        pace=Pace.OPEN_DAYS,
    ),
    "birthday": EventDefaults(
        reason="it is your birthday",
        at_most_late=DAY,
        needs="in",
        facts=frozenset({"birthday"}),
        pace=Pace.USUAL_TIME,
        by_calendar_day=True,
    ),
    "survey answered": EventDefaults(
        reason="you told us how it was",
        at_most_late=2 * DAY,
        purpose=Purpose.SERVICE,
        facts=frozenset({"answer"}),
    ),
    "points earned": EventDefaults(
        reason="you collect points with us", facts=frozenset({"points"})
    ),
    "points expire": EventDefaults(
        reason="you collect points with us",
        purpose=Purpose.SERVICE,
        needs="in",
        facts=frozenset({"points"}),
        pace=Pace.OPEN_DAYS,
    ),
    "subscribed": EventDefaults(reason="you are new on our list"),
}
