"""Builds the bytes of a message.

The standard library's EmailMessage takes ten times as long. Tests parse every message that is built
here with that library, and compare.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from functools import lru_cache
from typing import Literal

from mail.message.headers import (
    InvalidMailError,
    ascii_address,
    link_header,
    mailbox_header,
    text_header,
    utf8_address,
)
from mail.message.pictures import MailPicture
from mail.message.quoted_printable import encode_quoted_printable

__all__ = ["InvalidMailError", "Mail", "message_bytes"]

MESSAGE_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?")
BOUNDARY_LENGTH = 24


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one recipient, ready to be sent."""

    message_id: str
    sender_name: str
    sender_address: str
    to_address: str
    to_name: str | None
    reply_to: str
    subject: str
    text: str
    html: str
    unsubscribe_url: str
    date: datetime
    purpose: Literal["marketing", "service"]
    pictures: tuple[MailPicture, ...] = ()  # those that the HTML shows


def message_bytes(mail: Mail, *, utf8: bool = False) -> bytes:
    """Returns the whole message, text part first; the same mail always gives the same bytes.

    Every line ends in CRLF and none begins with a dot, so that SMTP can send it as it is: a lone CR
    or LF (RFC 5321 §2.3.8) would end a line for some servers only, and allow SMTP smuggling.
    `utf8` is for a server that takes RFC 6532: letters of all languages before the @ of `To`.
    Raises InvalidMailError.
    """
    boundary = _boundary(mail.message_id)
    attached = [picture for picture in mail.pictures if picture.is_attached]
    content_type = _related_type(boundary) if attached else _alternative_type(boundary)
    headers = "\r\n".join([*_headers(mail, utf8=utf8), content_type])
    delimiter = f"--{boundary}".encode()
    lines = (
        b"",
        delimiter,
        *_part("plain", mail.text),
        delimiter,
        *_part("html", mail.html),
        delimiter + b"--",
        b"",
    )
    body = _with_pictures(lines, attached, boundary) if attached else lines
    return b"\r\n".join((headers.encode("utf-8" if utf8 else "ascii"), *body))


def _with_pictures(
    lines: Sequence[bytes], attached: Sequence[MailPicture], boundary: str
) -> Iterator[bytes]:
    """Puts text and HTML together as the first part of a multipart/related (RFC 2387)."""
    delimiter = f"--{_outer_boundary(boundary)}".encode()
    yield from (b"", delimiter, _alternative_type(boundary).encode())
    yield from lines[:-1]
    for picture in attached:
        yield from (delimiter, picture.part)
    yield from (delimiter + b"--", b"")


def _alternative_type(boundary: str) -> str:
    return f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"'


def _related_type(boundary: str) -> str:
    kind = 'multipart/related; type="multipart/alternative"'
    return f'Content-Type: {kind};\r\n boundary="{_outer_boundary(boundary)}"'


def _outer_boundary(boundary: str) -> str:
    """RFC 2046 §5.1.2: no boundary may begin with that of a part within it."""
    return boundary.replace("=_", "=__", 1)


def _headers(mail: Mail, *, utf8: bool) -> list[str]:
    encode_address = utf8_address if utf8 else ascii_address
    return [
        _shop_header("From", mail.sender_name, mail.sender_address),
        mailbox_header("To", mail.to_name, mail.to_address, encode_address),
        _shop_header("Reply-To", None, mail.reply_to),
        text_header("Subject", mail.subject),
        f"Date: {_date(mail.date)}",
        f"Message-ID: {_message_id(mail)}",
        *_unsubscribe(mail),
        # RFC 3834 §2 and §5.2: suppresses out-of-office replies, as a reply stops the series.
        # Exchange has a header of its own.
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: OOF, AutoReply",
        "MIME-Version: 1.0",
    ]


def _unsubscribe(mail: Mail) -> list[str]:
    """RFC 8058 one-click needs an HTTPS link; a mailto link cannot offer it."""
    if mail.purpose == "service":
        return []
    if not mail.unsubscribe_url:
        raise InvalidMailError("A marketing mail needs its unsubscribe link.")
    link = link_header("List-Unsubscribe", mail.unsubscribe_url)
    one_click = ["List-Unsubscribe-Post: List-Unsubscribe=One-Click"]
    return [link, *([] if mail.unsubscribe_url.startswith("mailto:") else one_click)]


@lru_cache(maxsize=64)
def _shop_header(name: str, display_name: str | None, address: str) -> str:
    """The same in all mails of a shop."""
    return mailbox_header(name, display_name, address)


def _date(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise InvalidMailError("A mail's date needs a time zone.")
    return _format_date(moment.replace(tzinfo=None), moment.utcoffset())


@lru_cache(maxsize=64)
def _format_date(local: datetime, offset: timedelta) -> str:
    """The same in all mails of a batch. Equal moments in two time zones are written differently."""
    return format_datetime(local.replace(tzinfo=timezone(offset)))


def _message_id(mail: Mail) -> str:
    if not MESSAGE_ID.fullmatch(mail.message_id) or ".." in mail.message_id:
        raise InvalidMailError(f"{mail.message_id!r} cannot be a message's id.")
    domain = ascii_address(mail.sender_address).rpartition("@")[2]
    return f"<{mail.message_id}@{domain}>"


def _boundary(message_id: str) -> str:
    # Neither quoted-printable nor base64 can contain "=_": no body can end its part early.
    return "=_" + hashlib.sha256(message_id.encode()).hexdigest()[:BOUNDARY_LENGTH]


def _part(subtype: str, body: str) -> list[bytes]:
    """Returns the lines of a part."""
    body = _normalise_newlines(body)
    content = _body_bytes(body)
    # Base64 is shorter where more than one byte in five is from beyond ASCII.
    if len(content) - len(body) > len(content) // 5:
        encoding, lines = b"base64", [_base64(content)]
    else:
        encoding, lines = b"quoted-printable", encode_quoted_printable(content)
    content_type = b'Content-Type: text/%b; charset="utf-8"' % subtype.encode()
    return [content_type, b"Content-Transfer-Encoding: " + encoding, b"", *lines]


def _base64(content: bytes) -> bytes:
    return base64.encodebytes(content.replace(b"\n", b"\r\n")).replace(b"\n", b"\r\n").rstrip()


def _normalise_newlines(body: str) -> str:
    return body.replace("\r\n", "\n").replace("\r", "\n") if "\r" in body else body


def _body_bytes(body: str) -> bytes:
    try:
        content = body.encode()
    except UnicodeEncodeError as error:
        raise InvalidMailError(
            "A mail's body holds half a character (a lone surrogate)."
        ) from error
    if b"\0" in content:
        raise InvalidMailError("A mail's body holds a NUL character.")
    return content
