"""Faults of requests to SendGrid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.sendgrid.faults import DroppedConnectionError, Fault, HttpReply, RequestStage


@dataclass(frozen=True)
class FixedResponse(Fault):
    """This response, and no mail is accepted."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b'{"errors":[{"message":"as planned","field":null}]}'

    def fixed_reply(self) -> HttpReply:
        return self.status, self.headers, self.body


@dataclass(frozen=True)
class AcceptedWithStatus(Fault):
    """The mails are accepted, and the response has this status all the same."""

    accepted_status: int


@dataclass(frozen=True)
class DroppedConnection(Fault):
    """The connection is closed at `stage`."""

    stage: RequestStage

    def reach(self, stage: RequestStage) -> None:
        if stage is self.stage:
            raise DroppedConnectionError


@dataclass(frozen=True)
class DelayedResponse(Fault):
    """The right response, `delay` seconds late."""

    delay: float
