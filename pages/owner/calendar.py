"""The page Calendar: what the coming days bring."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.calendar.calendar import DAYS, MAX_DAYS, load_calendar
from engine.calendar.model import Calendar, CalendarDay, Entry
from engine.calendar.wording import describe
from engine.tick_context import context_of_last_tick
from pages.owner.site import NavEntry, OwnerSite
from templates.language import ENGLISH
from templates.owner import calendar as words

SLOW = 0.3  # seconds
KEPT_FOR = timedelta(minutes=1)
NAV: NavEntry | None = NavEntry("Calendar", "/calendar")


def routes(site: OwnerSite) -> list[Route]:
    """Returns the route of the page; `?days=14` shows more days."""

    calendars = SlowCalendars(site)

    def show(request: Request) -> Response:
        days = _days(request.query_params.get("days", ""))
        calendar = calendars.load(days)
        return site.page(
            request,
            "calendar.html",
            {
                "days": [_day_variables(site, day) for day in calendar.days],
                "as_of": calendar.as_of,
                "all_stopped": calendar.all_stopped,
                "number": days,
                "choices": (DAYS, 2 * DAYS, MAX_DAYS),
                "words": _words(),
            },
        )

    return [Route("/calendar", show)]


@dataclass
class SlowCalendars:
    """Calendars that took long to load are shown again for KEPT_FOR, until the next tick at most:
    those of hundreds of thousands of customers.
    """

    site: OwnerSite
    _kept: dict[int, tuple[int, Calendar]] = field(default_factory=dict)  # by days, with the tick
    _lock: Lock = field(default_factory=Lock)

    def load(self, days: int) -> Calendar:
        """Returns the calendar of `days`; of several who ask at once for a slow one, one loads."""
        site, now = self.site, self.site.now()
        with self._lock, site.read() as connection:
            tick = context_of_last_tick(connection, now).tick
            kept_tick, kept = self._kept.get(days, (tick, None))
            if kept and kept_tick == tick and timedelta(0) <= now - kept.as_of < KEPT_FOR:
                return kept
            started = time.monotonic()
            calendar = load_calendar(connection, site.shop, now=now, days=days)
            self._kept.pop(days, None)
            if time.monotonic() - started > SLOW:
                self._kept[days] = (tick, calendar)
            return calendar


def _days(text: str) -> int:
    """What is no number of days, or too many, is a week."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_DAYS))
    return int(text) if is_number and 1 <= int(text) <= MAX_DAYS else DAYS


def _day_variables(site: OwnerSite, day: CalendarDay) -> dict[str, Any]:
    return {
        "day": day.day,
        "name": ENGLISH.weekday_and_day(day.day),
        "mails": day.mails,
        "certain": [_line(site, entry) for entry in day.certain],
        "likely": [_line(site, entry) for entry in day.likely],
    }


def _line(site: OwnerSite, entry: Entry) -> dict[str, Any]:
    line = describe(entry, site.shop.config)
    return {"rule": line.rule, "count": line.count, "rest": line.rest, "people": entry.people}


def _words() -> dict[str, str]:
    names = ("CERTAIN", "LIKELY", "CERTAIN_MEANS", "LIKELY_MEANS", "NOTHING", "ALL_STOPPED")
    return {name.lower(): getattr(words, name) for name in (*names, "UPKEEP")}
