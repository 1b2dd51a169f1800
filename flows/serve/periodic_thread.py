"""One kind of work, over and over, in a thread of its own: what is due meanwhile is left out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from threading import Event, Thread

from flows.serve.due import due_by, following

SLICE = 5.0  # seconds: so soon after a sleep of the whole machine the clock is looked at again


class Job(Thread):
    """Works once `after` so long, then on every round; until `stop`, or told to break off."""

    def __init__(
        self,
        name: str,
        work: Callable[[datetime], Awaitable[None]],
        *,
        every: Callable[[], timedelta],
        stop: Event,
        clock: Callable[[], datetime],
        after: timedelta = timedelta(0),
    ) -> None:
        super().__init__(name=name, daemon=True)  # who hangs must not keep the process alive
        self._work, self._every, self._stop_asked, self._clock = work, every, stop, clock
        self._after = after
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def run(self) -> None:
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            due = self._clock() + self._after
            while not self._stop_asked.is_set():
                due = self._round(runner, due_by(due, self._every(), self._clock()))

    def break_off(self) -> None:
        """Whatever it waits for at this moment is not waited for any more."""
        loop, task = self._loop, self._task
        if loop and task and not loop.is_closed():
            loop.call_soon_threadsafe(task.cancel)

    def _round(self, runner: asyncio.Runner, due: datetime) -> datetime:
        left = (due - self._clock()).total_seconds()
        if left > 0:
            self._stop_asked.wait(min(left, SLICE))
            return due
        runner.run(self._once())
        return following(due, self._every(), self._clock())

    async def _once(self) -> None:
        self._task = asyncio.current_task()
        try:
            await self._work(self._clock())
        except asyncio.CancelledError:
            if not self._stop_asked.is_set():
                raise
        finally:
            self._task = None
