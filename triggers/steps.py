"""The steps of a rule: where an enrolment stands and what comes next.

A place is written as a path: 2 is the second step, 3.then.1 the first step of the third one's
then. A mail is known by its template's name, so that an owner who puts a step before it does
not have it sent twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from triggers.config import Branch, DoTask, Rule, Send, Wait

AnyStep = Send | Wait | DoTask | Branch
FIRST = "1"


def step_at(rule: Rule, place: str) -> AnyStep | None:
    """The step to do there; None where there is none, as when the owner took it out."""
    steps: list[AnyStep] = list(rule.then)
    found: AnyStep | None = None
    for part in place.split("."):
        if part in ("then", "else"):
            if not isinstance(found, Branch):
                return None
            steps = list(found.then if part == "then" else found.else_)
        else:
            index = int(part) - 1
            found = steps[index] if index < len(steps) else None
    return found


def following(rule: Rule, place: str) -> str | None:
    """The place after this one: the next of its list, else what follows the branch it is in."""
    *above, number = place.split(".")
    beside = ".".join([*above, str(int(number) + 1)])
    if step_at(rule, beside):
        return beside
    return following(rule, ".".join(above[:-1])) if above else None


def branch(rule: Rule, place: str, *, holds: bool) -> str | None:
    """Where an `if` leads: into its then, into its else, or past it."""
    inside = f"{place}.{'then' if holds else 'else'}.1"
    return inside if step_at(rule, inside) else following(rule, place)


def onward(rule: Rule, place: str | None, at: datetime) -> tuple[str, datetime] | None:
    """The next step that does something, and when; waits on the way are added up."""
    while place is not None and isinstance(step := step_at(rule, place), Wait):
        place, at = following(rule, place), at + step.wait.elapsed
    return (place, at) if place is not None and step_at(rule, place) else None


def mail_key(rule: Rule, place: str) -> str:
    """The name of the mail sent there: cart-reminder, and cart-reminder #2 for the second."""
    step = step_at(rule, place)
    template = step.send if isinstance(step, Send) else ""
    places = [where for where, sent in sends(rule) if sent.send == template]
    earlier = places.index(place)
    return template if not earlier else f"{template} #{earlier + 1}"


def sends(rule: Rule) -> Iterator[tuple[str, Send]]:
    """Every mail a rule may send, with its place, in the order of the file."""
    for place, step in _walk(list(rule.then), ""):
        if isinstance(step, Send):
            yield place, step


def _walk(steps: list[AnyStep], above: str) -> Iterator[tuple[str, AnyStep]]:
    for number, step in enumerate(steps, start=1):
        place = f"{above}{number}"
        yield place, step
        if isinstance(step, Branch):
            yield from _walk(list(step.then), f"{place}.then.")
            yield from _walk(list(step.else_), f"{place}.else.")
