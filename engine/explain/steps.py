"""The steps of a rule as one customer goes through them: what is done, where they stand, why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.explain.model import Asked, Mail, Standing, Step, Task
from engine.tick.advance import DONE
from triggers.config import Branch, DoTask, Facts, Rule, Send, Wait
from triggers.steps import AnyStep, following, mail_key, step_at

Asking = Callable[[Facts], Sequence[Asked]]


@dataclass(frozen=True)
class Walked:
    """One enrolment, and the traces that its steps left."""

    rule: Rule
    enrolment: Any
    mails: Mapping[str, Mail]  # by the name under which the rule knows them
    tasks: Mapping[str, Task]  # by place
    now: datetime
    asking: Asking


def steps_of(walked: Walked) -> list[Step]:
    """In the order of the file; of a decision that fell, the side that was taken."""
    return list(_told(walked, list(walked.rule.then), ""))


def _told(walked: Walked, steps: Sequence[AnyStep], above: str) -> Iterator[Step]:
    for number, step in enumerate(steps, start=1):
        place = f"{above}{number}"
        match step:
            case Send():
                yield _send(walked, place, step)
            case Wait():
                yield _wait(walked, place, step)
            case DoTask():
                yield _task(walked, place, step)
            case Branch():
                yield from _branch(walked, place, step)


def _standing(walked: Walked, place: str) -> Standing:
    """By where the enrolment stands in the file as it is now."""
    ended, here = walked.enrolment.ended, walked.enrolment.step
    if ended == DONE:
        return Standing.DONE
    order = _places(walked.rule)
    at = order.get(here, len(order))
    if order[place] < at:
        return Standing.DONE
    if order[place] == at:
        return Standing.RUNNING if ended is None else Standing.ENDED
    return Standing.AHEAD if ended is None else Standing.NOT_REACHED


def _places(rule: Rule) -> dict[str, int]:
    return {place: number for number, place in enumerate(_all(list(rule.then), ""))}


def _all(steps: Sequence[AnyStep], above: str) -> Iterator[str]:
    for number, step in enumerate(steps, start=1):
        place = f"{above}{number}"
        yield place
        if isinstance(step, Branch):
            yield from _all(list(step.then), f"{place}.then.")
            yield from _all(list(step.else_), f"{place}.else.")


def _send(walked: Walked, place: str, step: Send) -> Step:
    mail = walked.mails.get(mail_key(walked.rule, place))
    standing = _standing(walked, place)
    until = walked.enrolment.next_at if standing is Standing.RUNNING and mail is None else None
    if mail is not None:
        told = mail.state
    elif standing is Standing.DONE:
        told = "was never written"
    elif standing is Standing.RUNNING:
        told = "the next run writes it" if until and until <= walked.now else "comes next"
    else:
        told = str(standing)
    return Step(place, f"send {step.send}", standing, told, until, mail=mail)


def _wait(walked: Walked, place: str, step: Wait) -> Step:
    standing, until = _standing(walked, place), None
    if standing is Standing.DONE and _leads_to(walked.rule, place, walked.enrolment.step):
        until = walked.enrolment.next_at
    if until and until > walked.now:
        return Step(place, f"wait {step.wait}", Standing.RUNNING, "waits", until)
    told = "over" if standing is Standing.DONE else str(standing)
    return Step(place, f"wait {step.wait}", standing, told)


def _leads_to(rule: Rule, place: str, here: str) -> bool:
    """Whether nothing but waits lies between."""
    after = following(rule, place)
    while after is not None and after != here and isinstance(step_at(rule, after), Wait):
        after = following(rule, after)
    return after == here


def _task(walked: Walked, place: str, step: DoTask) -> Step:
    task, standing = walked.tasks.get(place), _standing(walked, place)
    told = "written down" if task else "was never written"
    if task is None and standing is not Standing.DONE:
        told = str(standing)
    return Step(place, f"task: {step.task}", standing, told, task=task)


def _branch(walked: Walked, place: str, step: Branch) -> Iterator[Step]:
    standing, asked = _standing(walked, place), walked.asking(step.if_)
    if standing is not Standing.DONE:
        yield Step(place, "if", standing, _ahead(walked, standing), asked=asked)
        return
    side = _taken(walked, place, step)
    told = {"then": "was true: then", "else": "was not true: else", None: "led past its steps"}
    yield Step(place, "if", standing, told[side], asked=asked)
    if side:
        yield from _told(
            walked, list(step.then if side == "then" else step.else_), f"{place}.{side}."
        )


def _ahead(walked: Walked, standing: Standing) -> str:
    return "is asked when its turn comes" if standing is Standing.AHEAD else str(standing)


def _taken(walked: Walked, place: str, step: Branch) -> str | None:
    """The side on which the enrolment stands, or on which something was left behind."""
    here = walked.enrolment.step
    sides = {"then": list(step.then), "else": list(step.else_)}
    for side, steps in sides.items():
        within = f"{place}.{side}."
        if here.startswith(within) or any(
            _left_a_trace(walked, one) for one in _all(steps, within)
        ):
            return side
    return None


def _left_a_trace(walked: Walked, place: str) -> bool:
    step = step_at(walked.rule, place)
    if isinstance(step, Send):
        return mail_key(walked.rule, place) in walked.mails
    return place in walked.tasks
