"""The series of a rule: its steps, each with a key that it keeps when the owner edits the file.

The key of a step says what it does: `send cart-reminder`, or `send cart-reminder #2` for another
such step. Enrolments, mails and tasks store keys, so a key must mean the same step for ever:
`Series.edited` recognises the steps of the old version in the new one and gives the others keys
that were never in use. Enrolments that have not begun, and those of earlier releases, store a place
instead. Where people go on after an edit is in `triggers.series_edit`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from settings.values import Length
from triggers.alignment import align
from triggers.config import DoTask, Rule, Send, Wait
from triggers.steps import AnyStep, iter_steps

PLACE = re.compile(r"\d+(?:\.(?:then|else)\.\d+)*")
NUMBER = re.compile(r" #\d+$")
SEND, WAIT, TASK, IF = "send ", "wait ", "task ", "if "  # what the keys begin with
WAIT_WEIGHT, STEP_WEIGHT = 1, 1000  # waits never outweigh a mail, a task or a decision


@dataclass(frozen=True)
class Series:
    """The keys of a rule's steps by place, in the order of the file.

    `texts` says by key what a step does: of these steps, and of those that were taken out.
    """

    keys: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, rule: Rule) -> Series:
        """Returns the series of `rule` where no earlier version of it is stored."""
        return cls().edited(rule)

    def edited(self, rule: Rule) -> Series:
        """Returns the series of `rule` as it is in the file now, after this version of it.

        1. What is in both versions in the same order keeps its key (`align`).
        2. So does what was moved, and
        3. what comes back after it was taken out.
        4. All other steps are new.
        """
        places = {place: describe(step) for place, step in iter_steps(rule)}
        if places == self._texts_by_place():
            return self
        keys = self._keys_in_order(places)
        for place, text in places.items():
            if place not in keys:
                used = keys.values()
                keys[place] = self._key_of_moved(text, used) or self._new_key(text, used)
        texts = self.texts | {keys[place]: text for place, text in places.items()}
        return Series(self._with_waits_in_order({place: keys[place] for place in places}), texts)

    def _with_waits_in_order(self, keys: dict[str, str]) -> dict[str, str]:
        """Waits of the same length that have changed places have not."""
        order = {key: index for index, key in enumerate(self.keys.values())}
        ordered = dict(keys)
        for text in {text for key, text in self.texts.items() if key.startswith(WAIT)}:
            places = [p for p, key in keys.items() if key in order and self.texts[key] == text]
            waits = sorted((keys[place] for place in places), key=order.__getitem__)
            ordered |= dict(zip(places, waits, strict=True))
        return ordered

    def _texts_by_place(self) -> dict[str, str]:
        return {place: self.texts[key] for place, key in self.keys.items()}

    def _keys_in_order(self, places: Mapping[str, str]) -> dict[str, str]:
        old_keys, new_places = list(self.keys.values()), list(places)
        pairs = align([self.texts[key] for key in old_keys], list(places.values()), weight_of)
        return {new_places[new]: old_keys[old] for old, new in pairs}

    def _key_of_moved(self, text: str, used: Iterable[str]) -> str | None:
        """A free key of a step with this `text`, rather of one that was still in the file."""
        taken, present = set(used), set(self.keys.values())
        free = [key for key, other in self.texts.items() if other == text and key not in taken]
        return next((key for key in free if key in present), free[-1] if free else None)

    def _new_key(self, text: str, used: Iterable[str]) -> str:
        taken = {*self.texts, *used}
        numbered = (text if number == 1 else f"{text} #{number}" for number in count(1))
        return next(key for key in numbered if key not in taken)

    @classmethod
    def from_json(cls, text: str) -> Series:
        """Returns the series that `to_json` wrote, or an earlier release, without texts."""
        stored = json.loads(text)
        if isinstance(stored, list):
            keys = dict(stored)
            return cls(keys, {key: NUMBER.sub("", key) for key in keys.values()})
        return cls(dict(stored["keys"]), stored["texts"])

    def to_json(self) -> str:
        """Returns the text that is stored with the rule's state."""
        stored = {"keys": list(self.keys.items()), "texts": self.texts}
        return json.dumps(stored, ensure_ascii=False)

    def place_of(self, step: str) -> str | None:
        """Returns the place of `step`, a key or a place; None where there is no such step."""
        if PLACE.fullmatch(step):
            return step if step in self.keys else None
        return next((place for place, key in self.keys.items() if key == step), None)

    def key_of(self, step: str) -> str:
        """Returns the key of `step`, a key or a place; `step` itself where there is none."""
        return self.keys.get(step, step)

    def mail_key(self, place: str) -> str:
        """Returns the key of the mails of the `send` at `place`: cart-reminder #2."""
        return self.keys[place].removeprefix(SEND)

    def mail_places(self) -> dict[str, str]:
        """Returns the place of each `send` by the key of its mails."""
        return {
            key.removeprefix(SEND): place
            for place, key in self.keys.items()
            if key.startswith(SEND)
        }

    def rest_from(self, place: str | None, done: Collection[str]) -> tuple[str, timedelta] | None:
        """Returns the place, from `place` on, of the next step that is no wait and not among the
        keys `done`, and the sum of the waits before it; None where there is none.
        """
        waited = timedelta(0)
        while place and ((key := self.keys[place]).startswith(WAIT) or key in done):
            if key.startswith(WAIT):
                waited += Length.parse(self.texts[key].removeprefix(WAIT)).elapsed
            place = self.following(place)
        return (place, waited) if place else None

    def following(self, place: str) -> str | None:
        """Returns the place after `place`: the next in its list, else what follows its branch."""
        *parents, number = place.split(".")
        sibling = ".".join([*parents, str(int(number) + 1)])
        if sibling in self.keys:
            return sibling
        return self.following(".".join(parents[:-1])) if parents else None


def weight_of(step: str) -> int:
    """Returns how much it matters that `step`, a key or a text, is recognised."""
    return WAIT_WEIGHT if step.startswith(WAIT) else STEP_WEIGHT


def describe(step: AnyStep) -> str:
    """Returns what `step` does, as its key says it."""
    if isinstance(step, Send):
        return f"{SEND}{step.send}"
    if isinstance(step, Wait):
        return f"{WAIT}{step.wait}"
    if isinstance(step, DoTask):
        return f"{TASK}{step.task}"
    return IF + ", ".join(f"{name}: {value}" for name, value in step.if_ if value is not None)
