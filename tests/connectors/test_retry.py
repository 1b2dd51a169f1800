from __future__ import annotations

import asyncio

import httpx
import pytest

from connectors.http import TIMEOUT, send
from connectors.retry import RetriesExhaustedError, RetryableError, RetryPolicy, UnreachableError


class FakeClock:
    def __init__(self) -> None:
        self.pauses: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)


def retry_outcomes(policy: RetryPolicy, *outcomes: Exception | str) -> str:
    outcome_iterator = iter(outcomes)

    async def attempt() -> str:
        outcome = next(outcome_iterator)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return asyncio.run(policy.retry(attempt))


def test_the_pause_grows_and_is_never_longer_than_the_step() -> None:
    clock = FakeClock()
    busy = [RetryableError("busy") for _ in range(6)]
    assert retry_outcomes(RetryPolicy(sleep=clock.sleep), *busy, "here it is") == "here it is"
    assert len(clock.pauses) == 6
    assert all(0 <= pause <= min(30, 2**attempt) for attempt, pause in enumerate(clock.pauses, 1))


def test_retry_after_is_honoured() -> None:
    clock = FakeClock()
    retry_outcomes(RetryPolicy(sleep=clock.sleep), RetryableError("busy", 12.5), "here it is")
    assert clock.pauses == [12.5]


def test_the_attempts_are_limited() -> None:
    clock = FakeClock()
    with pytest.raises(RetriesExhaustedError, match="busy") as gave_up:
        retry_outcomes(
            RetryPolicy(max_attempts=3, sleep=clock.sleep), *[RetryableError("busy", 1)] * 3
        )
    assert gave_up.value.attempts == 3
    assert clock.pauses == [1, 1]


def test_an_unreachable_host_gets_three_attempts() -> None:
    clock = FakeClock()
    unreachable = UnreachableError("nobody there")
    with pytest.raises(RetriesExhaustedError) as gave_up:
        retry_outcomes(
            RetryPolicy(sleep=clock.sleep),
            unreachable,
            RetryableError("busy"),
            unreachable,
            unreachable,
            "here it is",
        )
    assert gave_up.value.attempts == 4
    assert len(clock.pauses) == 3
    assert (
        retry_outcomes(RetryPolicy(sleep=clock.sleep), unreachable, unreachable, "here it is")
        == "here it is"
    )


@pytest.mark.parametrize(
    ("error", "tries"),
    [(httpx.ConnectError, 3), (httpx.ConnectTimeout, 3), (httpx.ReadTimeout, 7)],
)
def test_a_connect_timeout_counts_as_unreachable(
    error: type[httpx.TransportError], tries: int
) -> None:
    def time_out(request: httpx.Request) -> httpx.Response:
        raise error("nothing came", request=request)

    async def ask() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(time_out)) as http:
            await RetryPolicy(sleep=FakeClock().sleep).retry(
                lambda: send(http, "GET", "https://corner-cafe.example/")
            )

    with pytest.raises(
        RetriesExhaustedError, match=rf"no answer came \({error.__name__}\)"
    ) as gave_up:
        asyncio.run(ask())
    assert gave_up.value.attempts == tries


def test_an_unreachable_host_is_given_up_within_a_minute() -> None:
    connect_attempts = RetryPolicy().max_connect_attempts
    assert TIMEOUT.connect
    assert (
        connect_attempts * TIMEOUT.connect
        + sum(2.0**attempt for attempt in range(1, connect_attempts))
        <= 60
    )


def test_a_pause_beyond_the_total_limit_is_not_begun() -> None:
    clock = FakeClock()
    with pytest.raises(RetriesExhaustedError):
        retry_outcomes(
            RetryPolicy(max_total_wait=300, sleep=clock.sleep), RetryableError("busy", 301)
        )
    assert clock.pauses == []
