"""A mail service for each sender, real enough to be sent to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mail.outbox.sender import Outbox
from mail.sender import Sender


@dataclass(frozen=True)
class Service:
    """Where mails arrive, and a sender that takes them there."""

    sender: Callable[[], Sender]
    arrived: Callable[[], list[str]]  # the ids of the mails it has, in the order they came


@contextmanager
def outbox(folder: Path) -> Iterator[Service]:
    def arrived() -> list[str]:
        files = (folder / "outbox").glob("*.eml")
        return [one.stem for one in sorted(files, key=lambda file: file.stat().st_mtime_ns)]

    yield Service(lambda: Outbox(folder / "outbox"), arrived)


SERVICES = {"outbox": outbox}
