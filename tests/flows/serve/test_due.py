"""When rounds are due, and that a job keeps to it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from threading import Event

from hypothesis import given
from hypothesis import strategies as st

from flows.serve.due import due_by, following, rest
from flows.serve.periodic_thread import Job
from flows.serve.scheduler import Rests

TEN = datetime(2026, 3, 3, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_the_next_round_is_one_length_after_the_last() -> None:
    assert following(TEN, 5 * MINUTE, TEN + MINUTE) == TEN + 5 * MINUTE


def test_what_was_slept_through_is_one_round() -> None:
    morning = TEN + timedelta(hours=22)
    assert due_by(TEN + 5 * MINUTE, 5 * MINUTE, morning) < morning
    assert following(TEN + 5 * MINUTE, 5 * MINUTE, morning) == morning + 5 * MINUTE


def test_a_round_that_takes_too_long_leaves_the_next_ones_out() -> None:
    assert following(TEN, 5 * MINUTE, TEN + 12 * MINUTE) == TEN + 15 * MINUTE


def test_a_clock_that_was_put_back_makes_nobody_wait_longer_than_a_round() -> None:
    assert due_by(TEN, 5 * MINUTE, TEN - timedelta(hours=5)) == TEN - timedelta(hours=4, minutes=55)


moments = st.integers(-(10**6), 10**6).map(lambda seconds: TEN + timedelta(seconds=seconds))
lengths = st.integers(1, 86_400).map(lambda seconds: timedelta(seconds=seconds))


@given(moments, lengths, moments)
def test_a_round_is_always_ahead_and_never_further_than_one_length(
    due: datetime, every: timedelta, now: datetime
) -> None:
    reached = max(due, now)  # a round begins when it is due
    assert reached < following(due, every, reached) <= reached + every


def test_a_source_that_fails_is_asked_less_and_less_often_but_never_given_up() -> None:
    assert [rest(failures) for failures in range(8)] == [0, 0, 1, 3, 7, 7, 7, 7]
    rests, asked = Rests(), []
    for turn in range(24):
        if rests.is_due("till"):
            asked.append(turn)
            rests.note("till", failed=True)
    assert asked == [0, 1, 3, 7, 15, 23]
    assert rests.is_due("online-shop")


def test_a_source_that_works_again_is_asked_every_round() -> None:
    rests = Rests(failures={"till": 5})
    rests.note("till", failed=False)
    assert rests.is_due("till")
    rests.note("till", failed=True)
    assert rests.is_due("till")


def test_a_job_works_until_it_is_asked_to_stop() -> None:
    stop, rounds = Event(), []

    async def work(now: datetime) -> None:
        rounds.append(now)
        if len(rounds) == 3:
            stop.set()

    clock = iter(TEN + one * MINUTE for one in range(1_000))
    job = Job("look", work, every=lambda: MINUTE, stop=stop, clock=lambda: next(clock))
    job.start()
    job.join(5)
    assert not job.is_alive()
    assert len(rounds) == 3


def test_a_job_that_waits_for_something_can_be_broken_off() -> None:
    stop, begun, tidied = Event(), Event(), []

    async def work(_now: datetime) -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            tidied.append("yes")

    job = Job("sync", work, every=lambda: MINUTE, stop=stop, clock=lambda: datetime.now(UTC))
    job.start()
    assert begun.wait(5)
    stop.set()
    job.break_off()
    job.join(5)
    assert not job.is_alive()
    assert tidied == ["yes"]
