"""A mail as it is told to a mail server: who from, who to, and its content."""

from __future__ import annotations

from dataclasses import dataclass

from mail.message.headers import BadMail, plain_address, utf8_address
from mail.message.mime import Mail, message_bytes

END = b".\r\n"


@dataclass(frozen=True)
class Offers:
    """What the server said it can do, as far as it matters here."""

    pipelining: bool = False
    utf8: bool = False
    size: int | None = None  # the largest mail it takes; 0 is no limit, None is not said
    logins: frozenset[str] = frozenset()
    starttls: bool = False


@dataclass(frozen=True)
class Letter:
    """One mail, ready to be told."""

    message_id: str
    envelope: tuple[bytes, bytes]
    content: bytes  # without the dot that ends it


def letter_of(mail: Mail, offers: Offers) -> Letter:
    """BadMail where this server would not take it."""
    utf8 = not mail.to_address.rpartition("@")[0].isascii()
    if utf8 and not offers.utf8:
        raise BadMail("The address has letters before the @ that this mail server does not take.")
    content = message_bytes(mail, utf8=utf8)
    if offers.size and len(content) > offers.size:
        raise BadMail(
            f"The mail has {len(content)} bytes, and this mail server takes {offers.size}."
        )
    to = utf8_address(mail.to_address) if utf8 else plain_address(mail.to_address)
    return Letter(
        mail.message_id,
        (
            f"MAIL FROM:<{plain_address(mail.sender_address)}>".encode()
            + _parameters(len(content), offers, utf8=utf8),
            f"RCPT TO:<{to}>\r\n".encode(),
        ),
        stuffed(content),
    )


def _parameters(size: int, offers: Offers, *, utf8: bool) -> bytes:
    told = b"" if offers.size is None else b" SIZE=%d" % size
    # RFC 6531 §3.1 and §3.6: its headers are 8-bit then, and a server that takes them offers both.
    return told + (b" BODY=8BITMIME SMTPUTF8\r\n" if utf8 else b"\r\n")


def stuffed(content: bytes) -> bytes:
    """RFC 5321 §4.5.2: a line that begins with a dot gets one more, so that none ends the mail.

    A lone CR or LF is refused (§2.3.8): servers differ about where such a line ends, and what
    one of them reads as text another reads as the next mail.
    """
    ends = content.count(b"\r\n")
    if content.count(b"\n") != ends or content.count(b"\r") != ends:
        raise BadMail("The mail holds half a line break.")
    whole = content if content.endswith(b"\r\n") else content + b"\r\n"
    dotted = whole.replace(b"\r\n.", b"\r\n..")
    return b"." + dotted if dotted.startswith(b".") else dotted
