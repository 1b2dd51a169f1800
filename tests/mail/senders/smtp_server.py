"""aiosmtpd as a mail server on loopback."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from mail.senders.smtp.config import Encryption, Smtp
from settings.env_values import Secret

USER, PASSWORD = "corner-cafe", "granola & oat milk"


@dataclass
class ReceivedMails:
    """Every mail that arrived."""

    mails: list[Envelope] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    users: set[str | None] = field(default_factory=set)

    @property
    def ids(self) -> list[str]:
        matches = [re.search(rb"\nMessage-ID: <([^@]+)@", match) for match in self.contents]
        return [match[1].decode() for match in matches if match]

    @property
    def contents(self) -> list[bytes]:
        return [bytes(envelope.original_content or b"") for envelope in self.mails]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        self.mails.append(envelope)
        transport: Any = server.transport
        self.encrypted.append(transport.get_extra_info("ssl_object") is not None)
        self.users.add(session.auth_data.login.decode() if session.auth_data else None)
        return "250 OK"


@dataclass(frozen=True)
class MailServer:
    """Port, received mails, and a TLS context that trusts the server."""

    port: int
    received: ReceivedMails
    context: ssl.SSLContext

    def account(self, encryption: Encryption = "none", **more: Any) -> Smtp:
        return Smtp(server="127.0.0.1", port=self.port, encryption=encryption, **more)

    def account_with_login(self, encryption: Encryption = "none", password: str = PASSWORD) -> Smtp:
        return self.account(encryption, user=USER, password=Secret(password))


class _AnyPort(Controller):
    def _trigger_server(self) -> None:
        """Its first connection goes to the port that the system has chosen."""
        listening: Any = self.server
        self.port = listening.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd's, untyped


@contextmanager
def mail_server(
    *, encryption: Encryption = "none", hostname: str = "127.0.0.1", **more: Any
) -> Iterator[MailServer]:
    received = ReceivedMails()
    server_context, client_context = certificates()
    secrets = {"tls": "ssl_context", "starttls": "tls_context"}
    if encryption in secrets:
        more[secrets[encryption]] = server_context
    # aiosmtpd only knows TLS by STARTTLS.
    if encryption == "tls":
        more["auth_require_tls"] = False
    controller = _AnyPort(
        received,
        hostname=hostname,
        port=0,
        authenticator=_authenticate,
        ready_timeout=30,
        **more,
    )
    controller.start()
    try:
        yield MailServer(controller.port, received, client_context)
    finally:
        controller.stop()


def certificates() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS contexts of a server and of a client that trusts it."""
    authority = trustme.CA()
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(server_context)
    client_context = ssl.create_default_context()
    authority.configure_trust(client_context)
    return server_context, client_context


def _authenticate(*arguments: Any) -> AuthResult:
    credentials = arguments[-1]
    is_right = isinstance(credentials, LoginPassword) and credentials == LoginPassword(
        USER.encode(), PASSWORD.encode()
    )
    return AuthResult(success=is_right, handled=is_right, auth_data=credentials)
