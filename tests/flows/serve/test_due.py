"""When rounds are due, the backoff of failing sources, and periodic threads."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from threading import Event

from hypothesis import given
from hypothesis import strategies as st

from flows.serve.due import clamp_due, next_due, rounds_to_skip
from flows.serve.periodic_thread import PeriodicThread
from flows.serve.scheduler import Backoff

TEN = datetime(2026, 3, 3, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_the_next_round_is_one_interval_after_the_last() -> None:
    assert next_due(TEN, 5 * MINUTE, TEN + MINUTE) == TEN + 5 * MINUTE


def test_missed_rounds_are_run_once() -> None:
    next_morning = TEN + timedelta(hours=22)
    assert clamp_due(TEN + 5 * MINUTE, 5 * MINUTE, next_morning) < next_morning
    assert next_due(TEN + 5 * MINUTE, 5 * MINUTE, next_morning) == next_morning + 5 * MINUTE


def test_an_overrunning_round_skips_the_next_ones() -> None:
    assert next_due(TEN, 5 * MINUTE, TEN + 12 * MINUTE) == TEN + 15 * MINUTE


def test_a_clock_set_back_delays_by_at_most_one_interval() -> None:
    assert clamp_due(TEN, 5 * MINUTE, TEN - timedelta(hours=5)) == TEN - timedelta(
        hours=4, minutes=55
    )


moments = st.integers(-(10**6), 10**6).map(lambda seconds: TEN + timedelta(seconds=seconds))
lengths = st.integers(1, 86_400).map(lambda seconds: timedelta(seconds=seconds))


@given(moments, lengths, moments)
def test_the_next_round_is_in_the_future_within_one_interval(
    due: datetime, every: timedelta, now: datetime
) -> None:
    begun_at = max(due, now)  # a round never begins before it is due
    assert begun_at < next_due(due, every, begun_at) <= begun_at + every


def test_a_failing_source_backs_off_but_is_never_abandoned() -> None:
    assert [rounds_to_skip(failures) for failures in range(8)] == [0, 0, 1, 3, 7, 7, 7, 7]
    backoff, attempts = Backoff(), []
    for round_number in range(24):
        if backoff.is_due("till"):
            attempts.append(round_number)
            backoff.record_outcome("till", failed=True)
    assert attempts == [0, 1, 3, 7, 15, 23]
    assert backoff.is_due("online-shop")


def test_a_recovered_source_is_read_every_round() -> None:
    backoff = Backoff(failures={"till": 5})
    backoff.record_outcome("till", failed=False)
    assert backoff.is_due("till")
    backoff.record_outcome("till", failed=True)
    assert backoff.is_due("till")


def test_a_periodic_thread_runs_until_stopped() -> None:
    stop, rounds = Event(), []

    async def work(now: datetime) -> None:
        rounds.append(now)
        if len(rounds) == 3:
            stop.set()

    clock = iter(TEN + minutes * MINUTE for minutes in range(1_000))
    thread = PeriodicThread(
        "look", work, interval=lambda: MINUTE, stop=stop, clock=lambda: next(clock)
    )
    thread.start()
    thread.join(5)
    assert not thread.is_alive()
    assert len(rounds) == 3


def test_a_waiting_periodic_thread_can_be_cancelled() -> None:
    stop, begun, cleaned_up = Event(), Event(), []

    async def work(_now: datetime) -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            cleaned_up.append("yes")

    thread = PeriodicThread(
        "sync", work, interval=lambda: MINUTE, stop=stop, clock=lambda: datetime.now(UTC)
    )
    thread.start()
    assert begun.wait(5)
    stop.set()
    thread.cancel_current()
    thread.join(5)
    assert not thread.is_alive()
    assert cleaned_up == ["yes"]
