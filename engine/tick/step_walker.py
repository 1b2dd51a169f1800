"""Walking a batch of enrolments through the steps of their rule, to where each must rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from triggers.config import Branch, DoTask, Facts, Rule, Wait
from triggers.steps import AnyStep, branch, following, mail_key, step_at

Holding = Callable[[Facts, Collection[int]], Collection[int]]
Standing = tuple[str | None, datetime]  # a place, and when its step came due


@dataclass(frozen=True)
class Rest:
    """Where an enrolment rests: before a step that is due later, at a mail, or at its end."""

    place: str | None
    at: datetime
    mails: bool = False


@dataclass
class Walk:
    """`holding` says for which of some enrolments facts hold; `mailed` what each had before."""

    rule: Rule
    now: datetime
    holding: Holding
    mailed: Collection[tuple[int, str]]
    rests: dict[int, Rest] = field(default_factory=dict)
    tasks: list[tuple[int, str, DoTask]] = field(default_factory=list)

    def go(self, due: Sequence[Mapping[str, Any]]) -> Walk:
        """All who stand at one place step together, so that an `if` is asked once for all."""
        moving: dict[int, Standing] = {row["id"]: (row["step"], row["next_at"]) for row in due}
        while moving:
            together: dict[str | None, list[int]] = defaultdict(list)
            for one, (place, _) in moving.items():
                together[place].append(one)
            moving = {
                one: standing
                for place, ones in together.items()
                for one, standing in self._step(place, {one: moving[one][1] for one in ones})
            }
        return self

    def _step(self, place: str | None, ones: Mapping[int, datetime]) -> list[tuple[int, Standing]]:
        """Those who go on, and where to; the others have come to rest."""
        step = step_at(self.rule, place) if place else None
        if place is None or step is None:
            self.rests.update({one: Rest(None, at) for one, at in ones.items()})
            return []
        if isinstance(step, Wait):
            after = following(self.rule, place)
            return [(one, (after, at + step.wait.elapsed)) for one, at in ones.items()]
        due = {one: at for one, at in ones.items() if at <= self.now}
        self.rests.update({one: Rest(place, at) for one, at in ones.items() if one not in due})
        return self._act(place, step, due)

    def _act(
        self, place: str, step: AnyStep, due: Mapping[int, datetime]
    ) -> list[tuple[int, Standing]]:
        after = following(self.rule, place)
        if isinstance(step, Branch):
            holds = self.holding(step.if_, list(due)) if due else ()
            return [
                (one, (branch(self.rule, place, holds=one in holds), at)) for one, at in due.items()
            ]
        if isinstance(step, DoTask):
            self.tasks += [(one, place, step) for one in due]
            return [(one, (after, at)) for one, at in due.items()]
        had = {one for one in due if (one, mail_key(self.rule, place)) in self.mailed}
        self.rests.update(
            {one: Rest(place, at, mails=True) for one, at in due.items() if one not in had}
        )
        return [(one, (after, due[one])) for one in had]
