"""Faults of single requests to the sandbox server: the hook, and the kill that chaos plans."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

HttpReply = tuple[int, Mapping[str, str], bytes]


class RequestStage(StrEnum):
    """The stages of one request, in their order."""

    BEGUN = "request begun"  # its head is read, its body is not
    READ = "request read"  # it is read, and not counted
    BEFORE_ANSWER = "before answer"  # it is counted, and no response is sent
    AFTER_ANSWER = "after answer"


class DroppedConnectionError(Exception):
    """Raised by a fault to close the connection."""


class Fault:
    """What one request meets; by itself nothing. Subclasses change a part."""

    accepted_status = 202
    delay = 0.0  # seconds before the response

    def reach(self, stage: RequestStage) -> None:
        """Called at each `stage`; may raise DroppedConnectionError."""

    def fixed_reply(self) -> HttpReply | None:
        """Return a response that is sent without accepting the mails, or None."""
        return None


@dataclass(frozen=True)
class ProcessKill(Fault):
    """SIGKILL for `process` at `stage`."""

    stage: RequestStage
    process: int

    def reach(self, stage: RequestStage) -> None:
        if stage is self.stage:
            with suppress(ProcessLookupError):
                os.kill(self.process, signal.SIGKILL)
            raise DroppedConnectionError


@dataclass
class Faults:
    """The plan, by the number of the request; requests are counted from 1."""

    planned: dict[int, Fault] = field(default_factory=dict)
    requests: int = 0

    def on(self, request: int, fault: Fault, *, times: int = 1) -> None:
        """Plan `fault` for `request` and the `times - 1` after it."""
        self.planned |= {request + n: fault for n in range(times)}

    def plan(self, fault: Fault, *, times: int = 1, after: int = 0) -> None:
        """Plan `fault` for the next `times` requests, `after` that many good ones."""
        self.on(self.requests + after + 1, fault, times=times)

    def next_fault(self) -> Fault:
        """Count a request and return its fault."""
        self.requests += 1
        return self.planned.get(self.requests, Fault())


def parse_fault(document: Mapping[str, Any]) -> Fault:
    """Return the fault that another process describes as {"kill": PID, "moment": STAGE}.

    Raises ValueError if `document` is not of that form.
    """
    match document:
        case {"kill": int(process), "moment": str(stage)}:
            return ProcessKill(RequestStage(stage), process)
    raise ValueError(f"No such fault: {document}")
