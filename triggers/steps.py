"""The steps of a rule: where an enrolment stands and what comes next.

A place is written as the number of its step. A mail is known by its template's name, so that
an owner who puts a step before it does not have it sent twice.
"""

from __future__ import annotations

from datetime import datetime

from triggers.words import Rule, Send, Wait


def step_at(rule: Rule, place: str) -> Send | Wait | None:
    """The step to do there; None where there is none left."""
    index = int(place) - 1
    return rule.then[index] if index < len(rule.then) else None


def following(place: str) -> str:
    return str(int(place) + 1)


def onward(rule: Rule, place: str, at: datetime) -> tuple[str, datetime] | None:
    """The next step that does something, and when; waits on the way are added up."""
    while isinstance(step := step_at(rule, place), Wait):
        place, at = following(place), at + step.wait.elapsed
    return (place, at) if step else None


def mail_key(rule: Rule, place: str) -> str:
    """The name of the mail sent there: cart-reminder, and cart-reminder #2 for the second."""
    before = [step.send for step in rule.then[: int(place)] if isinstance(step, Send)]
    earlier = before.count(before[-1]) - 1
    return before[-1] if not earlier else f"{before[-1]} #{earlier + 1}"
