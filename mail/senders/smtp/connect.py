"""Opens an SMTP session: greeting, EHLO, STARTTLS, login."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from mail.senders.smtp.config import Smtp
from mail.senders.smtp.connection import RETRY_HINT, SmtpConnection, Timeouts
from mail.senders.smtp.envelope import Capabilities
from mail.senders.smtp.reply_codes import SmtpReply
from settings.errors import UnavailableError

AUTH_CONTINUE = 334
AUTH_ACCEPTED = 235


def open_session(
    account: Smtp, context: ssl.SSLContext | None, timeouts: Timeouts
) -> tuple[SmtpConnection, Capabilities]:
    """Returns an open connection and the server's capabilities; raises UnavailableError.

    `context` replaces the default TLS settings.
    """
    connection = SmtpConnection(account.server, account.effective_port, timeouts)
    with _close_on_error(connection):
        if account.effective_encryption == "tls":
            connection.encrypt(context or ssl.create_default_context())
        _read_greeting(connection)
        capabilities = _say_ehlo(connection)
        if account.effective_encryption == "starttls":
            capabilities = _start_tls(
                connection, capabilities, context or ssl.create_default_context()
            )
        if account.user is not None and account.password is not None:
            _log_in(connection, capabilities, account.user, account.password.reveal())
    return connection, capabilities


@contextmanager
def _close_on_error(connection: SmtpConnection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _read_greeting(connection: SmtpConnection) -> None:
    reply = connection.read_reply(connection.timeouts.connect)
    if not reply.is_positive:
        raise UnavailableError(f"{connection.name} turns us away: {reply}. {RETRY_HINT}")


def _say_ehlo(connection: SmtpConnection) -> Capabilities:
    reply = connection.command(b"EHLO " + connection.client_name + b"\r\n")
    if not reply.is_positive:
        raise UnavailableError(f"{connection.name} does not take our EHLO: {reply}. {RETRY_HINT}")
    return parse_capabilities(reply)


def parse_capabilities(reply: SmtpReply) -> Capabilities:
    """Returns the extensions in an EHLO `reply`, one per line from the second on (RFC 5321
    §4.1.1.1).
    """
    extensions: dict[str, str] = {}
    for connection in reply.lines[1:]:
        # Some old servers write AUTH=LOGIN.
        name, _, parameters = connection.upper().replace("AUTH=", "AUTH ").partition(" ")
        extensions[name] = f"{extensions.get(name, '')} {parameters}".strip()
    size = extensions.get("SIZE")
    return Capabilities(
        pipelining="PIPELINING" in extensions,
        utf8="SMTPUTF8" in extensions and "8BITMIME" in extensions,
        size=None if size is None else int(size) if size.isdecimal() else 0,
        logins=frozenset(extensions.get("AUTH", "").split()),
        starttls="STARTTLS" in extensions,
    )


def _start_tls(
    connection: SmtpConnection, capabilities: Capabilities, context: ssl.SSLContext
) -> Capabilities:
    """RFC 3207 §4.2: capabilities from before are discarded, they may have been forged."""
    reply = connection.command(b"STARTTLS\r\n") if capabilities.starttls else None
    if reply is None or not reply.is_positive:
        raise UnavailableError(
            f"{connection.name} offers no STARTTLS, and nothing is sent in the open. Look at `port`"
            f" and `encryption` under smtp: tls is usual at port 465. {RETRY_HINT}"
        )
    connection.encrypt(context)
    return _say_ehlo(connection)


def _log_in(
    connection: SmtpConnection, capabilities: Capabilities, user: str, password: str
) -> None:
    if not connection.encrypted and not connection.is_local:
        raise UnavailableError(
            f"{connection.name} would hear the password in the open. Look at `encryption`."
            f" {RETRY_HINT}"
        )
    if "PLAIN" in capabilities.logins:
        reply = connection.command(b"AUTH PLAIN " + _base64_line(f"\0{user}\0{password}"))
    elif "LOGIN" in capabilities.logins:
        reply = _log_in_stepwise(connection, user, password)
    else:
        raise UnavailableError(
            f"{connection.name} lets nobody log in here with a user and a password. Look at `port`"
            f" and `encryption` under smtp, or take `user` and `password` away. {RETRY_HINT}"
        )
    if reply.code != AUTH_ACCEPTED:
        _raise_login_error(connection, reply, (user, password))


def _log_in_stepwise(connection: SmtpConnection, user: str, password: str) -> SmtpReply:
    reply = connection.command(b"AUTH LOGIN\r\n")
    for answer in (user, password):
        if reply.code == AUTH_CONTINUE:
            reply = connection.command(_base64_line(answer))
    return reply


def _base64_line(text: str) -> bytes:
    return base64.b64encode(text.encode()) + b"\r\n"


def _raise_login_error(
    connection: SmtpConnection, reply: SmtpReply, secrets: tuple[str, str]
) -> None:
    reason = str(reply)
    # A server may quote credentials in its reply; they must not be logged.
    if any(
        secret in reason or _base64_line(secret).decode().strip() in reason for secret in secrets
    ):
        reason = str(reply.code)
    if reply.is_transient:
        raise UnavailableError(
            f"{connection.name} cannot let us in at the moment: {reason}. {RETRY_HINT}"
        )
    raise UnavailableError(
        f"{connection.name} does not let us in: {reason}. Look at `user` and `password` under smtp."
        f" {RETRY_HINT}"
    )
