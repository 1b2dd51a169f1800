"""Clocks that are wrong, and records that are indexed late: nothing is lost, little is repeated."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.cursors import Sweep, next_platform_sweep, next_position
from connectors.stream import Window
from tests.examples import examples

MARCH = datetime(2026, 3, 3, 10, tzinfo=UTC)
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
OVERLAP = timedelta(minutes=10)
PAGE_SIZE = 4


@dataclass
class Platform:
    """Records as (time of change, time from which the platform shows it), and what was read."""

    records: list[tuple[datetime, datetime]] = field(default_factory=list)
    received: set[int] = field(default_factory=set)
    state: Any = None
    repeated: int = 0

    def change(self, at: datetime, delay: timedelta = timedelta(0)) -> None:
        self.records.append((at, at + delay))

    def sync(self, real: datetime, clock: datetime | None = None) -> Sweep:
        """One complete sweep at the time `real`, on a machine whose clock shows `clock`."""
        sweep = next_platform_sweep(self.state, OVERLAP, clock or real)
        numbers = [
            number
            for number, (changed_at, shown_at) in enumerate(self.records)
            if shown_at <= real and self._in_window(changed_at, sweep.window)
        ]
        times = [min(self.records[number][0], sweep.window.until) for number in numbers]
        newest = max([*times, *filter(None, [sweep.newest])], default=None)
        pages = -(-len(numbers) // PAGE_SIZE)
        cursor = "last page" if pages > 1 else None
        since, newest_at = next_position(
            Sweep(sweep.window, cursor, sweep.resumed, newest), OVERLAP
        )
        self.repeated += len(self.received & set(numbers))
        self.received |= set(numbers)
        self.state = SimpleNamespace(since=since, until=None, cursor=None, newest_at=newest_at)
        return sweep

    def _in_window(self, changed_at: datetime, window: Window) -> bool:
        return (window.since is None or changed_at >= window.since) and changed_at < window.until

    def missing(self, real: datetime) -> set[int]:
        shown = {
            number
            for number, (changed_at, shown_at) in enumerate(self.records)
            if shown_at <= real and changed_at < real
        }
        return shown - self.received


def test_what_changes_after_a_sync_with_a_clock_a_year_ahead_arrives() -> None:
    platform = Platform()
    platform.change(MARCH - DAY)
    platform.sync(MARCH, clock=MARCH + 365 * DAY)
    platform.change(MARCH + HOUR)
    platform.sync(MARCH + 2 * HOUR)
    assert platform.missing(MARCH + 2 * HOUR) == set()


def test_a_clock_an_hour_ahead_hides_nothing_even_after_that_hour() -> None:
    platform = Platform()
    platform.change(MARCH - DAY)
    platform.sync(MARCH, clock=MARCH + HOUR)
    platform.change(MARCH + 10 * MINUTE)
    platform.sync(MARCH + 2 * HOUR)
    assert platform.missing(MARCH + 2 * HOUR) == set()


def test_a_stored_position_in_the_future_is_discarded() -> None:
    poisoned = SimpleNamespace(since=MARCH + HOUR, until=None, cursor=None, newest_at=None)
    assert next_platform_sweep(poisoned, OVERLAP, MARCH).window == Window(None, MARCH)


def test_an_unfinished_window_that_ends_in_the_future_starts_again() -> None:
    frozen = SimpleNamespace(
        since=MARCH - DAY, until=MARCH + 365 * DAY, cursor="page 3", newest_at=MARCH - HOUR
    )
    sweep = next_platform_sweep(frozen, OVERLAP, MARCH)
    assert (sweep.window, sweep.cursor) == (Window(MARCH - DAY, MARCH), None)


def test_a_clock_that_is_behind_for_an_hour_reads_nothing_again() -> None:
    platform = Platform()
    platform.change(MARCH)
    platform.sync(MARCH + MINUTE)
    sweep = platform.sync(MARCH + HOUR, clock=MARCH - HOUR)
    assert sweep.window.since == MARCH - OVERLAP
    platform.change(MARCH + 2 * HOUR)
    platform.sync(MARCH + 3 * HOUR)
    assert platform.missing(MARCH + 3 * HOUR) == set()


def test_a_quiet_stream_does_not_repeat_a_long_last_page_for_ever() -> None:
    platform = Platform()
    for second in range(30):
        platform.change(MARCH + timedelta(seconds=second))
    for minutes in range(5, 500, 5):
        platform.sync(MARCH + minutes * MINUTE)
    assert platform.repeated <= 2 * len(platform.records)


CLOCK_ERRORS = st.sampled_from(
    [timedelta(0)] * 4
    + [5 * MINUTE, HOUR, -HOUR, 5 * HOUR, 30 * DAY, -30 * DAY, 400 * DAY, -400 * DAY]
)
MINUTES_APART = st.integers(1, 400).map(lambda minutes: minutes * MINUTE)
DELAYS = st.integers(0, 9).map(lambda minutes: minutes * MINUTE)
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("change"), MINUTES_APART, DELAYS),
        st.tuples(st.just("sync"), MINUTES_APART, CLOCK_ERRORS),
    ),
    max_size=40,
)


@settings(max_examples=examples(150), deadline=None)
@given(EVENTS)
def test_whatever_the_clock_showed_every_record_arrives_at_the_next_right_sync(
    events: list[tuple[str, timedelta, timedelta]],
) -> None:
    """Changes come singly here: a stream that fills pages within minutes is the case above."""
    platform, real = Platform(), MARCH
    for kind, pause, amount in events:
        real += pause
        if kind == "change":
            platform.change(real, delay=amount)
        else:
            platform.sync(real, clock=real + amount)
            if amount == timedelta(0):
                assert platform.missing(real) == set()
    real += HOUR
    platform.sync(real)
    assert platform.missing(real) == set()
    before = platform.repeated
    for _ in range(10):
        real += HOUR
        platform.sync(real)
    assert platform.repeated - before <= 10 * PAGE_SIZE
