"""An account at SendGrid's sandbox without sockets, and mails to many recipients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson

from mail.message.mime import Mail
from mail.senders.protocol import Outcome, RecallResult
from mail.senders.sendgrid.config import SendGrid
from mail.senders.sendgrid.sender import RetryPolicy, SendGridDelivery, SendGridSender
from sandbox.sendgrid.account import API_KEY, ReceivedMail
from sandbox.sendgrid.server import RequestHead, SendGridServer
from settings.errors import UnavailableError
from settings.values import Secret
from shop.db.workers import current_worker
from tests.mail.senders.sendgrid_schema import violations

HOLDER = f"00c0ffee@{current_worker()}"
NOW = 1_700_000_000.0
MAIL = Mail(
    message_id="clara",
    sender_name="Ana at Corner Café",
    sender_address="ana@cornercafe.example",
    to_address="clara@example.com",
    to_name="Clara",
    reply_to="ana@cornercafe.example",
    subject="Clara, your granola is still here",
    text="Hello Clara,\n\nyour granola waits.\n\nAna\n",
    html='<p>Hello Clara,</p>\n<p><a href="https://cafe.example/c/1?a=2&amp;b=3">Look</a></p>\n',
    unsubscribe_url="https://mail.cornercafe.example/u/clara.a.b",
    date=datetime(2026, 3, 3, 10, tzinfo=UTC),
    purpose="marketing",
)


def mail_to(name: str, **changed: Any) -> Mail:
    """The same mail to another recipient."""
    mail = replace(
        MAIL,
        message_id=name,
        to_address=f"{name}@example.com",
        to_name=name.title(),
        subject=MAIL.subject.replace("Clara", name.title()),
        text=MAIL.text.replace("Clara", name.title()),
        html=MAIL.html.replace("Clara", name.title()).replace("/c/1", f"/c/{name}"),
        unsubscribe_url=f"https://mail.cornercafe.example/u/{name}.a.b",
    )
    return replace(mail, **changed)


def mails_to(count: int, **changed: Any) -> list[Mail]:
    return [mail_to(f"guest{n:03}", **changed) for n in range(count)]


class RecordingTransport(httpx.BaseTransport):
    """Passes requests to the sandbox, and validates each against SendGrid's OpenAPI."""

    def __init__(self, server: SendGridServer) -> None:
        self.server = server
        self.payloads: list[dict[str, Any]] = []
        self.errors: dict[int, Exception] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        payload = orjson.loads(body)
        self.payloads.append(payload)
        fault = self.server.faults.next_fault()
        if error := self.errors.get(len(self.payloads)):
            raise error
        headers = {name.casefold(): value for name, value in request.headers.items()}
        call = RequestHead(request.method, request.url.path, headers)
        status, response_headers, content = self.server.reply(call, body, fault)
        return httpx.Response(status, headers=dict(response_headers), content=content)

    def violations(self) -> list[str]:
        return [violation for payload in self.payloads for violation in violations(payload)]


@dataclass
class SendGridHarness:
    """Sends through the sandbox, and shows what arrived."""

    folder: Path
    server: SendGridServer = field(default_factory=SendGridServer)
    pauses: list[float] = field(default_factory=list)
    key: str = API_KEY
    mails_per_request: int = 250
    group: int | None = None

    def __post_init__(self) -> None:
        self.transport = RecordingTransport(self.server)

    @property
    def arrived(self) -> dict[str, ReceivedMail]:
        return {mail.id: mail for mail in self.server.account.received}

    @property
    def sizes(self) -> list[int]:
        """The number of recipients of each request."""
        return [len(payload["personalizations"]) for payload in self.transport.payloads]

    def sender(self) -> SendGridSender:
        account = SendGrid(
            api_key=Secret(self.key, "SENDGRID_API_KEY"),
            mails_per_request=self.mails_per_request,
            unsubscribe_group=self.group,
        )
        patience = RetryPolicy(sleep=self.pauses.append, clock=lambda: NOW)
        return SendGridSender(
            account, self.folder / "handed-over", transport=self.transport, retry_policy=patience
        )

    @contextmanager
    def delivery(self) -> Iterator[SendGridDelivery]:
        with self.sender().delivery(HOLDER) as delivery:
            yield delivery

    def send(self, mails: Sequence[Mail]) -> list[Outcome]:
        with self.delivery() as delivery:
            return list(delivery.send(mails))

    def send_until_error(self, mails: Sequence[Mail]) -> tuple[list[Outcome], str, RecallResult]:
        """Returns the outcomes before the UnavailableError, its message, and what is recalled."""
        outcomes: list[Outcome] = []
        with self.delivery() as delivery:
            try:
                outcomes.extend(delivery.send(mails))
            except UnavailableError as error:
                message = str(error)
            else:
                raise AssertionError("It went through.")
        ids = [mail.message_id for mail in mails[len(outcomes) :]]
        return outcomes, message, self.sender().recall(dict.fromkeys(ids, HOLDER))


def texts(mail: Mail | ReceivedMail) -> tuple[str, str, str]:
    return mail.subject, mail.text, mail.html
