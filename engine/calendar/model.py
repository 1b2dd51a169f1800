"""The calendar: days with their entries, certain ones and those that come if nothing changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Kind(StrEnum):
    """What an entry is about; also the values of `what` in a link to its people."""

    QUEUED = "mails"  # made already
    HELD = "approvals"  # mails that end unless they are approved
    TASKS = "tasks"
    ORDERS = "orders"  # dated ahead, count from that day
    CLOSED = "closed"
    LETTER = "morning letter"
    DOCTOR = "doctor"
    BEGINS = "begins"  # occasions that come due
    STEPS = "steps"  # of series that are running
    FOLLOWS = "follows"  # later mails and tasks of those that begin or go on before
    BACKLOG = "backlog"
    POINTS = "points"  # that end


CERTAIN = frozenset(
    {Kind.QUEUED, Kind.HELD, Kind.TASKS, Kind.ORDERS, Kind.CLOSED, Kind.LETTER, Kind.DOCTOR}
)


class Deed(StrEnum):
    """What a step does."""

    MAIL = "mail"
    TASK = "task"
    DECISION = "decision"  # an `if`, decided when it is reached


@dataclass(frozen=True)
class Action:
    """What a step does, at the earliest `at`; `name` is a template, or the words of a task."""

    deed: Deed
    name: str
    at: datetime
    needs_approval: bool = False


@dataclass(frozen=True)
class Entry:
    """Something that happens on a day.

    `count` is a number of mails, tasks, orders or people, as `kind` says; `people` the path of
    their list. `at` is the first moment of the day at which it happens, `points` how many end.
    """

    kind: Kind
    day: date
    count: int = 0
    rule: str | None = None
    at: datetime | None = None
    action: Action | None = None
    since: date | None = None  # of `FOLLOWS`: the day on which they begin or go on
    points: int = 0
    is_overdue: bool = False
    is_held: bool = False  # mail of the rule, or all mail, is stopped
    people: str | None = None

    @property
    def is_certain(self) -> bool:
        """Whether it happens whatever customers do, unless someone opts out."""
        return self.kind in CERTAIN


@dataclass(frozen=True)
class CalendarDay:
    """The entries of a day of the shop; `mails` is how many may leave at most."""

    day: date
    mails: int
    entries: Sequence[Entry]

    @property
    def certain(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.is_certain]

    @property
    def likely(self) -> list[Entry]:
        return [entry for entry in self.entries if not entry.is_certain]


@dataclass(frozen=True)
class Calendar:
    """The coming days of a shop as of `as_of`; `all_stopped` if all mail is stopped."""

    as_of: datetime
    days: Sequence[CalendarDay]
    all_stopped: bool = False
    paused: Sequence[str] = field(default_factory=tuple)
