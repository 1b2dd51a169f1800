"""Random edits of a series, and what each of them means for somebody in the middle of it.

A test knows which step is which: each has a number of its own, which the product does not see. The
file shows only what the steps do, and two of them may do the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

NAMES = ("first", "second", "third", "fourth", "fifth")


@dataclass(frozen=True, repr=False)
class NumberedStep:
    """A `send` of a template, or a `wait` of so many days, with the number that a test knows."""

    number: int
    does: str | int

    @property
    def is_wait(self) -> bool:
        return isinstance(self.does, int)

    def __repr__(self) -> str:
        return f"{self.does}({self.number})"

    def to_config(self) -> dict[str, Any]:
        days = "day" if self.does == 1 else "days"
        return {"wait": f"{self.does} {days}"} if self.is_wait else {"send": self.does}


Steps = list[NumberedStep]


@dataclass(frozen=True)
class Edit:
    """The steps after one change of the file; `moved` is the number of the step that was moved."""

    steps: Steps
    moved: int | None = None


def numbered(*does: str | int) -> Steps:
    return [NumberedStep(number, text) for number, text in enumerate(does)]


BEFORE = numbered("first", 1, "second", 1, "third")
REPEATING = (
    numbered("first", 1, "second", 2, "first", 1, "third"),
    numbered("first", 1, "first", 1, "second"),
    numbered("first", 2, "second", 1, "third", 2, "second", 1, "first"),
)


@st.composite
def edits(draw: st.DrawFn) -> list[Edit]:
    """One change after the other: insert, delete or move a step, or change a wait.

    No two steps send the same mail: of two, the file does not always show which was moved.
    """
    versions = [Edit(BEFORE)]
    for _ in range(draw(st.integers(1, 6))):
        change = draw(st.sampled_from(["insert", "delete", "move", "wait"]))
        edit = _change(draw, versions, change)
        if not _repeats_a_mail(edit.steps):
            versions.append(edit)
    return versions


@st.composite
def edits_of_repeated_mails(draw: st.DrawFn) -> list[Edit]:
    """A series that sends a mail twice, and one change: insert, delete or copy a step."""
    versions = [Edit(draw(st.sampled_from(REPEATING)))]
    edit = _change(draw, versions, draw(st.sampled_from(["insert", "delete", "duplicate"])))
    assume(not _has_twins(edit.steps))
    return [*versions, edit]


def _repeats_a_mail(steps: Steps) -> bool:
    templates = [step.does for step in steps if not step.is_wait]
    return len(templates) > len(set(templates))


def _has_twins(steps: Steps) -> bool:
    """Two neighbours do the same: if one is added or taken out, the file does not show which."""
    return any(step.does == following.does for step, following in pairwise(steps))


def _change(draw: st.DrawFn, versions: Sequence[Edit], change: str) -> Edit:
    steps = list(versions[-1].steps)
    position = draw(st.integers(0, max(0, len(steps) - 1)))
    if change == "delete" and len(steps) > 1:
        return Edit([*steps[:position], *steps[position + 1 :]])
    if change == "move" and not steps[position].is_wait:
        step = steps.pop(position)
        steps.insert(draw(st.integers(0, len(steps))), step)
        return Edit(steps, step.number)
    if change == "wait" and steps[position].is_wait:
        steps[position] = _new_step(versions, draw(st.integers(1, 3)))
        return Edit(steps)
    does: str | int = draw(st.sampled_from(NAMES) | st.integers(1, 2))
    if change == "duplicate":
        does = steps[position].does
    steps.insert(draw(st.integers(0, len(steps))), _new_step(versions, does))
    return Edit(steps)


def _new_step(versions: Sequence[Edit], does: str | int) -> NumberedStep:
    """What was taken out and comes back is the same step, the latest if there are several."""
    earlier = {step.number: step for version in versions for step in version.steps}
    present = {step.number for step in versions[-1].steps}
    out = [n for n, step in earlier.items() if step.does == does and n not in present]
    return NumberedStep(max(out, default=max(earlier) + 1), does)


@dataclass
class Reader:
    """Somebody in the series: what is due next, since when, and what they have had."""

    steps: Steps
    next_number: int | None = None
    due: int = 0  # in hours
    mails: list[tuple[int, str]] = field(default_factory=list)
    had: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._go_to(0, 0)

    def edit(self, edit: Edit) -> None:
        """1. What lay ahead still comes. 2. So does what stands after the place they had reached.
        3. The next of these comes at the time of the one that they waited for.
        """
        old, self.steps = self.steps, edit.steps
        if self.next_number is None:
            return
        numbers = [step.number for step in old]
        index = numbers.index(self.next_number) if self.next_number in numbers else len(old)
        ahead = ({self.next_number} | {step.number for step in old[index:]}) - self.had
        reached = {step.number for step in old[:index]} - self._moved(numbers, edit)
        if not index and not self.had:
            self._go_to(0, self.due)
            return
        cuts = [k + 1 for k, step in enumerate(edit.steps) if step.number in reached]
        starts = [k for k, s in enumerate(edit.steps) if s.number in ahead and not s.is_wait]
        starts += self._after_cut(max(cuts, default=None), ahead)
        if starts:  # else they wait for the step that was taken out: it may come back in time
            self._go_to(min(starts), self.due)

    def _moved(self, old: list[int], edit: Edit) -> set[int]:
        """Where they have had the moved step, and nothing of what it was moved past, it stays, and
        the others were moved.
        """
        if edit.moved not in self.had:
            return {edit.moved} if edit.moved is not None else set()
        new = [step.number for step in edit.steps]
        before, after = old.index(edit.moved), new.index(edit.moved)
        passed = set(old[before + 1 : after + 1] or old[after:before])
        return {edit.moved} if passed & self.had else passed

    def _after_cut(self, cut: int | None, ahead: set[int]) -> list[int]:
        if cut is None:
            return []
        left = [k for k in range(cut, len(self.steps)) if self.steps[k].number not in self.had]
        mails = [k for k in left if not self.steps[k].is_wait]
        if mails and self.steps[mails[0]].number == self.next_number:
            return mails[:1]
        return [k for k in left if not self.steps[k].is_wait or self.steps[k].number in ahead][:1]

    def _go_to(self, index: int, at: int) -> None:
        """From `index` on, the first mail that they have not had, and when it is due.

        Where only waits are left, the first of them.
        """
        self.next_number, self.due = self.steps[index].number, at
        for step in self.steps[index:]:
            if isinstance(step.does, int):
                at += 24 * step.does
            elif step.number not in self.had:
                self.next_number, self.due = step.number, at
                return

    def tick(self, now: int) -> None:
        """One mail a tick at most; the waits behind it count from its sending."""
        if self.next_number is None or self.due > now:
            return
        number, self.next_number = self.next_number, None
        index = next((k for k, step in enumerate(self.steps) if step.number == number), None)
        if index is None or self.steps[index].is_wait:
            return
        self.mails.append((now, str(self.steps[index].does)))
        self.had.add(number)
        if any(not step.is_wait and step.number not in self.had for step in self.steps[index:]):
            self._go_to(index + 1, now)


def to_config(steps: Sequence[NumberedStep]) -> list[dict[str, Any]]:
    return [step.to_config() for step in steps]
