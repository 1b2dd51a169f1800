"""The owner edits a series: who is in the middle of it gets what lies ahead of them, once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.tick.step_walker import Walk
from tests.cafe import MARCH
from tests.examples import examples
from tests.triggers.edited_series import (
    Edit,
    Reader,
    edits,
    edits_of_repeated_mails,
    to_config,
)
from triggers.config import Rule
from triggers.series import SEND, Series
from triggers.series_edit import rest_after_edit

HOUR = timedelta(hours=1)


class Enrolled:
    """Somebody in a series of the product: the functions that a tick and a delivery call."""

    def __init__(self, steps: Sequence[dict[str, Any]]) -> None:
        self.series = Series()
        self.step: str | None = "1"
        self.next_at: datetime | None = MARCH
        self.keys: set[str] = set()
        self.mails: list[tuple[int, str]] = []
        self.edit(steps)

    def edit(self, steps: Sequence[dict[str, Any]]) -> None:
        self.rule = Rule.model_validate({"when": "subscribed", "then": list(steps)})
        old, self.series = self.series, self.series.edited(self.rule)
        if self.step and old.keys:
            done = {f"{SEND}{key}" for key in self.keys}
            rest = rest_after_edit(old, self.series, self.step, done)
            if rest and self.next_at:
                self.step, self.next_at = rest[0], self.next_at + rest[1]

    def tick(self, hour: int) -> None:
        now = MARCH + hour * HOUR
        if self.step is None or self.next_at is None or self.next_at > now:
            return
        mailed = [(1, key) for key in self.keys]
        walk = Walk(self.rule, self.series, now, lambda _facts, ids: ids, mailed)
        row = {"id": 1, "step": self.series.place_of(self.step), "next_at": self.next_at}
        rest = walk.advance_all([row]).rests[1]
        place, self.next_at = rest.place, rest.at
        if rest.is_mail and place:
            self.keys.add(self.series.mail_key(place))
            self.mails.append((hour, self.series.texts[self.series.keys[place]].split()[1]))
            done = {f"{SEND}{key}" for key in self.keys}
            following = self.series.rest_from(self.series.following(place), done)
            place, waits = following or (None, timedelta(0))
            self.next_at = now + waits
        self.step = self.series.keys[place] if place else None


def check(versions: list[Edit], gaps: list[int]) -> None:
    reader, enrolled = Reader(versions[0].steps), Enrolled(to_config(versions[0].steps))
    hour = 0
    for edit, gap in zip(versions[1:], gaps, strict=False):
        for _ in range(3):
            reader.tick(hour)
            enrolled.tick(hour)
            hour += gap
        reader.edit(edit)
        enrolled.edit(to_config(edit.steps))
    for later in range(hour, hour + 1000, 5):
        reader.tick(later)
        enrolled.tick(later)
    assert enrolled.mails == reader.mails


GAPS = st.lists(st.integers(1, 30), min_size=6, max_size=6)


@settings(max_examples=examples(100))
@given(versions=edits(), gaps=GAPS)
def test_after_any_edit_each_mail_that_lies_ahead_comes_once_and_in_time(
    versions: list[Edit], gaps: list[int]
) -> None:
    check(versions, gaps)


@settings(max_examples=examples(75))
@given(versions=edits_of_repeated_mails(), gaps=GAPS)
def test_so_does_each_of_two_mails_that_are_alike(versions: list[Edit], gaps: list[int]) -> None:
    check(versions, gaps)
