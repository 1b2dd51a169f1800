"""Crash points: a delivery kills or stops its own process at a named step."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from engine.delivery.send_check import BatchCheck
from mail.senders.journal_file import JournalFile
from mail.senders.outbox.sender import OutboxSender

DUPLICATES_LOG = "twice.log"  # names of outbox files that were written more than once

COMMIT_STEPS = ("before a commit", "after a commit")
JOURNAL_STEPS = ("before a note", "after a note")
FILE_STEPS = ("before a file", "after a file")
CHECK_STEPS = ("before a check", "after a check")


@dataclass(frozen=True)
class CrashPoint:
    """The `nth` time that `step` is reached, the process sends itself `signal`."""

    step: str
    nth: int
    signal: signal.Signals = signal.SIGKILL


def install_crash_point(engine: Engine, folder: Path, crash_point: CrashPoint | None) -> None:
    """Make this process end or stop itself at `crash_point`, if any; the outbox logs its
    duplicates.
    """
    _count_files(folder)
    if crash_point is None:
        return
    countdown = _Countdown(crash_point)
    _wrap_method(engine.dialect, "do_commit", countdown, COMMIT_STEPS)
    _wrap_method(JournalFile, "append", countdown, JOURNAL_STEPS)
    _wrap_method(OutboxSender, "_write_atomically", countdown, FILE_STEPS)
    _wrap_method(BatchCheck, "permitted", countdown, CHECK_STEPS)


class _Countdown:
    def __init__(self, crash_point: CrashPoint) -> None:
        self._step, self._remaining = crash_point.step, crash_point.nth
        self._signal = crash_point.signal

    def reach(self, step: str) -> None:
        if step != self._step:
            return
        self._remaining -= 1
        if self._remaining == 0:
            os.kill(os.getpid(), self._signal)


def _wrap_method(owner: Any, name: str, countdown: _Countdown, steps: tuple[str, str]) -> None:
    original: Callable[..., Any] = getattr(owner, name)
    before, after = steps

    def wrapper(*arguments: Any, **keywords: Any) -> Any:
        countdown.reach(before)
        result = original(*arguments, **keywords)
        countdown.reach(after)
        return result

    setattr(owner, name, wrapper)


def _count_files(folder: Path) -> None:
    """Log each `.eml` that is replaced by another file: that mail was written twice."""
    original: Callable[..., None] = (
        OutboxSender._write_atomically
    )  # a private method is watched on purpose

    def write_and_count(self: OutboxSender, name: str, content: bytes) -> None:
        path = self._folder / name  # as above
        before = path.stat().st_ino if path.exists() else None
        original(self, name, content)
        if name.endswith(".eml") and before not in (None, path.stat().st_ino):
            with (folder / DUPLICATES_LOG).open("a") as log:
                log.write(f"{name}\n")

    OutboxSender._write_atomically = write_and_count  # type: ignore[method-assign]  # as above
