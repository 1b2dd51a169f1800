"""The mail services of a trial, each in its own process with its own log of accepted mails."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx

from flows.runtime.child_process import child_process
from sandbox.sendgrid.account import API_KEY
from sandbox.sendgrid.faults import RequestStage
from sandbox.smtp import server as smtp_server

ACCEPTED_LOG = "arrived.log"
KEYS = {"outbox": "", "smtp": "", "sendgrid": API_KEY}
STAGES: Mapping[str, Sequence[str]] = {
    "outbox": (),
    "smtp": tuple(smtp_server.SmtpStage),
    "sendgrid": tuple(RequestStage),
}


class MailService(Protocol):
    """A mail service that can kill its client."""

    @property
    def port(self) -> int: ...

    def kill(self, process: int, stage: str, after: int) -> None:
        """Kill `process` at `stage`, after `after` more have been accepted."""
        ...


@dataclass
class OutboxService:
    """The outbox folder, which needs no process."""

    port: int = 0

    def kill(self, process: int, stage: str, after: int) -> None:
        raise NotImplementedError("The outbox folder cannot kill a process.")


@dataclass
class SendGridService:
    """SendGrid's sandbox server."""

    address: str

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def kill(self, process: int, stage: str, after: int) -> None:
        plan = {"kill": process, "moment": stage, "after": after}
        httpx.post(f"{self.address}/look-alike/plan", json=plan).raise_for_status()


@dataclass
class SmtpService:
    """The SMTP sandbox server."""

    port: int

    def kill(self, process: int, stage: str, after: int) -> None:
        smtp_server.arm_kill(
            self.port, smtp_server.Kill(process, smtp_server.SmtpStage(stage), after + 1)
        )


@contextmanager
def running_service(through: str, folder: Path) -> Iterator[MailService]:
    """Yield the mail service of sender `through`, with its logs in `folder`."""
    if through == "outbox":
        yield OutboxService()
        return
    with _start_process([f"sandbox.{through}", str(folder / ACCEPTED_LOG)], folder) as details:
        if through == "smtp":
            yield SmtpService(details["port"])
        else:
            yield SendGridService(details["sendgrid"]["address"])


@contextmanager
def _start_process(arguments: Sequence[str], folder: Path) -> Iterator[dict[str, Any]]:
    log = folder / "service.log"
    with child_process(["-m", *arguments], os.environ, log=log, stdout=subprocess.PIPE) as process:
        assert process.stdout  # noqa: S101  # asked for above
        yield json.loads(process.stdout.readline())
