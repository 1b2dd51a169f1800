"""One header line at a time: encoded, folded, and closed to anything smuggled in."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from settings.errors import RegularsError

# RFC 2047 §2: a line that holds an encoded word is at most 76 characters long.
MAX_ENCODED_LINE = 76
ENCODED_WORD_OVERHEAD = len("=?utf-8?b??=")
# RFC 5322 §2.1.1: no line is ever longer than this; 78 is the polite length.
MAX_LINE = 998
PREFERRED_LINE = 78
ATOM_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
LINK = re.compile(r"(?:https?://|mailto:)[!-;=?-~]+")


class InvalidMailError(RegularsError):
    """A mail that must not be put on the wire; carries the sentence that says why."""


def text_header(name: str, value: str) -> str:
    """A header of free words, such as the subject."""
    reject_control_characters(name, value)
    line = f"{name}: {value}"
    is_plain = value.isascii() and "=?" not in value and value == value.strip()
    if is_plain and len(line) <= PREFERRED_LINE:
        return line
    return f"{name}: {encoded_words(value, len(name) + 2)}"


@lru_cache(maxsize=4096)
def ascii_address(address: str) -> str:
    """The address as every mail server takes it, its domain in ASCII letters."""
    reject_control_characters("address", address)
    if not address.isascii():
        address = _encode_domain(address)
    if len(address) > 254 or not ADDRESS.fullmatch(address):
        raise InvalidMailError("The address is not an e-mail address.")
    return address


@lru_cache(maxsize=4096)
def utf8_address(address: str) -> str:
    """The address as a server takes it that knows RFC 6531; its domain in ASCII letters even so."""
    reject_control_characters("address", address)
    validated = _validate(address)
    return f"{validated.local_part}@{validated.ascii_domain}"


def mailbox_header(
    name: str,
    display_name: str | None,
    address: str,
    encode_address: Callable[[str], str] = ascii_address,
) -> str:
    """A header of one person and address, such as From."""
    reject_control_characters(name, display_name or "")
    angle_address = f"<{encode_address(address)}>"
    if not display_name:
        return f"{name}: {angle_address}"
    phrase = _display_name(display_name, len(name) + 2)
    last_line = len(phrase.rpartition("\r\n")[2]) + (0 if "\r\n" in phrase else len(name) + 2)
    gap = " " if last_line + 1 + len(angle_address) <= MAX_ENCODED_LINE else "\r\n "
    return f"{name}: {phrase}{gap}{angle_address}"


def link_header(name: str, url: str) -> str:
    """A header of one link in angle brackets, on a line of its own where it is long."""
    if not LINK.fullmatch(url):
        raise InvalidMailError(f"The {name} link is neither a web address nor mailto.")
    if len(url) > MAX_LINE - 3:
        raise InvalidMailError(f"The {name} link is longer than a line of mail may be.")
    gap = " " if len(name) + 4 + len(url) <= PREFERRED_LINE else "\r\n "
    return f"{name}:{gap}<{url}>"


def reject_control_characters(name: str, value: str) -> None:
    """Line breaks and control characters would let a value write headers of its own."""
    # isprintable is false for spaces other than " " too: only then look closer.
    if not value.isprintable() and any(
        unicodedata.category(character) in _FORBIDDEN_CATEGORIES for character in value
    ):
        raise InvalidMailError(f"The {name} holds a line break or another character no header may.")


# Control characters, line and paragraph separators, half characters.
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Zl", "Zp", "Cs"})


def _encode_domain(address: str) -> str:
    validated = _validate(address)
    if validated.ascii_email is None:
        raise InvalidMailError("The address has letters before the @ that few mail servers take.")
    return validated.ascii_email


def _validate(address: str) -> ValidatedEmail:
    try:
        return validate_email(
            address, check_deliverability=False, globally_deliverable=False, strict=False
        )
    except EmailNotValidError as error:
        raise InvalidMailError("The address is not an e-mail address.") from error


def _display_name(name: str, column: int) -> str:
    if name.isascii() and "=?" not in name and len(name) + column <= PREFERRED_LINE - 2:
        if ATOM_PHRASE.fullmatch(name):
            return name
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return encoded_words(name, column)


def encoded_words(value: str, column: int) -> str:
    """RFC 2047 words, cut between characters, each folded line within its limit."""
    chunks = []
    capacity = _word_capacity(column)
    pending = b""
    for character in value:
        encoded = character.encode()
        if len(pending) + len(encoded) > capacity:
            chunks.append(pending)
            pending, capacity = b"", _word_capacity(1)
        pending += encoded
    return "\r\n ".join(
        f"=?utf-8?b?{base64.b64encode(chunk).decode()}?=" for chunk in [*chunks, pending]
    )


def _word_capacity(column: int) -> int:
    return (MAX_ENCODED_LINE - column - ENCODED_WORD_OVERHEAD) // 4 * 3
