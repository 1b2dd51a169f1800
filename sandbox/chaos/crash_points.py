"""Ways for a delivery to die by its own hand, at a named step: nothing in it expects this."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from mail.senders.journal import Journal
from mail.senders.outbox.sender import OutboxSender

TWICE = "twice.log"  # the outbox's own count of files that were already there

COMMITS = ("before a commit", "after a commit")
NOTES = ("before a note", "after a note")
FILES = ("before a file", "after a file")


@dataclass(frozen=True)
class Death:
    """At which step, and at the how manieth time it is come to."""

    step: str
    nth: int


def prepare(engine: Engine, folder: Path, death: Death | None) -> None:
    """From now on this process dies at that step; in any case the outbox counts its files."""
    _count_files(folder)
    if death is None:
        return
    countdown = _Countdown(death)
    _around(engine.dialect, "do_commit", countdown, COMMITS)
    _around(Journal, "_write", countdown, NOTES)
    _around(OutboxSender, "_put", countdown, FILES)


class _Countdown:
    def __init__(self, death: Death) -> None:
        self._step, self._left = death.step, death.nth

    def come_to(self, step: str) -> None:
        if step != self._step:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def _around(owner: Any, name: str, countdown: _Countdown, steps: tuple[str, str]) -> None:
    done: Callable[..., Any] = getattr(owner, name)
    before, after = steps

    def instead(*arguments: Any, **more: Any) -> Any:
        countdown.come_to(before)
        result = done(*arguments, **more)
        countdown.come_to(after)
        return result

    setattr(owner, name, instead)


def _count_files(folder: Path) -> None:
    """A file that is written over was a mail written twice."""
    put: Callable[..., None] = OutboxSender._write_atomically  # what is watched here is its inside

    def instead(self: OutboxSender, name: str, content: bytes) -> None:
        if name.endswith(".eml") and (self._folder / name).exists():  # as above
            with (folder / TWICE).open("a") as log:
                log.write(f"{name}\n")
        put(self, name, content)

    OutboxSender._write_atomically = instead  # type: ignore[method-assign]  # as above
