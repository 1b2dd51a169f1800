"""Entries of a rule: those who begin or go on, and what its steps then do."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from engine.calendar.group_rows import Group
from engine.calendar.model import Action, Deed, Entry, Kind
from engine.calendar.projection import Start, project
from mail.gate.gate import Limits
from triggers.config import Rule


@dataclass
class SeriesEntries:
    """Builds the entries of one rule; `mails` counts by day how many mails may leave at most."""

    name: str
    rule: Rule
    limits: Limits
    now: datetime
    until: datetime
    day_of: Callable[[datetime], date]  # on the shop's calendar
    mails: Counter[date] = field(default_factory=Counter)

    def build(
        self, kind: Kind, place: str, groups: Iterable[Group], path: Callable[[date], str]
    ) -> Iterator[Entry]:
        """Yields for each day how many are due at `place`, and what follows of it on later days.

        `path` returns the list of the people of a day.
        """
        by_day: dict[date, list[Group]] = defaultdict(list)
        for group in groups:
            by_day[self.day_of(group.at)].append(group)
        for day, of_day in sorted(by_day.items()):
            first, later = self._project(kind, place, day, of_day)
            yield Entry(
                kind, day, count=sum(group.rows for group in of_day), rule=self.name,
                at=min(group.at for group in of_day), action=_earliest(first), people=path(day),
            )  # fmt: skip
            for (later_day, _), actions in sorted(later.items()):
                earliest = _earliest([action for _, action in actions])
                count = sum(rows for rows, _ in actions)
                yield Entry(
                    Kind.FOLLOWS, later_day, count=count, rule=self.name, since=day,
                    at=earliest.at if earliest else None, action=earliest, people=path(day),
                )  # fmt: skip

    def _project(
        self, kind: Kind, place: str, day: date, groups: Sequence[Group]
    ) -> tuple[list[Action], dict[tuple[date, str], list[tuple[int, Action]]]]:
        """The first actions, and those on later days by day and place."""
        first: list[Action] = []
        later: dict[tuple[date, str], list[tuple[int, Action]]] = defaultdict(list)
        for group in groups:
            start = Start(place, group.due_at, group.zone, kind is Kind.QUEUED)
            actions = project(self.rule, start, self.limits, now=self.now, until=self.until)
            for number, (at_place, action) in enumerate(actions):
                action_day = self.day_of(action.at)
                if action.deed is Deed.MAIL and not action.needs_approval:
                    self.mails[action_day] += group.rows
                if number == 0:
                    first.append(action)
                if (number or action_day != day) and action.at < self.until:
                    later[action_day, at_place].append((group.rows, action))
        return first, later


def _earliest(actions: Sequence[Action]) -> Action | None:
    return min(actions, key=lambda action: action.at, default=None)
