"""What the headers of a mail say; whatever a stranger wrote into them, nothing here raises."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses

LONGEST = 4_000  # letters of a header that are looked at
# As engine.tick.advance.message_id makes them: half of a SHA-256.
OURS = re.compile(r"<([0-9a-f]{32})@[^<>\s]{1,255}>")
MOST_IDS = 50
ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"]+@[^\s@<>()\[\],;:\"]+")
ARRIVED_AT = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
# RFC 3834 §5; the others are habits of responders from before it, and of mailing lists.
ANSWERING_MACHINES = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "List-Id")
MACHINES = {"mailer-daemon", "postmaster", "mail-daemon", "noreply", "no-reply", "donotreply"}
IN_BULK = {"bulk", "junk", "list", "auto_reply"}
AWAY = re.compile(
    r"(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response)?:|out of (?:the )?office"
    r"|autoreply|automatische antwort|abwesenheit|resposta automática|respuesta automática"
    r"|réponse automatique|risposta automatica)",
    re.IGNORECASE,
)


def raw(message: Message, name: str) -> str:
    """The header as it was written, on one line."""
    try:
        written = str(message.get(name) or "")[:LONGEST]
    except (ValueError, LookupError, MessageError):
        return ""
    return re.sub(r"\s+", " ", written).strip()


def text(message: Message, name: str) -> str:
    """The header as a person reads it."""
    written = raw(message, name)
    try:
        read = str(make_header(decode_header(written)))
    except (ValueError, LookupError, MessageError):
        return written
    return plain(read, LONGEST)


def plain(words: str, most: int) -> str:
    """Without control characters, blanks made one, and no longer than that."""
    kept = "".join(letter if letter.isprintable() else " " for letter in words[: 4 * most])
    return re.sub(r"\s+", " ", kept).strip()[:most]


def sender(message: Message) -> str | None:
    """Its address, where there is one and no doubt which."""
    found = _addresses(message, ("From",))
    return found[0] if len(found) == 1 else None


def went_to(message: Message, address: str) -> bool:
    return address.lower() in _addresses(message, ARRIVED_AT)


def answered(message: Message) -> tuple[str, ...]:
    """The mails of ours that it answers, the nearest first."""
    threads = [raw(message, "In-Reply-To"), *reversed(raw(message, "References").split())]
    return ours(threads)


def ours(texts: Iterable[str]) -> tuple[str, ...]:
    """Whatever has the shape of our ids; only the database knows which are."""
    found = {one: None for text_ in texts for one in OURS.findall(text_)}
    return tuple(found)[:MOST_IDS]


def is_automatic(message: Message) -> bool:
    """No person wrote it: out of office, a mailing list, a mail server."""
    submitted = raw(message, "Auto-Submitted").partition(";")[0].strip().lower()
    return (
        submitted not in ("", "no")
        or raw(message, "Precedence").lower() in IN_BULK
        or any(message.get(name) is not None for name in ANSWERING_MACHINES)
        or is_from_a_machine(message)
        or bool(AWAY.match(text(message, "Subject")))
        or message.get_content_type() == "multipart/report"
    )


def is_from_a_machine(message: Message) -> bool:
    """RFC 3464 §2: a report comes from nobody, so that none ever answers another."""
    local = (sender(message) or "").partition("@")[0]
    return local in MACHINES or raw(message, "Return-Path") == "<>"


def _addresses(message: Message, names: Iterable[str]) -> list[str]:
    """Lower case; read before any encoded word is, for a name may hold what looks like one."""
    try:
        written = [str(value)[:LONGEST] for name in names for value in message.get_all(name, [])]
        found = [address.lower() for _, address in getaddresses(written)]
    except (ValueError, LookupError, MessageError, IndexError):
        return []
    return list(dict.fromkeys(one for one in found if ADDRESS.fullmatch(one)))
