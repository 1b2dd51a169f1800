"""Words of the owner's file that cannot be used yet, and what can be written today."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from settings.model import nearest
from settings.yaml.nodes import NodePath

STEP_LISTS = ("then", "else")


class Place(StrEnum):
    """Where a word stands: as a key, or as the value of a key."""

    TOP = "top level"
    RULE = "rule"
    EVENT = "when"
    FACT = "fact"
    FACT_VALUE = "value of a fact"
    STEP = "step"
    STOP = "stop when"
    WAIT = "wait"
    SHOP = "shop"
    SENDING = "sending"
    LOYALTY = "loyalty"


@dataclass(frozen=True)
class PlannedWord:
    """A `word` that will stand at `place`; `today` says what to write until then, on which `page`.

    A word `of_event` goes with an event that is planned too, and is not reported beside it. The
    `pattern` of a value stands for all texts that contain it.
    """

    place: Place
    word: str
    today: str
    page: str = "docs/rules.md"
    of_event: bool = False
    pattern: str | None = None

    @property
    def message(self) -> str:
        today = f" Today: {self.today}." if self.today else ""
        return f"Not available yet: {self.word}.{today} See {self.page}."

    def matches(self, text: str) -> bool:
        if self.pattern:
            return re.search(self.pattern, text.casefold()) is not None
        return self.word == text.casefold()


class PlannedWords:
    """The words that cannot be used yet, by place."""

    def __init__(self, words: Collection[PlannedWord] = ()) -> None:
        self._words = {
            place: [word for word in words if word.place == place] for place in Place
        }  # fmt: skip

    def key(self, path: NodePath, key: str, known: Collection[str] = ()) -> PlannedWord | None:
        """Returns the planned word that `key` below `path` is, or is nearer to than to `known`."""
        return self._find(_place_of_key(path), key, known)

    def value(self, path: NodePath, text: str, known: Collection[str] = ()) -> PlannedWord | None:
        """Returns the same for the value `text` at `path`."""
        place = _place_of_value(path)
        return None if text in known else self._find(place, text, known)

    def _find(self, place: Place | None, text: str, known: Collection[str]) -> PlannedWord | None:
        if place is None:
            return None
        words = self._words[place]
        if match := next((word for word in words if word.matches(text)), None):
            return match
        plain_words = {word.word: word for word in words if not word.pattern}
        similar = nearest(text, [*known, *plain_words], SIMILAR)
        return plain_words.get(similar or "")


SIMILAR = 0.8  # of a misspelt planned word: less is left to the words that can be used


def _place_of_key(path: NodePath) -> Place | None:
    if not path:
        return Place.TOP
    if path[0] == "rules":
        return _place_in_rule(path)
    return Place(path[0]) if len(path) == 1 and path[0] in list(Place) else None


def _place_in_rule(path: Sequence[str | int]) -> Place | None:
    if len(path) == 2:
        return Place.RULE
    if path[-1] in ("if", "unless"):
        return Place.FACT
    if path[2:] == ("stop when",):
        return Place.STOP
    return Place.STEP if len(path) > 3 and path[-2] in STEP_LISTS else None


def _place_of_value(path: NodePath) -> Place | None:
    if len(path) < 3 or path[0] != "rules":
        return None
    if path[-2] in ("if", "unless"):
        return Place.FACT_VALUE
    last = path[-1]
    if last == "wait" or (len(path) == 3 and last in ("when", "stop when")):
        return Place(last)
    return None
