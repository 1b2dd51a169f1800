"""What may go wrong on the way to SendGrid, for the n-th request that comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class RequestStage(StrEnum):
    BEGUN = "request begun"  # its head is here, its body not yet
    READ = "request read"  # it is whole, and not counted
    BEFORE_ANSWER = "before answer"  # it is counted, and nothing is answered
    AFTER_ANSWER = "after answer"


@dataclass(frozen=True)
class FixedResponse:
    """Answers so, and takes nothing."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b'{"errors":[{"message":"as planned","field":null}]}'


@dataclass(frozen=True)
class AcceptedWithStatus:
    """Takes the mails, and answers so all the same."""

    status: int


@dataclass(frozen=True)
class DroppedConnection:
    """The connection ends at this moment."""

    stage: RequestStage


@dataclass(frozen=True)
class DelayedResponse:
    """Answers rightly, so many seconds late."""

    seconds: float


@dataclass(frozen=True)
class ProcessKill:
    """A process gets SIGKILL at this moment."""

    stage: RequestStage
    process: int


Fault = FixedResponse | AcceptedWithStatus | DroppedConnection | DelayedResponse | ProcessKill


@dataclass
class Faults:
    """The plan; requests are counted from 1."""

    planned: dict[int, Fault] = field(default_factory=dict)
    requests: int = 0

    def on(self, request: int, fault: Fault, *, times: int = 1) -> None:
        self.planned |= {request + n: fault for n in range(times)}

    def plan(self, fault: Fault, *, times: int = 1, after: int = 0) -> None:
        """After so many good answers from here, this fault so many times."""
        self.on(self.requests + after + 1, fault, times=times)

    def next_fault(self) -> Fault | None:
        self.requests += 1
        return self.planned.get(self.requests)


def parse_fault(document: Mapping[str, Any]) -> Fault:
    """A fault as a parent process writes it: {"kill": 4711, "moment": "before answer"}."""
    match document:
        case {"kill": int(process), "moment": str(stage)}:
            return ProcessKill(RequestStage(stage), process)
        case {"cut": str(stage)}:
            return DroppedConnection(RequestStage(stage))
        case {"wait": int() | float() as seconds}:
            return DelayedResponse(seconds)
        case {"take and answer": int(status)}:
            return AcceptedWithStatus(status)
        case {"answer": int(status)}:
            return FixedResponse(status, document.get("headers", {}))
    raise ValueError(f"No such fault: {document}")
