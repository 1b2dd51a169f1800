"""Retries a request to a platform, after the pause that the platform asks for or a random one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, RetryError, retry_if_exception_type
from tenacity.wait import wait_random_exponential

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]


class RetryableError(Exception):
    """A failure that may pass; `retry_after` is the pause, in seconds, that the platform wants."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after


class UnreachableError(RetryableError):
    """No connection came about: no network, no such host, a closed port, a firewall."""


class RetriesExhaustedError(Exception):
    """The last error's `message`, after so many `attempts`."""

    def __init__(self, message: str, attempts: int) -> None:
        super().__init__(message)
        self.message = message
        self.attempts = attempts


@dataclass(frozen=True)
class RetryPolicy:
    """Limits of the retries of one request; times are in seconds.

    A host that cannot be reached seldom comes back within minutes, so it gets fewer attempts.
    `sleep` waits between attempts; tests pass their own.
    """

    max_attempts: int = 7
    max_connect_attempts: int = 3
    max_pause: float = 30.0
    max_total_wait: float = 300.0
    sleep: Sleep = asyncio.sleep

    async def retry(self, operation: Callable[[], Awaitable[T]]) -> T:
        """Return what `operation` returns, called again each time it raises `RetryableError`.

        Raises `RetriesExhaustedError` at a limit, before a pause that would exceed the total.
        """
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(RetryableError),
            wait=self._pause,
            stop=_StopAtLimits(self),
            sleep=self.sleep,
        )

        # tenacity awaits only what it recognises as a coroutine function: a lambda is none.
        async def attempt() -> T:
            return await operation()

        try:
            return await retrying(attempt)
        except RetryError as exhausted:
            error = exhausted.last_attempt.exception()
            message = error.message if isinstance(error, RetryableError) else str(error)
            attempts = exhausted.last_attempt.attempt_number
            raise RetriesExhaustedError(message, attempts) from None

    def _pause(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, RetryableError) and error.retry_after is not None:
            return error.retry_after
        # Random, so that many shops do not return to a platform at the same moment.
        return wait_random_exponential(multiplier=2, max=self.max_pause)(state)


class _StopAtLimits:
    """Decides after each failed attempt of one request whether it was the last."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        self._connect_failures = 0

    def __call__(self, state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        self._connect_failures += isinstance(error, UnreachableError)
        return (
            state.attempt_number >= self._policy.max_attempts
            or self._connect_failures >= self._policy.max_connect_attempts
            or state.idle_for + state.upcoming_sleep > self._policy.max_total_wait
        )
