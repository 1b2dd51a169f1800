"""An SMTP connection: sends lines, reads replies, each with a timeout."""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass

from mail.senders.smtp.reply_codes import (
    MAX_LINE,
    SERVICE_CLOSING,
    MalformedReplyError,
    SmtpReply,
    parse_reply,
)
from settings.errors import UnavailableError

READ_SIZE = 65536
SEND_MORE = getattr(socket, "MSG_MORE", 0)  # Linux only; an optimisation


class ConnectionLostError(UnavailableError):
    """The connection was closed."""


class UnreachableError(UnavailableError):
    """No connection could be opened."""


class ServerClosingError(ConnectionLostError):
    """The server replied 421: it is closing, and has not done what it was asked."""


@dataclass(frozen=True)
class Timeouts:
    """In seconds.

    RFC 5321 §4.5.3.2 grants 5 minutes for a reply and 10 for the one after a mail's last dot; to
    stop waiting for that earlier would leave a mail in doubt. The greeting gets less than its 5
    minutes: at the wrong port it never comes, and the owner is waiting.
    """

    connect: float = 30
    reply: float = 300
    final_reply: float = 600
    quit: float = 3


class SmtpConnection:
    """Raises UnavailableError with a sentence that names the server."""

    def __init__(self, server: str, port: int, timeouts: Timeouts) -> None:
        self.name = f"The mail server {server}:{port}"
        self.timeouts = timeouts
        self.encrypted = False
        self._server = server
        self._unread = b""
        self._timeout: float | None = None  # of the socket, in seconds
        self._socket = self._connect(port)

    @property
    def is_local(self) -> bool:
        peer = str(self._socket.getpeername()[0])
        return peer.startswith("127.") or peer == "::1"

    @property
    def client_name(self) -> bytes:
        """RFC 5321 §4.1.3: an address literal, since few shops' machines have a public name."""
        host = str(self._socket.getsockname()[0]).partition("%")[0]
        return (f"[IPv6:{host}]" if ":" in host else f"[{host}]").encode()

    def encrypt(self, context: ssl.SSLContext) -> None:
        """Starts TLS, and verifies the server's certificate."""
        if self._unread:
            # Plain text that arrived before TLS may have been injected.
            raise UnavailableError(
                f"{self.name} spoke out of turn before it was encrypted. {RETRY_HINT}"
            )
        self._set_timeout(self.timeouts.connect)
        try:
            self._socket = context.wrap_socket(self._socket, server_hostname=self._server)
        except ssl.SSLCertVerificationError as error:
            raise UnavailableError(
                f"{self.name} shows a certificate that is not to be trusted:"
                f" {error.verify_message.rstrip('.')}. Look at `server` under smtp. {RETRY_HINT}"
            ) from error
        except OSError as error:
            raise UnavailableError(
                f"{self.name} could not be spoken to in secret. Look at `port` and `encryption`"
                f" under smtp: tls is usual at port 465, starttls at the others. {RETRY_HINT}"
            ) from error
        self.encrypted = True

    def send(self, content: bytes, *, more_follows: bool = False) -> None:
        """Sends `content`; with `more_follows` the system may hold back a part of a packet."""
        try:
            self._set_timeout(self.timeouts.reply)
            self._socket.sendall(content, SEND_MORE if more_follows and not self.encrypted else 0)
        except OSError as error:
            raise self._lost_error(error) from error

    def send_first(self, content: bytes) -> int:
        """Sends a part of `content` and returns its length; where it raises, no byte was sent.

        Raises for an unread reply too, which would pass for the reply to `content`.
        """
        if self._unread:
            raise self.protocol_error()
        try:
            self._set_timeout(self.timeouts.reply)
            return self._socket.send(content)
        except OSError as error:
            raise self._lost_error(error) from error

    def read_reply(self, seconds: float | None = None) -> SmtpReply:
        """Returns the next reply; raises ServerClosingError for 421. `seconds` replaces the
        timeout.
        """
        deadline = time.monotonic() + (self.timeouts.reply if seconds is None else seconds)
        lines: list[bytes] = []
        reply = None
        try:
            while reply is None:
                lines.append(self._read_line(deadline))
                reply = parse_reply(lines)
        except MalformedReplyError:
            raise self.protocol_error() from None
        if reply.code == SERVICE_CLOSING:
            raise ServerClosingError(f"{self.name} is closing: {reply}. {RETRY_HINT}")
        return reply

    def command(self, command_line: bytes) -> SmtpReply:
        """Sends a line and returns its reply."""
        self.send(command_line)
        return self.read_reply()

    def protocol_error(self) -> UnavailableError:
        """Returns the error for a server that does not speak SMTP."""
        return UnavailableError(
            f"{self.name} does not speak as a mail server does. Look at `server`, `port` and"
            f" `encryption` under smtp. {RETRY_HINT}"
        )

    def close(self) -> None:
        """Closes the connection without a word."""
        self._socket.close()

    def quit(self) -> None:
        """Sends QUIT and waits a moment for the reply (RFC 5321 §4.1.1.10)."""
        try:
            self.send(b"QUIT\r\n")
            self.read_reply(self.timeouts.quit)
        except UnavailableError:
            pass  # all mails have been answered
        self.close()

    def _connect(self, port: int) -> socket.socket:
        try:
            opened = socket.create_connection((self._server, port), self.timeouts.connect)
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or "it does not answer"
            raise UnreachableError(
                f"{self.name} cannot be reached: {reason}. Look at `server` and `port` under smtp."
                f" {RETRY_HINT}"
            ) from error
        # The final dot is a small write of its own, which must not be delayed.
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened

    def _read_line(self, deadline: float) -> bytes:
        while b"\n" not in self._unread:
            if len(self._unread) > MAX_LINE:
                raise MalformedReplyError
            self._unread += self._receive(deadline)
        line, _, self._unread = self._unread.partition(b"\n")
        return line

    def _receive(self, deadline: float) -> bytes:
        try:
            # Rounded, so that it is mostly the same as before.
            self._set_timeout(round(max(deadline - time.monotonic(), 0.001), 3))
            received = self._socket.recv(READ_SIZE)
        except OSError as error:
            raise self._lost_error(error) from error
        if not received:
            raise ConnectionLostError(f"{self.name} closed the connection. {RETRY_HINT}")
        return received

    def _set_timeout(self, seconds: float) -> None:
        """Each change is a system call."""
        if seconds != self._timeout:
            self._socket.settimeout(seconds)
            self._timeout = seconds

    def _lost_error(self, error: OSError) -> UnavailableError:
        if isinstance(error, TimeoutError):
            return UnavailableError(f"{self.name} does not answer any more. {RETRY_HINT}")
        return ConnectionLostError(f"{self.name} broke off the connection. {RETRY_HINT}")


RETRY_HINT = "What was not sent waits: run it again."
