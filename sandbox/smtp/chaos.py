"""SMTP in `regulars chaos`: the sandbox server, which kills its client at a given stage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.chaos.mail_services import ACCEPTED_LOG, ChaosSender, start_process
from sandbox.smtp import server


@dataclass
class SmtpService:
    """The SMTP sandbox server."""

    port: int

    def kill(self, process: int, stage: str, after: int) -> None:
        server.arm_kill(self.port, server.Kill(process, server.SmtpStage(stage), after + 1))


@contextmanager
def run(folder: Path) -> Iterator[SmtpService]:
    """Yield the server, with its log of accepted mails in `folder`."""
    with start_process(["sandbox.smtp", str(folder / ACCEPTED_LOG)], folder) as details:
        yield SmtpService(details["port"])


SENDER = ChaosSender(
    run,
    block="{{server: 127.0.0.1, port: {port}, encryption: none}}",
    stages=tuple(server.SmtpStage),
    max_in_doubt=1,
)
