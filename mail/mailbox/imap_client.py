"""An IMAP session (RFC 3501) with limits on time and size."""

from __future__ import annotations

import base64
import imaplib
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from mail.mailbox.config import PLAIN_PORT, Mailbox
from mail.mailbox.headers import clean_text
from settings.errors import UnavailableError

RESPONSE_TIMEOUT = 30.0  # seconds to wait for a response
MAX_SESSION_SECONDS = 600.0  # for one session; the next sync continues
MAX_RESPONSE_BYTES = 12_000_000  # in one response
RETRY_HINT = "What lies there is not lost; the next sync reads it."


class ReadLimits:
    """Limits the bytes of a response and the time of a session; imaplib has no such limits."""

    deadline: float = 0
    response_bytes: int = 0

    def count_bytes(self, size: int) -> None:
        """Counts `size` bytes of the current response; raises `IMAP4.abort` beyond a limit."""
        self.response_bytes += size
        if self.response_bytes > MAX_RESPONSE_BYTES:
            raise imaplib.IMAP4.abort("it says more than anybody asked for")
        if self.deadline and time.monotonic() > self.deadline:
            raise imaplib.IMAP4.abort("it takes too long")


class PlainConnection(ReadLimits, imaplib.IMAP4):
    """A connection without TLS from the start."""

    def read(self, size: int) -> bytes:
        self.count_bytes(size)  # before memory is allocated for a literal
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self.count_bytes(len(line))
        return line


class TlsConnection(ReadLimits, imaplib.IMAP4_SSL):
    """A connection with TLS from the start."""

    def read(self, size: int) -> bytes:
        self.count_bytes(size)
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self.count_bytes(len(line))
        return line


ImapConnection = PlainConnection | TlsConnection
Connect = Callable[[Mailbox], ImapConnection]


def open_connection(
    mailbox: Mailbox, context: ssl.SSLContext | None = None, timeout: float = RESPONSE_TIMEOUT
) -> ImapConnection:
    """Connects: TLS from the first byte, or STARTTLS; without TLS only to this machine."""
    server, context = mailbox.server or "", context or ssl.create_default_context()
    if mailbox.is_unencrypted:
        return PlainConnection(server, mailbox.port, timeout=timeout)
    if mailbox.port == PLAIN_PORT:
        connection = PlainConnection(server, mailbox.port, timeout=timeout)
        with close_on_error(connection):
            connection.starttls(context)
        return connection
    return TlsConnection(server, mailbox.port, ssl_context=context, timeout=timeout)


@contextmanager
def mailbox_session(
    mailbox: Mailbox, connect: Connect = open_connection
) -> Iterator[ImapConnection]:
    """A logged-in session with the folder opened read-only; raises UnavailableError."""
    with translate_errors(mailbox):
        connection = connect(mailbox)
        connection.deadline = time.monotonic() + MAX_SESSION_SECONDS
        with close_on_error(connection):
            _log_in(connection, mailbox)
            _open_folder(connection, mailbox)
            yield connection
        connection.deadline = 0
        with suppress(imaplib.IMAP4.error, OSError, ValueError):
            connection.logout()


@contextmanager
def close_on_error(connection: ImapConnection) -> Iterator[None]:
    """Closes `connection` where the block raises."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            connection.shutdown()
        raise


@contextmanager
def translate_errors(mailbox: Mailbox) -> Iterator[None]:
    """Turns network and protocol errors into UnavailableError with a sentence."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise UnavailableError(
            f"{mailbox.server} shows a certificate that is not its own: {error.verify_message}. "
            f"Nothing was told to it. {RETRY_HINT}"
        ) from error
    except TimeoutError as error:
        raise UnavailableError(
            f"{mailbox.server} does not answer at port {mailbox.port}. {RETRY_HINT}"
        ) from error
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        reason = _redact(mailbox, str(error) or type(error).__name__)
        raise UnavailableError(
            f"The mailbox at {mailbox.server} cannot be read: {reason}. {RETRY_HINT}"
        ) from error


def _log_in(connection: ImapConnection, mailbox: Mailbox) -> None:
    user, password = mailbox.user or "", mailbox.password.reveal() if mailbox.password else ""
    supports_plain = "AUTH=PLAIN" in connection.capabilities
    if "LOGINDISABLED" in connection.capabilities and not supports_plain:
        raise UnavailableError(
            f"{mailbox.server} takes no password at port {mailbox.port}. {RETRY_HINT}"
        )
    try:
        if supports_plain:  # takes any characters (RFC 4616)
            connection.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
        else:
            connection.login(_quote(user), password)
    except connection.abort:
        raise
    except (connection.error, UnicodeEncodeError) as error:
        reason = _redact(mailbox, str(error))
        raise UnavailableError(
            f"{mailbox.server} does not let us in: {reason}. Look at user and password under "
            f"mailbox:. Some providers want a password of its own for programs. {RETRY_HINT}"
        ) from error


def _open_folder(connection: ImapConnection, mailbox: Mailbox) -> None:
    """EXAMINE instead of SELECT: no mail is marked as read."""
    status, response = connection.select(
        _quote(encode_modified_utf7(mailbox.folder)), readonly=True
    )
    if status != "OK":
        reason = _redact(mailbox, bytes(response[0] or b"").decode("utf-8", "replace"))
        raise UnavailableError(
            f"{mailbox.server} does not open the folder {mailbox.folder}: {reason}. "
            f"Look at folder under mailbox:. {RETRY_HINT}"
        )


def _redact(mailbox: Mailbox, reason: str) -> str:
    """Without the password, which a server may quote in its reply."""
    secret = mailbox.password.reveal() if mailbox.password else ""
    redacted = reason.replace(secret, "…") if secret else reason
    return clean_text(redacted, 200).rstrip(".") or "no reason given"


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def encode_modified_utf7(name: str) -> str:
    """Returns `name` in IMAP's modified UTF-7 (RFC 3501 §5.1.3)."""
    encoded, run = "", ""
    for character in f"{name}\0":
        if character == "\0" or " " <= character <= "~":
            encoded += _encode_run(run) + ("&-" if character == "&" else character)
            run = ""
        else:
            run += character
    return encoded[:-1]


def _encode_run(characters: str) -> str:
    encoded = base64.b64encode(characters.encode("utf-16-be"), b"+,").rstrip(b"=")
    return f"&{encoded.decode()}-" if characters else ""
