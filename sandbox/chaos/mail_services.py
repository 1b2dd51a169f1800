"""The mail services of a trial, one for each sender that has a module `sandbox.<name>.chaos`."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from flows.runtime.child_process import child_process
from mail.senders.names import provider_names

ACCEPTED_LOG = "arrived.log"


class MailService(Protocol):
    """A mail service that can kill its client."""

    @property
    def port(self) -> int: ...

    def kill(self, process: int, stage: str, after: int) -> None:
        """Kill `process` at `stage`, after `after` more have been accepted."""
        ...


@dataclass(frozen=True)
class ChaosSender:
    """How a trial runs one sender.

    `run` starts its mail service, with a log of accepted mails in the given folder. `block` is the
    sender's block in config.yaml, a format string with `port`; $CHAOS_KEY in it is `key`. At each
    of the `stages` the service can kill its client, which may leave `max_in_doubt` messages behind.
    """

    run: Callable[[Path], AbstractContextManager[MailService]]
    block: str = ""
    key: str = ""
    stages: Sequence[str] = ()
    max_in_doubt: int = 0
    mails_per_request: int = 1


@cache
def chaos_sender_names() -> list[str]:
    """Return the senders that a trial can run."""
    return [
        name
        for name in provider_names()
        if find_spec(f"sandbox.{name}") and find_spec(f"sandbox.{name}.chaos")
    ]


@cache
def chaos_sender(name: str) -> ChaosSender:
    """Return how a trial runs the sender `name`."""
    sender = importlib.import_module(f"sandbox.{name}.chaos").SENDER
    assert isinstance(sender, ChaosSender)  # noqa: S101  # a mistake in that module
    return sender


@contextmanager
def start_process(arguments: Sequence[str], folder: Path) -> Iterator[dict[str, Any]]:
    """Run a module with `arguments` until the block ends; yields the JSON line that it prints."""
    log = folder / "service.log"
    with child_process(["-m", *arguments], os.environ, log=log, stdout=subprocess.PIPE) as process:
        assert process.stdout  # noqa: S101  # asked for above
        yield json.loads(process.stdout.readline())
