"""The outbox in `regulars chaos`: a folder, which needs no process and kills nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.chaos.mail_services import ChaosSender


@dataclass
class OutboxService:
    """The outbox folder."""

    port: int = 0

    def kill(self, process: int, stage: str, after: int) -> None:
        raise NotImplementedError("The outbox folder cannot kill a process.")


@contextmanager
def run(_folder: Path) -> Iterator[OutboxService]:
    """Yield the service; there is nothing to start."""
    yield OutboxService()


SENDER = ChaosSender(run)
