"""Where people in the middle of a series go on when its steps were edited."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from triggers.alignment import align
from triggers.series import WAIT, Series

DONE_WEIGHT = 1000  # of a step that they have had, in finding which steps were moved


def step_after_edit(
    old: Series, new: Series, step: str, done: Collection[str] = (), *, is_done: bool = False
) -> str | None:
    """Returns the key of the step at which whoever stood at `step` of `old` goes on in `new`.

    Returns None where nothing is left for them. `done` holds the keys of the mails and tasks that
    they have had, wherever those stood; with `is_done`, `step` itself is behind them.

    1. What lay ahead of them and is still in the file comes, wherever it stands now.
    2. What now stands after the place that they had reached comes too, except for a wait: they
       have waited already. The place is the last step behind them that was not moved.
    3. What was added before that is not theirs any more.
    4. Whoever had not begun yet begins at the top.
    """
    old_place = old.place_of(step)
    position = _Position(old, new, step, old_place, set(done), is_done)
    if not position.has_begun:
        return next(iter(new.keys.values()), None)
    order = list(new.keys)
    starts = [position.first_ahead(), position.after_reached()]
    first = min((place for place in starts if place), key=order.index, default=None)
    return new.keys[first] if first else None


def rest_after_edit(
    old: Series, new: Series, step: str, done: Collection[str]
) -> tuple[str, timedelta] | None:
    """Returns where whoever waits for `step` of `old` waits in `new`, and how much longer.

    Like `step_after_edit`, for a step that is no wait and not `done`, as long as there is one. None
    where nothing is left for them.
    """
    passed = timedelta(0)
    if done and (rest := old.rest_from(old.place_of(step), done)):
        step, passed = old.keys[rest[0]], rest[1]
    next_step = step_after_edit(old, new, step, done)
    if next_step is None:
        return None
    place, waits = new.rest_from(new.place_of(next_step), done) or (None, timedelta(0))
    return (new.keys[place] if place else next_step), passed + waits


@dataclass(frozen=True)
class _Position:
    """Somebody at `step` of the series `old`, which is `new` now.

    Where `step` was taken out before and nothing was left behind it, there is no `old_place`, and
    all of `old` is behind them.
    """

    old: Series
    new: Series
    step: str
    old_place: str | None
    done: Collection[str]
    is_done: bool

    @cached_property
    def behind(self) -> Collection[str]:
        """The keys of the steps that were behind them."""
        if self.old_place is None:
            return set(self.old.keys.values())
        reached = {self.old.key_of(self.step)} if self.is_done else set()
        return {*_behind(self.old, self.old_place), *reached}

    @property
    def has_begun(self) -> bool:
        """Whether anything is behind them."""
        return bool(self.behind) or bool(self.done)

    @cached_property
    def ahead(self) -> Collection[str]:
        """The keys of the steps that lay ahead of them."""
        if self.old_place is None:
            return set() if self.is_done else {self.step}
        start = self.old.following(self.old_place) if self.is_done else self.old_place
        return set(_ahead(self.old, start)) - set(self.done)

    def first_ahead(self) -> str | None:
        """The first place of what lay ahead; of a decision not yet taken, the decision."""
        new = self.new
        places = (place for place, key in new.keys.items() if key in self.ahead)
        place = next((place for place in places if not new.keys[place].startswith(WAIT)), None)
        if place is None:
            return None
        around = set(_branches_around(self.old_place or ""))
        inside = {
            key
            for other, key in self.old.keys.items()
            if (key in self.behind or other == self.old_place)
            and around & set(_branches_around(other))
        }
        taken = {self.old.keys[branch] for branch in around}
        for branch in _branches_around(place):
            if new.keys[branch] not in taken and not inside & set(_with_inner(new, branch)):
                return branch
        return place

    def after_reached(self) -> str | None:
        """The place after the one that they had reached, without waits that are over."""
        last = self._last_behind()
        if last is None:
            return None
        place = self._entered(last) or self.new.following(last)
        if self.is_done:
            return place  # they have not waited since
        next_step = self._skip(place, lambda key: key.startswith(WAIT) or key in self.done)
        if next_step and self.new.keys[next_step] == self.old.key_of(self.step):
            return next_step
        return self._skip(place, self._is_over)

    def _is_over(self, key: str) -> bool:
        return key in self.done or (key.startswith(WAIT) and key not in self.ahead)

    def _last_behind(self) -> str | None:
        """The place of the last step behind them, of those that keep their order: rather of what
        they have had than of what was added before them.
        """
        old_keys, new_keys = list(self.old.keys.values()), list(self.new.keys.values())
        pairs = align(old_keys, new_keys, lambda key: DONE_WEIGHT if key in self.done else 1)
        kept = [new_keys[new] for _, new in pairs if new_keys[new] in self.behind]
        return self.new.place_of(kept[-1]) if kept else None

    def _skip(self, place: str | None, is_over: Callable[[str], bool]) -> str | None:
        while place and is_over(self.new.keys[place]):
            place = self.new.following(place)
        return place

    def _entered(self, branch: str) -> str | None:
        """Where `branch` is a decision that they are within: the first place of their side."""
        parts = (self.old_place or "").split(".")
        for end in range(1, len(parts), 2):
            if self.old.keys[".".join(parts[:end])] == self.new.keys[branch]:
                start = f"{branch}.{parts[end]}.1"
                return start if start in self.new.keys else None
        return None


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


def _ahead(series: Series, start: str | None) -> Iterator[str]:
    while start:
        yield from _with_inner(series, start)
        start = series.following(start)


def _with_inner(series: Series, place: str) -> Iterator[str]:
    """The key of the step at `place`, and those of the steps within it."""
    for inner, key in series.keys.items():
        if inner == place or inner.startswith(f"{place}."):
            yield key


def _branches_around(place: str) -> list[str]:
    """The places of the decisions that `place` is in, the outermost first."""
    parts = place.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts), 2)]
