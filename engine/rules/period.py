"""The days that the figures of rules are about: four weeks, and the four before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from shop.rule_counts.days import day_quarter

DAYS = 28  # each weekday four times
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """Days in the time zone of the shop, both included."""

    first: date
    last: date
    zone: ZoneInfo

    @classmethod
    def until(cls, now: datetime, zone: ZoneInfo) -> Period:
        """Returns the DAYS days that end with the day of `now`."""
        today = now.astimezone(zone).date()
        return cls(today - (DAYS - 1) * DAY, today, zone)

    @property
    def before(self) -> Period:
        """The period of the same length before it."""
        return Period(self.first - DAYS * DAY, self.first - DAY, self.zone)

    @property
    def quarters(self) -> tuple[int, int]:
        """The first quarter of an hour (since 1970) of the period, and the first after it."""
        return day_quarter(self.first, self.zone), day_quarter(self.last + DAY, self.zone)

    @property
    def parameters(self) -> Mapping[str, str]:
        """The parameters of a list of people."""
        return {"from": self.first.isoformat(), "until": self.last.isoformat()}
