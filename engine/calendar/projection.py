"""When the steps of a series happen: waits, quiet hours, usual time and closed days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from engine.calendar.model import Action, Deed
from mail.gate.gate import Deferred, GateInput, Limits, Skipped, evaluate_gate
from shop.types.purpose import Pace, Purpose
from triggers.config import Branch, DoTask, Rule, Send, Wait
from triggers.durations import allowed_lateness
from triggers.registry import event_of
from triggers.steps import following_place, step_at

MAX_DEFERRALS = 10  # closed days, usual time and quiet hours can follow each other


@dataclass(frozen=True)
class MailCase:
    """What decides when a mail may leave."""

    purpose: Purpose
    pace: Pace
    due_at: datetime
    deadline: datetime
    zone: ZoneInfo  # the customer's


def departure(case: MailCase, limits: Limits, now: datetime) -> datetime | None:
    """Returns when the gate lets a mail go that nothing else holds back; None if too late then."""
    gate_input = GateInput(
        purpose=case.purpose, basis="yes", has_address=True, stop_reason=None, pace=case.pace,
        deadline=case.deadline, zone=case.zone, due_at=case.due_at,
    )  # fmt: skip
    at = max(now, case.due_at)
    for _ in range(MAX_DEFERRALS):
        decision = evaluate_gate(gate_input, limits, now=at)
        if isinstance(decision, Skipped):
            return None
        if not isinstance(decision, Deferred):
            return at
        at = decision.until
        gate_input = replace(gate_input, due_at=at)
    return at


@dataclass(frozen=True)
class Start:
    """Enrolments that are due at `due_at` at the same `place`, in one time zone."""

    place: str
    due_at: datetime
    zone: ZoneInfo
    is_approved: bool = False  # the mail at `place`, if there is one


def project(
    rule: Rule, start: Start, limits: Limits, *, now: datetime, until: datetime
) -> Iterator[tuple[str, Action]]:
    """Yields what `rule` does from `start` on, with the places of the steps, before `until`.

    Ends at an `if`, since it is decided later, and at a mail that waits for approval.
    """
    place: str | None = start.place
    due_at = start.due_at
    while place and due_at < until:
        step = step_at(rule, place)
        if isinstance(step, Wait):
            due_at += step.wait.elapsed
        elif isinstance(step, Branch):
            yield place, Action(Deed.DECISION, "", due_at)
            return
        elif isinstance(step, DoTask):
            yield place, Action(Deed.TASK, step.task, max(due_at, now))
        elif isinstance(step, Send):
            leaves_at = _departure_of(rule, due_at, start.zone, limits, now)
            if leaves_at is None:
                return
            waits = step.needs_approval and not (start.is_approved and place == start.place)
            yield place, Action(Deed.MAIL, step.send, leaves_at, waits)
            if waits:
                return
            due_at = leaves_at
        place = following_place(rule, place)


def _departure_of(
    rule: Rule, due_at: datetime, zone: ZoneInfo, limits: Limits, now: datetime
) -> datetime | None:
    event = event_of(rule)
    deadline = due_at + allowed_lateness(rule)
    return departure(MailCase(event.purpose, event.pace, due_at, deadline, zone), limits, now)
