"""Test helper: visitors of the café's pages, over ASGI or a real port."""

from __future__ import annotations

import asyncio
import base64
import logging
import re
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import httpx
import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Engine, select
from sqlalchemy import event as event_of
from sqlmodel import col
from starlette.types import ASGIApp

from mail.message.signed_links import unsubscribe_token
from mail.senders.sendgrid.config import SendGrid
from mail.senders.sendgrid.payload import MESSAGE_ID_ARG
from pages.app import create_app
from pages.server import Server, base_url
from regulars.terminal.log import logging_to
from settings.values import Secret
from shop.db.engine import read_transaction
from shop.tables import BasisStatement, Identity, Message
from tests.cafe import MARCH, Cafe

SIGNING_KEY = ec.derive_private_key(7, ec.SECP256R1())
OTHER_KEY = ec.derive_private_key(8, ec.SECP256R1())
STAMP = str(int(MARCH.timestamp()))
RULES = """\
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{send: cart-reminder}, {wait: 1 day}, {send: we-miss-you}]
    at most late: 3 days
    include backlog: yes
"""


@dataclass
class Visitor:
    """Sends requests from one client address."""

    app: ASGIApp
    address: str = "203.0.113.7"

    def __call__(
        self,
        method: str,
        path: str,
        *,
        body: bytes | AsyncIterator[bytes] = b"",
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        return asyncio.run(self._visit(method, path, body, headers or {}))

    async def _visit(
        self, method: str, path: str, body: bytes | AsyncIterator[bytes], headers: Mapping[str, str]
    ) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, client=(self.address, 4711))
        async with httpx.AsyncClient(
            transport=transport, base_url="https://mail.cornercafe.example"
        ) as client:
            return await client.request(method, path, content=body, headers=dict(headers))


@dataclass
class FakeClock:
    """A clock that the test sets."""

    now: datetime = MARCH

    def __call__(self) -> datetime:
        return self.now


@dataclass
class OpenPages:
    """The café and its pages."""

    cafe: Cafe
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        self.visit = Visitor(create_app(self.cafe.shop, self.clock))

    def token(self, name: str, message: str = "") -> str:
        message = message or self.message(name) or "3f9c21ab"
        return unsubscribe_token(self.cafe.shop.secret, self.customer(name), message)

    def customer(self, name: str) -> int:
        query = select(col(Identity.customer_id)).where(col(Identity.external_id) == name)
        with read_transaction(self.cafe.engine) as connection:
            return int(connection.scalars(query).one() or 0)

    def message(self, name: str) -> str | None:
        query = select(col(Message.id)).where(col(Message.to_address) == f"{name}@example.com")
        with read_transaction(self.cafe.engine) as connection:
            return connection.scalars(query.order_by(col(Message.id))).first()

    def opt_outs(self) -> list[tuple[str, str, str, str | None]]:
        columns = (col(BasisStatement.source), col(BasisStatement.actor),
                   col(BasisStatement.evidence), col(BasisStatement.wording))  # fmt: skip
        query = select(*columns).where(col(BasisStatement.says) == "no")
        with read_transaction(self.cafe.engine) as connection:
            return [tuple(row) for row in connection.execute(query)]

    def post_events(self, events: Any, *, body: bytes | None = None, **more: Any) -> httpx.Response:
        """Posts events as SendGrid does, signed unless `headers` say otherwise."""
        body = orjson.dumps(events) if body is None else body
        headers = {"content-type": "application/json", **signed(body)} | more.pop("headers", {})
        return self.visit("POST", "/hooks/sendgrid", body=body, headers=headers, **more)


def with_sendgrid(cafe: Cafe) -> OpenPages:
    """Returns the café's pages with SendGrid's webhook key configured."""
    account = SendGrid.model_construct(
        api_key=Secret("SG.x", "SENDGRID_API_KEY"),
        webhook_key=Secret(public_key(), "SENDGRID_WEBHOOK_KEY"),
        address=None,
        region="global",
        mails_per_request=250,
    )
    sending = cafe.shop.config.sending.model_copy(update={"sendgrid": account})
    cafe.shop = replace(cafe.shop, config=cafe.shop.config.model_copy(update={"sending": sending}))
    return OpenPages(cafe)


def public_key() -> str:
    der = SIGNING_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def signed(
    body: bytes, key: ec.EllipticCurvePrivateKey = SIGNING_KEY, stamp: str = STAMP
) -> dict[str, str]:
    signature = key.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    return {
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
    }


def event(message: str | None, kind: str, key: str = "", **more: Any) -> dict[str, Any]:
    """Returns an event as SendGrid sends it, with the message id as a custom argument."""
    return {
        "email": "clara@example.com", "timestamp": int(MARCH.timestamp()), "event": kind,
        "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>", "category": ["cat facts"],
        "sg_event_id": key or f"{kind}-{message}", "sg_message_id": "14c5d75ce93.dfd.64b469",
        **({MESSAGE_ID_ARG: message} if message else {}), **more,
    }  # fmt: skip


@contextmanager
def served(app: ASGIApp, listener: socket.socket) -> Iterator[str]:
    """Serves `app` on a real port and yields its URL; stops it at the end."""
    started = threading.Event()
    server = Server(app, started.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert started.wait(20)
        yield base_url(listener)
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


class _ListHandler(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(record.getMessage())


@contextmanager
def access_lines() -> Iterator[list[str]]:
    """Collects the lines of the access log."""
    lines: list[str] = []
    with logging_to(_ListHandler(lines)):
        yield lines


def fail_fast_when_busy(sqlite: Engine) -> None:
    """Shortens SQLite's busy timeout, so that a locked database raises at once."""
    sqlite.dispose()
    event_of.listen(sqlite, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout=50"))


def visible_text(html: str) -> str:
    """Returns the visible text of a page."""
    return " ".join(re.sub(r"<style.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL).split())


def distinct_pages(responses: Sequence[httpx.Response]) -> set[str]:
    return {re.sub(r"nonce[=-]['\"]?[\w-]+", "", response.text) for response in responses}
