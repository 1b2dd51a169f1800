"""Asking again, as long as it is polite: the platform's own pause, else a growing random one."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]


class RetryableError(Exception):
    """Not now; `retry_after` is how long the platform asked us to wait, in seconds."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after


class UnreachableError(RetryableError):
    """Not even a connection came about."""


class RetriesExhaustedError(Exception):
    """It stayed so."""

    def __init__(self, message: str, attempts: int) -> None:
        super().__init__(message)
        self.message = message
        self.attempts = attempts


@dataclass(frozen=True)
class RetryPolicy:
    """How often to ask, and how long to wait in all."""

    max_attempts: int = 7
    max_connect_attempts: int = (
        3  # where nobody opens: no line, no such name, a firewall; seldom it passes
    )
    max_pause: float = 30.0
    max_total_wait: float = 300.0
    sleep: Sleep = asyncio.sleep

    async def retry(self, operation: Callable[[], Awaitable[T]]) -> T:
        """The answer of `operation`, asked again each time it raises AgainError."""
        waited, connect_failures = 0.0, 0
        for attempt in count(1):
            try:
                return await operation()
            except RetryableError as error:
                pause = self._backoff(attempt) if error.retry_after is None else error.retry_after
                connect_failures += isinstance(error, UnreachableError)
                exhausted = (
                    attempt == self.max_attempts or connect_failures == self.max_connect_attempts
                )
                if exhausted or waited + pause > self.max_total_wait:
                    raise RetriesExhaustedError(error.message, attempt) from None
            await self.sleep(pause)
            waited += pause
        raise AssertionError("count() does not end")

    def _backoff(self, attempt: int) -> float:
        # Anything between nothing and the full step: many shops must not knock in time.
        return random.uniform(0, min(self.max_pause, 2.0**attempt))  # noqa: S311  # a pause, no secret
