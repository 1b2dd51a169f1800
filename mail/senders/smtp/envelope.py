"""A mail in the form of SMTP: envelope commands and content."""

from __future__ import annotations

from dataclasses import dataclass

from mail.message.headers import InvalidMailError, ascii_address, utf8_address
from mail.message.mime import Mail, message_bytes

END_OF_DATA = b".\r\n"


@dataclass(frozen=True)
class Capabilities:
    """The extensions that the server offers."""

    pipelining: bool = False
    utf8: bool = False
    size: int | None = None  # in bytes; 0 is no limit, None is unknown
    logins: frozenset[str] = frozenset()
    starttls: bool = False


@dataclass(frozen=True)
class SmtpMail:
    """One mail, ready for a session."""

    message_id: str
    to_address: str
    envelope: tuple[bytes, bytes]
    content: bytes  # without the final dot; no line begins with one


def build_smtp_mail(mail: Mail, capabilities: Capabilities) -> SmtpMail:
    """Returns `mail` for a server with these `capabilities`; raises InvalidMailError."""
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
        mail.to_address,
        (
            f"MAIL FROM:<{ascii_address(mail.sender_address)}>".encode()
            + _mail_parameters(len(content), capabilities, utf8=utf8),
            f"RCPT TO:<{recipient}>\r\n".encode(),
        ),
        content,
    )


def _mail_parameters(size: int, capabilities: Capabilities, *, utf8: bool) -> bytes:
    size_parameter = b"" if capabilities.size is None else b" SIZE=%d" % size
    # RFC 6531 §3.1 and §3.6: the headers are 8-bit then, and SMTPUTF8 implies 8BITMIME.
    return size_parameter + (b" BODY=8BITMIME SMTPUTF8\r\n" if utf8 else b"\r\n")
