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


class AgainError(Exception):
    """Not now; `after` is how long the platform asked us to wait, in seconds."""

    def __init__(self, said: str, after: float | None = None) -> None:
        super().__init__(said)
        self.said = said
        self.after = after


class NobodyThereError(AgainError):
    """Not even a connection came about."""


class GaveUpError(Exception):
    """It stayed so."""

    def __init__(self, said: str, tries: int) -> None:
        super().__init__(said)
        self.said = said
        self.tries = tries


@dataclass(frozen=True)
class Patience:
    """How often to ask, and how long to wait in all."""

    tries: int = 7
    knocks: int = 3  # where nobody opens: no line, no such name, a firewall; seldom it passes
    longest: float = 30.0
    in_all: float = 300.0
    sleep: Sleep = asyncio.sleep

    async def insist(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """The answer of `attempt`, asked again each time it raises AgainError."""
        waited, knocked = 0.0, 0
        for turn in count(1):
            try:
                return await attempt()
            except AgainError as again:
                pause = self._pause(turn) if again.after is None else again.after
                knocked += isinstance(again, NobodyThereError)
                enough = turn == self.tries or knocked == self.knocks
                if enough or waited + pause > self.in_all:
                    raise GaveUpError(again.said, turn) from None
            await self.sleep(pause)
            waited += pause
        raise AssertionError("count() does not end")

    def _pause(self, turn: int) -> float:
        # Anything between nothing and the full step: many shops must not knock in time.
        return random.uniform(0, min(self.longest, 2.0**turn))  # noqa: S311  # a pause, no secret
