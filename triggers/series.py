"""The series of a rule: its steps by what they do, and where people go on after an edit.

The key of a step says what it does: `send cart-reminder`, or `send cart-reminder #2` for the second
such step of the file. An enrolment stores the key of the step that it has reached, so that it stays
there when steps are added, taken out or moved. Enrolments that have not begun, and those of earlier
releases, store a place instead.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from triggers.config import DoTask, Rule, Send, Wait
from triggers.steps import AnyStep, iter_steps

PLACE = re.compile(r"\d+(?:\.(?:then|else)\.\d+)*")
SEND, WAIT, TASK, IF = "send ", "wait ", "task ", "if "  # what the keys begin with


@dataclass(frozen=True)
class Series:
    """The keys of a rule's steps by place, in the order of the file."""

    keys: dict[str, str]

    @classmethod
    def of(cls, rule: Rule) -> Series:
        """Returns the series that `rule` has in config.yaml."""
        counts: Counter[str] = Counter()
        keys = {}
        for place, step in iter_steps(rule):
            text = _describe(step)
            counts[text] += 1
            keys[place] = text if counts[text] == 1 else f"{text} #{counts[text]}"
        return cls(keys)

    @classmethod
    def from_json(cls, text: str) -> Series:
        """Returns the series that `to_json` wrote."""
        return cls(dict(json.loads(text)))

    def to_json(self) -> str:
        """Returns the text that is stored with the rule's state."""
        return json.dumps(list(self.keys.items()), ensure_ascii=False)

    def place_of(self, step: str) -> str | None:
        """Returns the place of `step`, a key or a place; None where there is no such step."""
        if PLACE.fullmatch(step):
            return step if step in self.keys else None
        return next((place for place, key in self.keys.items() if key == step), None)

    def key_of(self, step: str) -> str:
        """Returns the key of `step`, a key or a place; `step` itself where there is none."""
        return self.keys.get(step, step)

    def following(self, place: str) -> str | None:
        """Returns the place after `place`: the next in its list, else what follows its branch."""
        *parents, number = place.split(".")
        sibling = ".".join([*parents, str(int(number) + 1)])
        if sibling in self.keys:
            return sibling
        return self.following(".".join(parents[:-1])) if parents else None


def mail_of(step: str) -> str | None:
    """Returns the key of the message that a `send` with the key `step` creates."""
    return step.removeprefix(SEND) if step.startswith(SEND) else None


def step_after_edit(old: Series, new: Series, step: str, *, is_done: bool = False) -> str | None:
    """Returns the key of the step at which whoever stood at `step` of `old` goes on in `new`.

    Returns None where nothing is left for them. With `is_done`, `step` is behind them.

    1. What lay ahead of them and is still in the file comes, wherever it stands now.
    2. What was added after the last step that is behind them comes too, except for a wait: they
       have waited already.
    3. What was added before that is not theirs any more.
    4. Whoever had not begun yet begins at the top.
    """
    old_place = old.place_of(step)
    if old_place is None:
        return step if step in new.keys.values() else None
    behind = set(_behind(old, old_place)) | ({old.keys[old_place]} if is_done else set())
    if not behind:
        return next(iter(new.keys.values()), None)
    ahead = set(_ahead(old, old_place, is_done=is_done))
    starts = [
        _first_ahead(old, new, old_place, ahead, behind),
        _after_last_behind(old, new, old_place, behind, is_done=is_done),
    ]
    order = list(new.keys)
    first = min((place for place in starts if place), key=order.index, default=None)
    return new.keys[first] if first else None


def _behind(series: Series, place: str) -> Iterator[str]:
    """The keys of the steps before `place`: earlier in its list, and in those around it.

    Of an earlier decision, both sides count.
    """
    *parents, number = place.split(".")
    for earlier in range(1, int(number)):
        yield from _with_inner(series, ".".join([*parents, str(earlier)]))
    if parents:
        branch = ".".join(parents[:-1])
        yield series.keys[branch]
        yield from _behind(series, branch)


def _ahead(series: Series, place: str, *, is_done: bool) -> Iterator[str]:
    following = series.following(place) if is_done else place
    while following:
        yield from _with_inner(series, following)
        following = series.following(following)


def _with_inner(series: Series, place: str) -> Iterator[str]:
    """The key of the step at `place`, and those of the steps within it."""
    for inner, key in series.keys.items():
        if inner == place or inner.startswith(f"{place}."):
            yield key


def _first_ahead(
    old: Series, new: Series, old_place: str, ahead: Collection[str], behind: Collection[str]
) -> str | None:
    """The first place in `new` of what lay ahead; of a decision not yet taken, the decision."""
    places = (place for place, key in new.keys.items() if key in ahead)
    place = next((place for place in places if not new.keys[place].startswith(WAIT)), None)
    if place is None:
        return None
    around = set(_branches_around(old_place))
    inside = {
        key
        for other, key in old.keys.items()
        if (key in behind or other == old_place) and around & set(_branches_around(other))
    }
    taken = {old.keys[branch] for branch in around}
    for branch in _branches_around(place):
        if new.keys[branch] not in taken and not inside & set(_with_inner(new, branch)):
            return branch
    return place


def _branches_around(place: str) -> list[str]:
    """The places of the decisions that `place` is in, the outermost first."""
    parts = place.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts), 2)]


def _after_last_behind(
    old: Series, new: Series, old_place: str, behind: Collection[str], *, is_done: bool
) -> str | None:
    """The place in `new` after the last step that is behind them, without waits that are over:
    those that were added, and those before the step for which they have waited. Who is at the last
    step (`is_done`) has not waited since.
    """
    last = next((place for place, key in reversed(new.keys.items()) if key in behind), None)
    if last is None:
        return None
    if is_done and new.keys[last] == old.keys[old_place]:
        return _entered(old, new, old_place, last) or new.following(last)
    place = _entered(old, new, old_place, last) or new.following(last)
    after_waits = _skip_waits(new, place)
    if after_waits and new.keys[after_waits] == old.keys[old_place]:
        return after_waits
    return _skip_waits(new, place, known=set(old.keys.values()))


def _skip_waits(series: Series, place: str | None, known: Collection[str] = ()) -> str | None:
    while place and series.keys[place].startswith(WAIT) and series.keys[place] not in known:
        place = series.following(place)
    return place


def _entered(old: Series, new: Series, old_place: str, branch: str) -> str | None:
    """Where `branch` is a decision that they are within: the first place of their side of it."""
    parts = old_place.split(".")
    for end in range(1, len(parts), 2):
        if old.keys[".".join(parts[:end])] == new.keys[branch]:
            start = f"{branch}.{parts[end]}.1"
            return start if start in new.keys else None
    return None


def _describe(step: AnyStep) -> str:
    if isinstance(step, Send):
        return f"{SEND}{step.send}"
    if isinstance(step, Wait):
        return f"{WAIT}{step.wait}"
    if isinstance(step, DoTask):
        return f"{TASK}{step.task}"
    return IF + ", ".join(f"{name}: {value}" for name, value in step.if_ if value is not None)
