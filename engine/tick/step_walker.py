"""Walks a batch of enrolments through the steps of their rule until each has to stop."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from triggers.config import Branch, DoTask, Rule, Wait
from triggers.facts.config import Facts
from triggers.series import Series
from triggers.steps import AnyStep, branch_place, following_place, step_at

FactsFilter = Callable[[Facts, Collection[int]], Collection[int]]
DueTimes = Mapping[int, datetime]  # by enrolment id: when its step came due
Position = tuple[str | None, datetime]  # a place in the steps, and when its step came due


@dataclass(frozen=True)
class RestPoint:
    """Where an enrolment stops: before a step that is due later, at a mail, or at its end.

    At a mail `is_mail` is true; at the end there is no `place`.
    """

    place: str | None
    at: datetime
    is_mail: bool = False


@dataclass
class Walk:
    """Results are `rests` by enrolment id, and `tasks`.

    `filter_ids` returns the enrolments that meet some facts; `mailed_steps` holds enrolment ids and
    mails that exist already.
    """

    rule: Rule
    series: Series  # of this rule
    now: datetime
    filter_ids: FactsFilter
    mailed_steps: Collection[tuple[int, str]]
    rests: dict[int, RestPoint] = field(default_factory=dict)
    tasks: list[tuple[int, str, DoTask]] = field(default_factory=list)

    def advance_all(self, due: Sequence[Mapping[str, Any]]) -> Walk:
        """Walks the rows of `due` enrolments to their rest points. `step` of a row is a place, None
        where the step is gone and nothing is left after it.

        Each round handles the enrolments at one place together, so that an `if` is one query.
        """
        positions: dict[int, Position] = {row["id"]: (row["step"], row["next_at"]) for row in due}
        while positions:
            moved: dict[int, Position] = {}
            for place, due_times in _group_by_place(positions).items():
                moved |= self._step_from(place, due_times)
            positions = moved
        return self

    def _step_from(self, place: str | None, due_times: DueTimes) -> dict[int, Position]:
        """Returns the positions of the enrolments that go on; the others get a rest point."""
        step = step_at(self.rule, place) if place else None
        if place is None or step is None:
            return self._rest(None, due_times)
        if isinstance(step, Wait):
            return self._go_on(place, due_times, wait=step.wait.elapsed)
        due = {id_: due_at for id_, due_at in due_times.items() if due_at <= self.now}
        self._rest(place, _without(due_times, due))
        return self._perform(place, step, due)

    def _perform(self, place: str, step: AnyStep, due: DueTimes) -> dict[int, Position]:
        if isinstance(step, Branch):
            matching = self.filter_ids(step.if_, list(due)) if due else ()
            return {
                id_: (branch_place(self.rule, place, holds=id_ in matching), due_at)
                for id_, due_at in due.items()
            }
        if isinstance(step, DoTask):
            self.tasks += [(id_, place, step) for id_ in due]
            return self._go_on(place, due)
        key = self.series.mail_key(place)
        mailed = {id_: at for id_, at in due.items() if (id_, key) in self.mailed_steps}
        self._rest(place, _without(due, mailed), is_mail=True)
        return self._go_on(place, mailed)

    def _rest(
        self, place: str | None, due_times: DueTimes, *, is_mail: bool = False
    ) -> dict[int, Position]:
        """Nothing goes on from here."""
        for enrolment_id, due_at in due_times.items():
            self.rests[enrolment_id] = RestPoint(place, due_at, is_mail)
        return {}

    def _go_on(
        self, place: str, due_times: DueTimes, wait: timedelta = timedelta(0)
    ) -> dict[int, Position]:
        next_place = following_place(self.rule, place)
        return {id_: (next_place, due_at + wait) for id_, due_at in due_times.items()}


def _group_by_place(positions: Mapping[int, Position]) -> dict[str | None, dict[int, datetime]]:
    groups: dict[str | None, dict[int, datetime]] = defaultdict(dict)
    for enrolment_id, (place, due_at) in positions.items():
        groups[place][enrolment_id] = due_at
    return groups


def _without(due_times: DueTimes, excluded: Collection[int]) -> DueTimes:
    return {id_: due_at for id_, due_at in due_times.items() if id_ not in excluded}
