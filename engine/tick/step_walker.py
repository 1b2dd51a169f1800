"""Walks a batch of enrolments through the steps of their rule until each has to stop."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from triggers.config import Branch, DoTask, Facts, Rule, Wait
from triggers.steps import AnyStep, branch_place, following_place, mail_key, step_at

FactsFilter = Callable[[Facts, Collection[int]], Collection[int]]
Position = tuple[str | None, datetime]  # a place in the steps, and when its step came due


@dataclass(frozen=True)
class RestPoint:
    """Where an enrolment stops: before a step that is due later, at a mail (`is_mail`), or at its
    end (no `place`).
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
    now: datetime
    filter_ids: FactsFilter
    mailed_steps: Collection[tuple[int, str]]
    rests: dict[int, RestPoint] = field(default_factory=dict)
    tasks: list[tuple[int, str, DoTask]] = field(default_factory=list)

    def advance_all(self, due: Sequence[Mapping[str, Any]]) -> Walk:
        """Walks the rows of `due` enrolments to their rest points.

        Each round groups the moving enrolments by place, so that an `if` is one query for its
        group.
        """
        positions: dict[int, Position] = {row["id"]: (row["step"], row["next_at"]) for row in due}
        while positions:
            ids_by_place: dict[str | None, list[int]] = defaultdict(list)
            for enrolment_id, (place, _) in positions.items():
                ids_by_place[place].append(enrolment_id)
            positions = {
                enrolment_id: position
                for place, enrolment_ids in ids_by_place.items()
                for enrolment_id, position in self._step_from(
                    place,
                    {enrolment_id: positions[enrolment_id][1] for enrolment_id in enrolment_ids},
                )
            }
        return self

    def _step_from(
        self, place: str | None, due_times: Mapping[int, datetime]
    ) -> list[tuple[int, Position]]:
        """Returns the enrolments that go on, with their position; the others get a rest point."""
        step = step_at(self.rule, place) if place else None
        if place is None or step is None:
            self.rests.update(
                {
                    enrolment_id: RestPoint(None, due_at)
                    for enrolment_id, due_at in due_times.items()
                }
            )
            return []
        if isinstance(step, Wait):
            next_place = following_place(self.rule, place)
            return [
                (enrolment_id, (next_place, due_at + step.wait.elapsed))
                for enrolment_id, due_at in due_times.items()
            ]
        due = {
            enrolment_id: due_at for enrolment_id, due_at in due_times.items() if due_at <= self.now
        }
        self.rests.update(
            {
                enrolment_id: RestPoint(place, due_at)
                for enrolment_id, due_at in due_times.items()
                if enrolment_id not in due
            }
        )
        return self._perform(place, step, due)

    def _perform(
        self, place: str, step: AnyStep, due: Mapping[int, datetime]
    ) -> list[tuple[int, Position]]:
        next_place = following_place(self.rule, place)
        if isinstance(step, Branch):
            matching = self.filter_ids(step.if_, list(due)) if due else ()
            return [
                (
                    enrolment_id,
                    (branch_place(self.rule, place, holds=enrolment_id in matching), due_at),
                )
                for enrolment_id, due_at in due.items()
            ]
        if isinstance(step, DoTask):
            self.tasks += [(enrolment_id, place, step) for enrolment_id in due]
            return [(enrolment_id, (next_place, due_at)) for enrolment_id, due_at in due.items()]
        already_mailed = {
            enrolment_id
            for enrolment_id in due
            if (enrolment_id, mail_key(self.rule, place)) in self.mailed_steps
        }
        self.rests.update(
            {
                enrolment_id: RestPoint(place, due_at, is_mail=True)
                for enrolment_id, due_at in due.items()
                if enrolment_id not in already_mailed
            }
        )
        return [(enrolment_id, (next_place, due[enrolment_id])) for enrolment_id in already_mailed]
