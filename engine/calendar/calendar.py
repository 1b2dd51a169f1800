"""Loads the calendar: what the coming days bring, as far as the data of now show it.

A few queries a rule, by the indexes that ticks use: none looks at all customers. Rows are grouped
by quarters of an hour and time zones, so that the work grows with the days and not with the people.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, select
from sqlmodel import col

from engine.calendar import rows_ahead
from engine.calendar.fixed_entries import doctor_entries, letters_and_closed_days
from engine.calendar.group_rows import NO_PARAMETERS, Group, count_by_day, load_groups
from engine.calendar.model import Action, Calendar, CalendarDay, Deed, Entry, Kind
from engine.calendar.series_entries import SeriesEntries
from engine.delivery.gate_batch import limits_of
from engine.messages.correction import TEMPLATE
from engine.open.open_shop import OpenShop
from engine.people.list_kinds import list_path
from shop.db.stops import load_stops
from shop.tables import RuleState
from triggers.series import SEND
from triggers.steps import FIRST_PLACE
from triggers.stored_series import load_series

DAYS, MAX_DAYS = 7, 31
A_DAY = timedelta(days=1)
LIST_KIND = "ahead"  # of people, in `engine.people.list_kinds`


def load_calendar(
    connection: Connection, shop: OpenShop, *, now: datetime, days: int = DAYS
) -> Calendar:
    """Returns the `days` from today on, in the shop's time zone, as of `now`."""
    ahead = DaysAhead(connection, shop, now, days)
    stops = load_stops(connection)
    by_day: dict[date, list[Entry]] = defaultdict(list)
    for entry in [*ahead.certain_entries(), *ahead.likely_entries()]:
        is_held = entry.rule is not None and (None in stops or entry.rule in stops)
        by_day[entry.day].append(replace(entry, is_held=is_held))
    return Calendar(
        as_of=now,
        days=[CalendarDay(day, ahead.mails_on(day, stops), by_day[day]) for day in ahead.days],
        all_stopped=None in stops,
        paused=sorted(rule for rule in stops if rule),
    )


class DaysAhead:
    """Loads the entries of the coming `days`, and counts the mails that may leave on each."""

    def __init__(self, connection: Connection, shop: OpenShop, now: datetime, days: int) -> None:
        self._connection, self._config, self._now = connection, shop.config, now
        self._zone, rules = shop.config.shop.zone, shop.config.rules
        self._horizon = rows_ahead.horizon_of(self._zone, now, days)
        self._series = load_series(connection, rules) if rules else {}
        until, limits = self._horizon.until, limits_of(shop)
        self._builders = {
            name: SeriesEntries(name, rule, limits, now, until, self._day_of)
            for name, rule in rules.items()
        }
        self._other_mails: Counter[tuple[date, str]] = Counter()
        today = self._day_of(now)
        self.days = [today + number * A_DAY for number in range(days)]

    def mails_on(self, day: date, stops: Container[str | None]) -> int:
        """Returns how many mails may leave on `day` at most, without those that are stopped."""
        if None in stops:
            return 0
        others = sum(count for (on, rule), count in self._other_mails.items() if on == day)
        of_rules = (
            builder.mails[day] for name, builder in self._builders.items() if name not in stops
        )
        return others + sum(of_rules)

    def certain_entries(self) -> Iterator[Entry]:
        """What is there already: mails, approvals, tasks, orders, and what the file says."""
        now, until = self._now, self._horizon.until
        yield from letters_and_closed_days(self._config, now, self.days)
        yield from doctor_entries(self._connection, self._config, now, until)
        for name, builder in self._builders.items():
            rows = rows_ahead.queued_mails(name, builder.rule, self._config, now)
            yield from self._steps(Kind.QUEUED, name, rows, SEND)
        yield from self._corrections()
        yield from self._day_counts(Kind.HELD, rows_ahead.held_mails(), "rule")
        yield from self._day_counts(Kind.TASKS, rows_ahead.open_tasks(now), "rule", "is_overdue")
        yield from self._day_counts(Kind.ORDERS, rows_ahead.orders_ahead(now, until))

    def likely_entries(self) -> Iterator[Entry]:
        """What comes if nothing changes: new enrolments, steps, and points that end."""
        for name, builder in self._builders.items():
            yield from self._beginnings(name, builder)
            rows = rows_ahead.due_steps(name, builder.rule, self._config, self._horizon)
            yield from self._steps(Kind.STEPS, name, rows)
        if self._config.loyalty:
            rows = rows_ahead.ending_points(self._now, self._horizon.until)
            yield from self._day_counts(Kind.POINTS, rows, amount="left")

    def _steps(self, kind: Kind, name: str, rows: Select[Any], prefix: str = "") -> Iterator[Entry]:
        """The entries of `rows` by their step. One that has left the file has none."""
        by_step: dict[str, list[Group]] = defaultdict(list)
        for group in self._groups(rows, "step"):
            by_step[group.keys[0]].append(group)
        for step, groups in by_step.items():
            if place := self._series[name].place_of(f"{prefix}{step}"):
                path = self._path(kind, rule=name, step=step)
                yield from self._builders[name].build(kind, place, groups, path)

    def _corrections(self) -> Iterator[Entry]:
        """Corrections belong to no rule of the file, and nothing follows them."""
        for entry in self._day_counts(
            Kind.QUEUED, rows_ahead.queued_corrections(self._now), "rule"
        ):
            self._other_mails[entry.day, entry.rule or ""] += entry.count
            at = entry.at or self._now
            yield replace(entry, action=Action(Deed.MAIL, TEMPLATE, at))

    def _beginnings(self, name: str, builder: SeriesEntries) -> Iterator[Entry]:
        rule = builder.rule
        rows = rows_ahead.upcoming_enrolments(
            self._connection, name, rule, self._config, self._horizon
        )
        path = self._path(Kind.BEGINS, rule=name)
        groups = [
            group
            for query, parameters in rows
            for group in self._groups(query, parameters=parameters)
        ]
        yield from builder.build(Kind.BEGINS, FIRST_PLACE, groups, path)
        if rule.include_backlog and self._has_backlog(name):
            per_day = rule.include_backlog.per_day or 0
            yield from (Entry(Kind.BACKLOG, day, per_day, name) for day in self.days)
            builder.mails.update(dict.fromkeys(self.days, per_day))

    def _has_backlog(self, name: str) -> bool:
        query = select(col(RuleState.backlog_done)).where(col(RuleState.rule) == name)
        return not self._connection.scalar(query)

    def _groups(
        self, rows: Select[Any], *keys: str, parameters: Mapping[str, Any] = NO_PARAMETERS
    ) -> Iterator[Group]:
        return load_groups(
            self._connection,
            rows,
            *keys,
            parameters=parameters,
            until=self._horizon.until,
            shop_zone=self._zone,
        )

    def _day_counts(
        self, kind: Kind, rows: Select[Any], *keys: str, amount: str | None = None
    ) -> Iterator[Entry]:
        counts = count_by_day(
            self._connection, rows, self.days, *keys, amount=amount, now=self._now,
            shop_zone=self._zone,
        )  # fmt: skip
        for counted in counts:
            values = dict(zip(keys, counted.keys, strict=True))
            rule = values.get("rule")
            yield Entry(
                kind, counted.day, counted.people if kind is Kind.POINTS else counted.rows, rule,
                counted.at, points=counted.amount, is_overdue=bool(values.get("is_overdue")),
                people=self._path(kind, **({"rule": rule} if rule else {}))(counted.day),
            )  # fmt: skip

    def _path(self, kind: Kind, **parameters: str) -> Callable[[date], str]:
        return lambda day: list_path(LIST_KIND, what=kind, day=day.isoformat(), **parameters)

    def _day_of(self, moment: datetime) -> date:
        return moment.astimezone(self._zone).date()
