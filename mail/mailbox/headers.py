"""Reads headers of received mails. Nothing here raises, whatever the mail holds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses

from settings.email_address import address_key

MAX_HEADER_LENGTH = 4_000  # characters of a header that are read
# As engine.tick.advance.message_id makes them: half of a SHA-256.
OUR_MESSAGE_ID = re.compile(r"<([0-9a-f]{32})@[^<>\s]{1,255}>")
MAX_IDS = 50
ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"]+@[^\s@<>()\[\],;:\"]+")
RECIPIENT_HEADERS = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
# RFC 3834 §5; the others are older headers of autoresponders and mailing lists.
AUTORESPONDER_HEADERS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "List-Id")
SYSTEM_SENDERS = {"mailer-daemon", "postmaster", "mail-daemon", "noreply", "no-reply", "donotreply"}
BULK_PRECEDENCES = {"bulk", "junk", "list", "auto_reply"}
OUT_OF_OFFICE = re.compile(
    r"(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response)?:|out of (?:the )?office"
    r"|autoreply|automatische antwort|abwesenheit|resposta automática|respuesta automática"
    r"|réponse automatique|risposta automatica)",
    re.IGNORECASE,
)


def raw_header(message: Message, name: str) -> str:
    """Returns the header `name` undecoded, on one line; empty where there is none."""
    try:
        header = str(message.get(name) or "")[:MAX_HEADER_LENGTH]
    except (ValueError, LookupError, MessageError):
        return ""
    return re.sub(r"\s+", " ", header).strip()


def header_text(message: Message, name: str) -> str:
    """Returns the header `name` decoded (RFC 2047), without control characters."""
    header = raw_header(message, name)
    try:
        decoded = str(make_header(decode_header(header)))
    except (ValueError, LookupError, MessageError):
        return header
    return clean_text(decoded, MAX_HEADER_LENGTH)


def clean_text(text: str, max_length: int) -> str:
    """Returns `text` without control characters, white space collapsed, cut to `max_length`."""
    printable = "".join(
        character if character.isprintable() else " " for character in text[: 4 * max_length]
    )
    return re.sub(r"\s+", " ", printable).strip()[:max_length]


def sender_address(message: Message) -> str | None:
    """Returns the address in From; None where there is none or more than one."""
    addresses = _parse_addresses(message, ("From",))
    return addresses[0] if len(addresses) == 1 else None


def is_addressed_to(message: Message, address: str) -> bool:
    """Whether `address` is among the recipients, in any of the headers that name them."""
    return address_key(address) in _parse_addresses(message, RECIPIENT_HEADERS)


def replied_message_ids(message: Message) -> tuple[str, ...]:
    """Returns the ids of our mails that `message` replies to, the nearest first."""
    references = [
        raw_header(message, "In-Reply-To"),
        *reversed(raw_header(message, "References").split()),
    ]
    return our_message_ids(references)


def our_message_ids(texts: Iterable[str]) -> tuple[str, ...]:
    """Returns everything in `texts` with the shape of our ids; the database knows which exist."""
    message_ids = {
        message_id: None for text in texts for message_id in OUR_MESSAGE_ID.findall(text)
    }
    return tuple(message_ids)[:MAX_IDS]


def is_automatic(message: Message) -> bool:
    """Whether a program wrote `message`: out of office, a mailing list, a mail server."""
    submitted = raw_header(message, "Auto-Submitted").partition(";")[0].strip().lower()
    return (
        submitted not in ("", "no")
        or raw_header(message, "Precedence").lower() in BULK_PRECEDENCES
        or any(message.get(name) is not None for name in AUTORESPONDER_HEADERS)
        or is_from_system(message)
        or bool(OUT_OF_OFFICE.match(header_text(message, "Subject")))
        or message.get_content_type() == "multipart/report"
    )


def is_vacation_reply(message: Message) -> bool:
    """Whether the program of a recipient answers: out of office, an acknowledgement."""
    submitted = raw_header(message, "Auto-Submitted").partition(";")[0].strip().lower()
    return (
        submitted == "auto-replied"
        or raw_header(message, "Precedence").lower() == "auto_reply"
        or any(message.get(name) is not None for name in AUTORESPONDER_HEADERS)
        or bool(OUT_OF_OFFICE.match(header_text(message, "Subject")))
    )


def is_personal(message: Message) -> bool:
    """Whether a person wrote `message` to the owner: it came from no program and no mailing."""
    return message.get("List-Unsubscribe") is None and not is_automatic(message)


def is_from_system(message: Message) -> bool:
    """RFC 3464 §2: reports have an empty sender, so that no report answers another."""
    local = (sender_address(message) or "").partition("@")[0]
    return local in SYSTEM_SENDERS or raw_header(message, "Return-Path") == "<>"


def _parse_addresses(message: Message, names: Iterable[str]) -> list[str]:
    """Folded; parsed before decoding, because a decoded name may look like an address."""
    try:
        headers = [
            str(header)[:MAX_HEADER_LENGTH]
            for name in names
            for header in message.get_all(name, [])
        ]
        addresses = [address_key(address) or "" for _, address in getaddresses(headers)]
    except (ValueError, LookupError, MessageError, IndexError):
        return []
    return list(dict.fromkeys(parsed for parsed in addresses if ADDRESS.fullmatch(parsed)))
