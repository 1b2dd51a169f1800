"""What the page Today and `regulars today --json` show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from engine.owner.sources import SourceState
from engine.owner.tasks import OpenTask
from measures.overdue import OverdueCustomer
from measures.shop_days import DayVisits, ReturningShare, WeekVisits


@dataclass(frozen=True)
class WeekMails:
    """Mails from Monday to now. `sent` were accepted by a mail server or provider, `rehearsed`
    written into the outbox. `last_week` are both, from last Monday to the same time of the week.
    `held` wait for the owner's word, `queued` for their time, both now.
    """

    sent: int
    rehearsed: int
    last_week: int
    held: int
    queued: int

    @property
    def written(self) -> int:
        return self.sent + self.rehearsed


@dataclass(frozen=True)
class ReachFigure:
    """How many of the `known` customers may be mailed, as counted by a run at `counted_at`.

    `no` have said no. `week_ago` is how many could be mailed a week before, None where it was not
    counted.
    """

    counted_at: datetime
    known: int
    reachable: int
    no: int
    week_ago: int | None = None

    @property
    def change(self) -> int | None:
        return None if self.week_ago is None else self.reachable - self.week_ago


class RuleState(StrEnum):
    """Whether the mails of a rule go."""

    ON = "on"
    PAUSED = "paused"
    STOPPED = "stopped"  # with all mail


@dataclass(frozen=True)
class RuleLine:
    """One rule: its mails of this week, and those that wait for the owner's word."""

    name: str
    state: RuleState
    written: int
    held: int


@dataclass(frozen=True)
class SourceLine:
    """One source of config.yaml, and when it was last read to its end."""

    name: str
    platform: str
    state: SourceState
    read_at: datetime | None


@dataclass(frozen=True)
class TreatCount:
    """How many mails of a rule promised a treat this week."""

    treat: str
    rule: str
    mails: int


@dataclass(frozen=True)
class Promises:
    """What the shop has promised: treats in mails of this week, and points that are not spent.

    `points` is None without a loyalty programme.
    """

    treats: Sequence[TreatCount]
    points: int | None = None

    @property
    def treats_total(self) -> int:
        return sum(count.mails for count in self.treats)


@dataclass(frozen=True)
class Today:
    """The shop at `now`. `as_of` is the last run, which computes visits; None before the first.

    `days` are the ninety days to today, the last of which is not over.
    """

    now: datetime
    day: date
    as_of: datetime | None
    rehearses: bool
    visits: WeekVisits
    returning: ReturningShare
    mails: WeekMails
    reach: ReachFigure | None
    days: Sequence[DayVisits]
    data_begin: date | None
    tasks: Sequence[OpenTask]
    promises: Promises
    overdue: Sequence[OverdueCustomer]
    overdue_total: int
    rules: Sequence[RuleLine]
    sources: Sequence[SourceLine]


def to_document(today: Today) -> dict[str, Any]:
    """Returns the document of `today --json`: keys with blanks, times in ISO 8601."""
    document = _plain(today)
    document["visits"]["change"] = today.visits.change
    document["mails"]["written"] = today.mails.written
    if today.reach is not None:
        document["reach"]["change"] = today.reach.change
    for row, day in zip(document["days"], today.days, strict=True):
        row["visits"] = day.visits
    document["promises"]["treats total"] = today.promises.treats_total
    return dict(document)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {
            field.name.replace("_", " "): _plain(getattr(value, field.name))
            for field in fields(value)
        }
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value.isoformat() if isinstance(value, date | datetime) else value
