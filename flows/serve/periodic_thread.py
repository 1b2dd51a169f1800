"""A thread that runs one coroutine function periodically."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from threading import Event, Thread

from flows.serve.due import clamp_due, next_due

MAX_SLEEP = 5.0  # seconds; after a suspend of the machine the clock is read again this soon


class PeriodicThread(Thread):
    """Calls `work` with the time: first after `initial_delay`, then every `interval`, until `stop`.

    A call that is due while another one runs is skipped. An error of `work` ends the thread.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[datetime], Awaitable[None]],
        *,
        interval: Callable[[], timedelta],
        stop: Event,
        clock: Callable[[], datetime],
        initial_delay: timedelta = timedelta(0),
    ) -> None:
        super().__init__(name=name, daemon=True)  # a hanging thread must not keep the process alive
        self._work, self._interval, self._stop_event, self._clock = work, interval, stop, clock
        self._initial_delay = initial_delay
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def run(self) -> None:
        """Run until the stop event is set."""
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            due = self._clock() + self._initial_delay
            while not self._stop_event.is_set():
                due = self._wait_or_run(runner, clamp_due(due, self._interval(), self._clock()))

    def cancel_current(self) -> None:
        """Cancel the running call, from any thread."""
        loop, task = self._loop, self._task
        if loop and task and not loop.is_closed():
            loop.call_soon_threadsafe(task.cancel)

    def _wait_or_run(self, runner: asyncio.Runner, due: datetime) -> datetime:
        remaining = (due - self._clock()).total_seconds()
        if remaining > 0:
            self._stop_event.wait(min(remaining, MAX_SLEEP))
            return due
        runner.run(self._run_once())
        return next_due(due, self._interval(), self._clock())

    async def _run_once(self) -> None:
        self._task = asyncio.current_task()
        try:
            await self._work(self._clock())
        except asyncio.CancelledError:
            if not self._stop_event.is_set():
                raise
        finally:
            self._task = None
