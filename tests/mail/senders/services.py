"""A mail service for each sender."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mail.senders.outbox.sender import OutboxSender
from mail.senders.protocol import Sender
from mail.senders.sendgrid.config import SendGrid
from mail.senders.sendgrid.sender import SendGridSender
from mail.senders.smtp.sender import SmtpSender
from sandbox.sendgrid.account import API_KEY
from sandbox.sendgrid.server import SendGridServer, running_sendgrid
from settings.values import Secret
from tests.mail.senders.smtp_server import mail_server


@dataclass(frozen=True)
class Service:
    """A sender, and the messages that its service received."""

    sender: Callable[[], Sender]
    arrived: Callable[[], list[str]]  # ids in the order of arrival


@contextmanager
def outbox(folder: Path) -> Iterator[Service]:
    def arrived() -> list[str]:
        files = (folder / "outbox").glob("*.eml")
        return [path.stem for path in sorted(files, key=lambda file: file.stat().st_mtime_ns)]

    yield Service(lambda: OutboxSender(folder / "outbox"), arrived)


@contextmanager
def sendgrid(folder: Path) -> Iterator[Service]:
    server = SendGridServer()
    with running_sendgrid(server) as address:
        account = SendGrid(api_key=Secret(API_KEY, "SENDGRID_API_KEY"), address=address)
        yield Service(
            lambda: SendGridSender(account, folder / "handed-over"),
            lambda: [mail.id for mail in server.account.received],
        )


@contextmanager
def smtp(folder: Path) -> Iterator[Service]:
    with mail_server() as server:
        yield Service(
            lambda: SmtpSender(server.account(), folder / "notes"), lambda: server.received.ids
        )


SERVICES = {"outbox": outbox, "sendgrid": sendgrid, "smtp": smtp}
