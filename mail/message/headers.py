"""One header line at a time: encoded, folded, and closed to anything smuggled in."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from settings.errors import Trouble

# RFC 2047 §2: a line that holds an encoded word is at most 76 characters long.
ENCODED_LINE = 76
WORD_AROUND = len("=?utf-8?b??=")
# RFC 5322 §2.1.1: no line is ever longer than this; 78 is the polite length.
LONGEST_LINE = 998
POLITE_LINE = 78
PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
LINK = re.compile(r"(?:https?://|mailto:)[!-;=?-~]+")


class BadMail(Trouble):
    """A mail that must not be put on the wire; carries the sentence that says why."""


def text_header(name: str, value: str) -> str:
    """A header of free words, such as the subject."""
    refuse_controls(name, value)
    line = f"{name}: {value}"
    speaks_plainly = value.isascii() and "=?" not in value and value == value.strip()
    if speaks_plainly and len(line) <= POLITE_LINE:
        return line
    return f"{name}: {encoded_words(value, len(name) + 2)}"


@lru_cache(maxsize=4096)
def plain_address(address: str) -> str:
    """The address as every mail server takes it, its domain in ASCII letters."""
    refuse_controls("address", address)
    if not address.isascii():
        address = _with_ascii_domain(address)
    if len(address) > 254 or not ADDRESS.fullmatch(address):
        raise BadMail("The address is not an e-mail address.")
    return address


@lru_cache(maxsize=4096)
def utf8_address(address: str) -> str:
    """The address as a server takes it that knows RFC 6531; its domain in ASCII letters even so."""
    refuse_controls("address", address)
    checked = _validated(address)
    return f"{checked.local_part}@{checked.ascii_domain}"


def mailbox_header(
    name: str, person: str | None, address: str, readable: Callable[[str], str] = plain_address
) -> str:
    """A header of one person and address, such as From."""
    refuse_controls(name, person or "")
    where = f"<{readable(address)}>"
    if not person:
        return f"{name}: {where}"
    who = _phrase(person, len(name) + 2)
    last_line = len(who.rpartition("\r\n")[2]) + (0 if "\r\n" in who else len(name) + 2)
    gap = " " if last_line + 1 + len(where) <= ENCODED_LINE else "\r\n "
    return f"{name}: {who}{gap}{where}"


def link_header(name: str, url: str) -> str:
    """A header of one link in angle brackets, on a line of its own where it is long."""
    if not LINK.fullmatch(url):
        raise BadMail(f"The {name} link is neither a web address nor mailto.")
    if len(url) > LONGEST_LINE - 3:
        raise BadMail(f"The {name} link is longer than a line of mail may be.")
    gap = " " if len(name) + 4 + len(url) <= POLITE_LINE else "\r\n "
    return f"{name}:{gap}<{url}>"


def refuse_controls(name: str, value: str) -> None:
    """Line breaks and control characters would let a value write headers of its own."""
    # isprintable is false for spaces other than " " too: only then look closer.
    if not value.isprintable() and any(unicodedata.category(c) in _UNWRITABLE for c in value):
        raise BadMail(f"The {name} holds a line break or another character no header may.")


# Control characters, line and paragraph separators, half characters.
_UNWRITABLE = frozenset({"Cc", "Zl", "Zp", "Cs"})


def _with_ascii_domain(address: str) -> str:
    checked = _validated(address)
    if checked.ascii_email is None:
        raise BadMail("The address has letters before the @ that few mail servers take.")
    return checked.ascii_email


def _validated(address: str) -> ValidatedEmail:
    try:
        return validate_email(
            address, check_deliverability=False, globally_deliverable=False, strict=False
        )
    except EmailNotValidError as wrong:
        raise BadMail("The address is not an e-mail address.") from wrong


def _phrase(person: str, column: int) -> str:
    if person.isascii() and "=?" not in person and len(person) + column <= POLITE_LINE - 2:
        if PLAIN_NAME.fullmatch(person):
            return person
        return '"' + person.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return encoded_words(person, column)


def encoded_words(value: str, column: int) -> str:
    """RFC 2047 words, cut between characters, each folded line within its limit."""
    words = []
    room = _room(column)
    held = b""
    for letter in value:
        letters = letter.encode()
        if len(held) + len(letters) > room:
            words.append(held)
            held, room = b"", _room(1)
        held += letters
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(word).decode()}?=" for word in [*words, held])


def _room(column: int) -> int:
    return (ENCODED_LINE - column - WORD_AROUND) // 4 * 3
