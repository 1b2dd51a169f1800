"""A mail as it is told to a mail server: who from, who to, and its content."""

from __future__ import annotations

from dataclasses import dataclass

from mail.message.headers import InvalidMailError, ascii_address, utf8_address
from mail.message.mime import Mail, message_bytes

END_OF_DATA = b".\r\n"


@dataclass(frozen=True)
class Capabilities:
    """What the server said it can do, as far as it matters here."""

    pipelining: bool = False
    utf8: bool = False
    size: int | None = None  # the largest mail it takes; 0 is no limit, None is not said
    logins: frozenset[str] = frozenset()
    starttls: bool = False


@dataclass(frozen=True)
class SmtpMail:
    """One mail, ready to be told."""

    message_id: str
    envelope: tuple[bytes, bytes]
    content: bytes  # without the dot that ends it


def build_smtp_mail(mail: Mail, capabilities: Capabilities) -> SmtpMail:
    """BadMail where this server would not take it."""
    utf8 = not mail.to_address.rpartition("@")[0].isascii()
    if utf8 and not capabilities.utf8:
        raise InvalidMailError(
            "The address has letters before the @ that this mail server does not take."
        )
    content = message_bytes(mail, utf8=utf8)
    if capabilities.size and len(content) > capabilities.size:
        raise InvalidMailError(
            f"The mail has {len(content)} bytes, and this mail server takes {capabilities.size}."
        )
    recipient = utf8_address(mail.to_address) if utf8 else ascii_address(mail.to_address)
    return SmtpMail(
        mail.message_id,
        (
            f"MAIL FROM:<{ascii_address(mail.sender_address)}>".encode()
            + _mail_parameters(len(content), capabilities, utf8=utf8),
            f"RCPT TO:<{recipient}>\r\n".encode(),
        ),
        dot_stuff(content),
    )


def _mail_parameters(size: int, capabilities: Capabilities, *, utf8: bool) -> bytes:
    size_parameter = b"" if capabilities.size is None else b" SIZE=%d" % size
    # RFC 6531 §3.1 and §3.6: its headers are 8-bit then, and a server that takes them offers both.
    return size_parameter + (b" BODY=8BITMIME SMTPUTF8\r\n" if utf8 else b"\r\n")


def dot_stuff(content: bytes) -> bytes:
    """RFC 5321 §4.5.2: a line that begins with a dot gets one more, so that none ends the mail.

    A lone CR or LF is refused (§2.3.8): servers differ about where such a line ends, and what
    one of them reads as text another reads as the next mail.
    """
    line_breaks = content.count(b"\r\n")
    if content.count(b"\n") != line_breaks or content.count(b"\r") != line_breaks:
        raise InvalidMailError("The mail holds half a line break.")
    terminated = content if content.endswith(b"\r\n") else content + b"\r\n"
    stuffed = terminated.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed
