"""SendGrid in `regulars chaos`: the sandbox server, which kills its client at a given stage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from sandbox.chaos.mail_services import ACCEPTED_LOG, ChaosSender, start_process
from sandbox.sendgrid.account import API_KEY
from sandbox.sendgrid.faults import RequestStage

PER_REQUEST = 20


@dataclass
class SendGridService:
    """SendGrid's sandbox server."""

    address: str

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def kill(self, process: int, stage: str, after: int) -> None:
        plan = {"kill": process, "moment": stage, "after": after}
        httpx.post(f"{self.address}/sandbox/plan", json=plan).raise_for_status()


@contextmanager
def run(folder: Path) -> Iterator[SendGridService]:
    """Yield the server, with its log of accepted mails in `folder`."""
    with start_process(["sandbox.sendgrid", str(folder / ACCEPTED_LOG)], folder) as details:
        yield SendGridService(details["sendgrid"]["address"])


SENDER = ChaosSender(
    run,
    block=(
        "{{api key: $CHAOS_KEY, address: 'http://127.0.0.1:{port}',"
        f" mails per request: {PER_REQUEST}}}}}"
    ),
    key=API_KEY,
    stages=tuple(RequestStage),
    max_in_doubt=PER_REQUEST,
    mails_per_request=PER_REQUEST,
)
