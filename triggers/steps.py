"""The steps of a rule: where they are in the file, and what comes next.

A place is a path: 2 is the second step, 3.then.1 the first step of the third step's `then`.
How mails and enrolments identify a step, whatever its place, is in `triggers.series`.
"""

from __future__ import annotations

from collections.abc import Iterator

from triggers.config import Branch, DoTask, Rule, Send, Wait

AnyStep = Send | Wait | DoTask | Branch
FIRST_PLACE = "1"


def step_at(rule: Rule, place: str) -> AnyStep | None:
    """Returns the step at `place`; None where there is none, as when the owner removed it."""
    steps: list[AnyStep] = list(rule.then)
    step: AnyStep | None = None
    for part in place.split("."):
        if part in ("then", "else"):
            if not isinstance(step, Branch):
                return None
            steps = list(step.then if part == "then" else step.else_)
        else:
            index = int(part) - 1
            step = steps[index] if index < len(steps) else None
    return step


def following_place(rule: Rule, place: str) -> str | None:
    """Returns the place after `place`: the next in its list, else what follows its branch."""
    *parents, number = place.split(".")
    sibling = ".".join([*parents, str(int(number) + 1)])
    if step_at(rule, sibling):
        return sibling
    return following_place(rule, ".".join(parents[:-1])) if parents else None


def branch_place(rule: Rule, place: str, *, holds: bool) -> str | None:
    """Returns where an `if` at `place` leads: into `then` or `else`, or past an empty one."""
    branch_start = f"{place}.{'then' if holds else 'else'}.1"
    return branch_start if step_at(rule, branch_start) else following_place(rule, place)


def iter_sends(rule: Rule) -> Iterator[tuple[str, Send]]:
    """Yields every mail that `rule` may send, with its place, in the order of the file."""
    for place, step in iter_steps(rule):
        if isinstance(step, Send):
            yield place, step


def iter_steps(rule: Rule) -> Iterator[tuple[str, AnyStep]]:
    """Yields every step of `rule` with its place, in the order of the file."""
    yield from _iter_list(list(rule.then), "")


def _iter_list(steps: list[AnyStep], prefix: str) -> Iterator[tuple[str, AnyStep]]:
    for number, step in enumerate(steps, start=1):
        place = f"{prefix}{number}"
        yield place, step
        if isinstance(step, Branch):
            yield from _iter_list(list(step.then), f"{place}.then.")
            yield from _iter_list(list(step.else_), f"{place}.else.")
