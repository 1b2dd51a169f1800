"""The steps of a rule as nodes and edges, with the people and mails at each.

Nodes stand in the order of the file, so that they read as a list; `level` is how deep a node lies
in branches. People may stand on a step that is no longer in the file: such steps come last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select
from sqlmodel import col

from engine.message_states import State
from engine.people.list_kinds import ACCEPTED_STATE, list_path
from engine.rules.figures import (
    ACCEPTED_STATES,
    RUNNING,
    VERDICT_WORDS,
    Figure,
    not_sent_figures,
)
from engine.rules.numbers import RuleNumbers, total
from engine.rules.sentence import event_text, facts_text, step_detail, step_title
from engine.tick.advance import DONE
from shop.rule_counts.classes import DONE as TASK_DONE
from shop.rule_counts.classes import ON_ITS_WAY, OPEN, Progress
from shop.tables import RuleState
from triggers.config import Rule, Send
from triggers.series import IF, PLACE, SEND, TASK, WAIT, Series
from triggers.steps import FIRST_PLACE, step_at
from triggers.stored_series import series_of
from triggers.verdicts import Verdict

YES, NO = "yes", "no"


class NodeKind(StrEnum):
    """What a node is; the drawing gives each a look of its own."""

    EVENT = "event"
    CONDITION = "condition"
    SEND = "send"
    WAIT = "wait"
    TASK = "task"
    BRANCH = "branch"
    END = "end"
    REMOVED = "removed"


@dataclass(frozen=True)
class Node:
    """A step, the event before the first, or the end. `id` is its place in the file."""

    id: str
    kind: NodeKind
    title: str
    detail: str = ""
    figures: tuple[Figure, ...] = ()
    level: int = 0
    branch: str = ""  # yes or no: the side of the `if` whose first step it is
    mail: str = ""  # the template of a mail


@dataclass(frozen=True)
class Edge:
    """`target` follows `source`; `label` is the answer of an `if`."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True)
class Diagram:
    """A rule as a graph with one beginning and one end, and nodes that nothing leads to."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def load_diagram(
    connection: Connection, name: str, rule: Rule | None, numbers: RuleNumbers
) -> Diagram:
    """Returns the steps of the rule called `name` with their `numbers`.

    A `rule` of None has left the file: its steps are those that the last run stored.
    """
    stored: str | None = connection.scalar(_series_query(), {"of": name})
    removed = Series.from_json(stored) if stored else Series()
    series = series_of(stored, rule) if rule else removed
    return build_diagram(name, rule, series, numbers)


@cache
def _series_query() -> Select[Any]:
    return select(col(RuleState.series)).where(col(RuleState.rule) == bindparam("of"))


def build_diagram(name: str, rule: Rule | None, series: Series, numbers: RuleNumbers) -> Diagram:
    """Returns the graph of the rule called `name`; pure."""
    steps = _StepFigures(name, series, numbers)
    nodes = [*_beginning(name, rule, numbers)]
    nodes += [_step_node(place, rule, series, steps) for place in series.keys]
    nodes.append(Node("end", NodeKind.END, "The end", figures=steps.at_end()))
    nodes += _removed_nodes(series, steps)
    return Diagram(tuple(nodes), tuple(_edges(nodes, series)))


def _beginning(name: str, rule: Rule | None, numbers: RuleNumbers) -> Iterator[Node]:
    people = numbers.people
    title = event_text(rule) if rule else "No longer in config.yaml"
    verdicts = [
        Figure(words, number, list_path("rule", rule=name, verdict=verdict))
        for verdict, words in VERDICT_WORDS.items()
        if (number := total(people, (verdict,)))
    ]
    not_met = VERDICT_WORDS[Verdict.NOT_MET.value]
    found = Figure("found", sum(people.values()), list_path("rule", rule=name))
    begins_at = _step_people(name, FIRST_PLACE, Progress.WAITING.value, numbers)
    waiting = [Figure("wait to begin", *begins_at)] if begins_at[0] else []
    others = [figure for figure in verdicts if figure.word != not_met]
    asks = rule is not None and (rule.if_ is not None or rule.unless is not None)
    figures = (found, *waiting, *(others if asks else verdicts))
    yield Node("event", NodeKind.EVENT, title, figures=figures)
    if rule and asks:
        conditions = [f"If {facts_text(rule.if_)}"] if rule.if_ else []
        conditions += [f"unless {facts_text(rule.unless)}"] if rule.unless else []
        title, *details = conditions
        yield Node(
            "condition", NodeKind.CONDITION, title[:1].upper() + title[1:], " ".join(details),
            tuple(figure for figure in verdicts if figure.word == not_met),
        )  # fmt: skip


def _step_people(name: str, step: str, state: str, numbers: RuleNumbers) -> tuple[int, str]:
    """How many stand at `step`, and the path of their list."""
    number = total(numbers.people, (state,), step)
    return number, list_path("rule", rule=name, progress=state, step=step)


def _step_node(place: str, rule: Rule | None, series: Series, steps: _StepFigures) -> Node:
    step = step_at(rule, place) if rule else None
    key = series.keys[place]
    text = series.texts.get(key, key)
    parts = place.split(".")
    return Node(
        id=place,
        kind=_kind(key),
        title=step_title(step) if step else text[:1].upper() + text[1:],
        detail=step_detail(step) if step else "",
        figures=steps.at(place),
        level=len(parts) // 2,
        branch=_branch(parts),
        mail=step.send if isinstance(step, Send) else "",
    )


def _branch(parts: Sequence[str]) -> str:
    if len(parts) < 2 or parts[-1] != FIRST_PLACE:
        return ""
    return YES if parts[-2] == "then" else NO


def _kind(key: str) -> NodeKind:
    for prefix, kind in (
        (SEND, NodeKind.SEND), (WAIT, NodeKind.WAIT), (TASK, NodeKind.TASK), (IF, NodeKind.BRANCH)
    ):  # fmt: skip
        if key.startswith(prefix):
            return kind
    return NodeKind.REMOVED


def _removed_nodes(series: Series, steps: _StepFigures) -> Iterator[Node]:
    for number, key in enumerate(steps.removed_steps(), start=1):
        text = series.texts.get(key, key)
        title = text[:1].upper() + text[1:]
        detail = "no longer in the file"
        yield Node(f"removed {number}", NodeKind.REMOVED, title, detail, steps.at_key(key))


def _edges(nodes: Sequence[Node], series: Series) -> Iterator[Edge]:
    beginning = [node.id for node in nodes if node.kind in (NodeKind.EVENT, NodeKind.CONDITION)]
    first = FIRST_PLACE if series.keys else "end"
    for source, target in zip(beginning, [*beginning[1:], first], strict=True):
        yield Edge(source, target, YES if source == "condition" else "")
    for place, key in series.keys.items():
        following = series.following(place) or "end"
        if _kind(key) is not NodeKind.BRANCH:
            yield Edge(place, following)
            continue
        for side, label in (("then", YES), ("else", NO)):
            begin = f"{place}.{side}.1"
            yield Edge(place, begin if begin in series.keys else following, label)


@dataclass(frozen=True)
class _StepFigures:
    """The figures of each step of the rule called `name`."""

    name: str
    series: Series
    numbers: RuleNumbers

    def at(self, place: str) -> tuple[Figure, ...]:
        """Of the step at `place`. Who waits for the time after a `wait` is shown with that wait."""
        key = self.series.keys[place]
        if key.startswith(WAIT):
            following = self._step_after_wait(place)
            return self._waiting(following) if following else ()
        waited = self._follows_wait(place)
        return self.at_key(key, with_waiting=not waited)

    def at_key(self, key: str, *, with_waiting: bool = True) -> tuple[Figure, ...]:
        """Of the step with this `key`, which need not be in the file any more."""
        figures = self._waiting(key) if with_waiting else ()
        if key.startswith(SEND):
            figures += self._mails(key.removeprefix(SEND))
        if key.startswith(TASK):
            figures += self._tasks(key)
        return figures + self._stopped(key)

    def at_end(self) -> tuple[Figure, ...]:
        number = sum(
            count
            for counted, count in self.numbers.people.items()
            if (counted.state, counted.reason) == (Progress.ENDED.value, DONE)
        )
        path = list_path("rule", rule=self.name, progress="ended", ended=DONE)
        begun = self._stopped(FIRST_PLACE)
        return (Figure("went through", number, path), *begun)

    def removed_steps(self) -> list[str]:
        """The keys of steps on which people stand and that are not in the file."""
        present = {*self.series.keys.values(), FIRST_PLACE}
        return sorted(
            {
                counted.step
                for counted, number in self.numbers.people.items()
                if number and counted.state in RUNNING
                if not self._is_present(counted.step, present)
            }
        )

    def _is_present(self, step: str, present: set[str]) -> bool:
        return step in present or bool(PLACE.fullmatch(step) and step in self.series.keys)

    def _step_after_wait(self, place: str) -> str | None:
        """The key of the first step after the wait at `place` that is none; None if another wait
        stands between: people are shown with the last.
        """
        following = self.series.following(place)
        if following is None or self.series.keys[following].startswith(WAIT):
            return None
        return self.series.keys[following] if _sibling(place) == following else None

    def _follows_wait(self, place: str) -> bool:
        *parents, number = place.split(".")
        previous = ".".join([*parents, str(int(number) - 1)])
        return self.series.keys.get(previous, "").startswith(WAIT)

    def _waiting(self, key: str) -> tuple[Figure, ...]:
        number, path = _step_people(self.name, key, Progress.WAITING.value, self.numbers)
        return (Figure("waiting", number, path),) if number else ()

    def _mails(self, step: str) -> tuple[Figure, ...]:
        mails = self.numbers.mails
        states = (
            ("sent", ACCEPTED_STATE, ACCEPTED_STATES),
            ("rehearsed", State.REHEARSED.value, (State.REHEARSED.value,)),
            ("wait for your word", State.AWAITING_APPROVAL.value, (State.AWAITING_APPROVAL.value,)),
            (ON_ITS_WAY, ON_ITS_WAY, (ON_ITS_WAY,)),
            ("in doubt", State.IN_DOUBT.value, (State.IN_DOUBT.value,)),
        )
        sent = [
            Figure(word, number, list_path("mails", rule=self.name, state=state, step=step))
            for word, state, counted in states
            if (number := total(mails, counted, step)) or word == "sent"
        ]
        of_step = type(mails)({key: number for key, number in mails.items() if key.step == step})
        return (*sent, *not_sent_figures(self.name, of_step, {"step": step}))

    def _tasks(self, key: str) -> tuple[Figure, ...]:
        return tuple(
            Figure(
                word, total(self.numbers.tasks, (state,), key),
                list_path("tasks", rule=self.name, step=key, state=state),
            )
            for word, state in (("to do", OPEN), ("done", TASK_DONE))
        )  # fmt: skip

    def _stopped(self, key: str) -> tuple[Figure, ...]:
        """Who stopped here: not because a mail was not sent, which is said with the mail."""
        reasons = sorted(
            (counted.reason, number)
            for counted, number in self.numbers.people.items()
            if counted.step == key and counted.state == Progress.ENDED.value
            if counted.reason != DONE and not self._is_mail_reason(key, counted.reason)
        )
        return tuple(
            Figure(
                f"stopped: {reason}", number,
                list_path("rule", rule=self.name, progress="ended", ended=reason, step=key),
            )
            for reason, number in reasons
        )  # fmt: skip

    def _is_mail_reason(self, key: str, reason: str) -> bool:
        step = key.removeprefix(SEND)
        return key.startswith(SEND) and any(
            counted.step == step and counted.reason == reason for counted in self.numbers.mails
        )


def _sibling(place: str) -> str:
    *parents, number = place.split(".")
    return ".".join([*parents, str(int(number) + 1)])
