"""Explains each step of a rule for one enrolment: done, current or pending, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.explain.model import Condition, Mail, Status, Step, Task
from engine.tick.advance import DONE
from triggers.config import Branch, DoTask, Rule, Send, Wait
from triggers.facts.config import Facts
from triggers.series import Series
from triggers.steps import AnyStep, following_place, step_at

SHORT_ID = 8  # characters of an id that are shown
EvaluateFacts = Callable[[Facts], Sequence[Condition]]


@dataclass(frozen=True)
class EnrolmentPath:
    """An enrolment with the mails and tasks its steps created."""

    rule: Rule
    series: Series  # of this rule
    enrolment: Any
    mails: Mapping[str, Mail]  # by step key
    tasks: Mapping[str, Task]  # by step key
    now: datetime
    evaluate: EvaluateFacts
    sentences: Any  # of the language, in its module `explain`

    @property
    def current_place(self) -> str | None:
        """Where its step is in the file as it is now; None where it is no longer there."""
        return self.series.place_of(self.enrolment.step)


def explain_steps(path: EnrolmentPath) -> list[Step]:
    """Explain the rule's steps in file order; of a decided branch, only the side that was taken."""
    return list(_walk(path, list(path.rule.then), ""))


def _walk(path: EnrolmentPath, steps: Sequence[AnyStep], prefix: str) -> Iterator[Step]:
    for number, step in enumerate(steps, start=1):
        place = f"{prefix}{number}"
        match step:
            case Send():
                yield _explain_send(path, place, step)
            case Wait():
                yield _explain_wait(path, place, step)
            case DoTask():
                yield _explain_task(path, place, step)
            case Branch():
                yield from _explain_branch(path, place, step)


def _status(path: EnrolmentPath, place: str) -> Status:
    """Derived from the enrolment's step and the order of the steps in the file as it is now."""
    ended = path.enrolment.ended
    if ended == DONE:
        return Status.DONE
    places = {other: number for number, other in enumerate(path.series.keys)}
    current_index = places.get(path.current_place or "", len(places))
    if places[place] < current_index:
        return Status.DONE
    if places[place] == current_index:
        return Status.RUNNING if ended is None else Status.ENDED
    return Status.UPCOMING if ended is None else Status.NOT_REACHED


def _explain_send(path: EnrolmentPath, place: str, step: Send) -> Step:
    mail = path.mails.get(path.series.mail_key(place))
    status = _status(path, place)
    until = path.enrolment.next_at if status is Status.RUNNING and mail is None else None
    if mail is not None:
        explanation = _mail_text(path, mail)
    elif status is Status.DONE:
        explanation = path.sentences.ADDED_LATER
    elif status is Status.RUNNING:
        is_due = until and until <= path.now
        explanation = path.sentences.NEXT_RUN_WRITES if is_due else path.sentences.COMES_NEXT
    else:
        explanation = str(status)
    text = path.sentences.SEND.format(template=step.send)
    return Step(place, text, status, explanation, until, mail=mail)


def _mail_text(path: EnrolmentPath, mail: Mail) -> str:
    if mail.digest is None:
        return mail.state
    text: str = path.sentences.IN_DIGEST.format(state=mail.state, mail=mail.digest[:SHORT_ID])
    return text


def _explain_wait(path: EnrolmentPath, place: str, step: Wait) -> Step:
    text = path.sentences.WAIT.format(length=step.wait)
    status, until = _status(path, place), None
    if status is Status.DONE and _leads_to(path.rule, place, path.current_place):
        until = path.enrolment.next_at
    if until and until > path.now:
        return Step(place, text, Status.RUNNING, path.sentences.WAITS, until)
    explanation = path.sentences.WAIT_OVER if status is Status.DONE else str(status)
    return Step(place, text, status, explanation)


def _leads_to(rule: Rule, place: str, current: str | None) -> bool:
    """Whether only waits lie between `place` and `current`."""
    next_place = following_place(rule, place)
    while (
        next_place is not None
        and next_place != current
        and isinstance(step_at(rule, next_place), Wait)
    ):
        next_place = following_place(rule, next_place)
    return next_place is not None and next_place == current


def _explain_task(path: EnrolmentPath, place: str, step: DoTask) -> Step:
    task, status = path.tasks.get(path.series.keys[place]), _status(path, place)
    explanation = path.sentences.WRITTEN_DOWN if task else path.sentences.ADDED_LATER
    if task is None and status is not Status.DONE:
        explanation = str(status)
    text = path.sentences.TASK.format(words=step.task)
    return Step(place, text, status, explanation, task=task)


def _explain_branch(path: EnrolmentPath, place: str, step: Branch) -> Iterator[Step]:
    status, conditions = _status(path, place), path.evaluate(step.if_)
    if status is not Status.DONE:
        yield Step(place, "if", status, _pending_text(path, status), conditions=conditions)
        return
    side = _taken_side(path, place)
    sentences = path.sentences
    side_text = {
        "then": sentences.WENT_THEN,
        "else": sentences.WENT_ELSE,
        None: sentences.WENT_PAST,
    }
    yield Step(place, "if", status, side_text[side], conditions=conditions)
    if side:
        yield from _walk(
            path, list(step.then if side == "then" else step.else_), f"{place}.{side}."
        )


def _pending_text(path: EnrolmentPath, status: Status) -> str:
    return path.sentences.ASKED_LATER if status is Status.UPCOMING else str(status)


def _taken_side(path: EnrolmentPath, place: str) -> str | None:
    """The side the enrolment stands on, or on which a step created a mail or a task."""
    current = path.current_place or ""
    for side in ("then", "else"):
        prefix = f"{place}.{side}."
        inner_places = [inner for inner in path.series.keys if inner.startswith(prefix)]
        if current.startswith(prefix) or any(_has_trace(path, inner) for inner in inner_places):
            return side
    return None


def _has_trace(path: EnrolmentPath, place: str) -> bool:
    step = step_at(path.rule, place)
    if isinstance(step, Send):
        return path.series.mail_key(place) in path.mails
    return path.series.keys[place] in path.tasks
