"""Builds header lines: encoded (RFC 2047), folded, and safe from header injection."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from settings.errors import RegularsError

# RFC 2047 §2: a line with an encoded word has at most 76 characters.
MAX_ENCODED_LINE = 76
ENCODED_WORD_OVERHEAD = len("=?utf-8?b??=")
# RFC 5322 §2.1.1: a line has at most 998 characters, and should have at most 78.
MAX_LINE = 998
PREFERRED_LINE = 78
ATOM_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
LINK = re.compile(r"(?:https?://|mailto:)[!-;=?-~]+")


class InvalidMailError(RegularsError):
    """A mail that must not be sent; the message says why."""


def text_header(name: str, value: str) -> str:
    """Returns a header with free text, such as Subject; raises InvalidMailError."""
    reject_control_characters(name, value)
    line = f"{name}: {value}"
    is_plain = value.isascii() and "=?" not in value and value == value.strip()
    if is_plain and len(line) <= PREFERRED_LINE:
        return line
    return f"{name}: {encoded_words(value, len(name) + 2)}"


@lru_cache(maxsize=4096)
def ascii_address(address: str) -> str:
    """Returns `address` with its domain in ASCII, as every mail server accepts it.

    Raises InvalidMailError for what is no address, and for letters beyond ASCII before the @.
    """
    reject_control_characters("address", address)
    if not address.isascii():
        address = _encode_domain(address)
    if len(address) > 254 or not ADDRESS.fullmatch(address):
        raise InvalidMailError("The address is not an e-mail address.")
    return address


@lru_cache(maxsize=4096)
def utf8_address(address: str) -> str:
    """Returns `address` for a server with SMTPUTF8 (RFC 6531), its domain in ASCII."""
    reject_control_characters("address", address)
    validated = _validate(address)
    return f"{validated.local_part}@{validated.ascii_domain}"


def mailbox_header(
    name: str,
    display_name: str | None,
    address: str,
    encode_address: Callable[[str], str] = ascii_address,
) -> str:
    """Returns a header with a display name and an address, such as From.

    `encode_address` is `ascii_address` or `utf8_address`.
    """
    reject_control_characters(name, display_name or "")
    angle_address = f"<{encode_address(address)}>"
    if not display_name:
        return f"{name}: {angle_address}"
    phrase = _display_name(display_name, len(name) + 2)
    last_line = len(phrase.rpartition("\r\n")[2]) + (0 if "\r\n" in phrase else len(name) + 2)
    gap = " " if last_line + 1 + len(angle_address) <= MAX_ENCODED_LINE else "\r\n "
    return f"{name}: {phrase}{gap}{angle_address}"


def link_header(name: str, url: str) -> str:
    """Returns a header with one link in angle brackets, such as List-Unsubscribe."""
    if not LINK.fullmatch(url):
        raise InvalidMailError(f"The {name} link is neither a web address nor mailto.")
    if len(url) > MAX_LINE - 3:
        raise InvalidMailError(f"The {name} link is longer than a line of mail may be.")
    gap = " " if len(name) + 4 + len(url) <= PREFERRED_LINE else "\r\n "
    return f"{name}:{gap}<{url}>"


def reject_control_characters(name: str, value: str) -> None:
    """Raises InvalidMailError where `value` could inject a header."""
    # Fast path: isprintable is false for control characters, and for some spaces.
    if not value.isprintable() and any(
        unicodedata.category(character) in _FORBIDDEN_CATEGORIES for character in value
    ):
        raise InvalidMailError(f"The {name} holds a line break or another character no header may.")


# Control characters, line and paragraph separators, surrogates.
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
    """Returns `value` as RFC 2047 encoded words, split between characters and folded.

    `column` is where the first word begins.
    """
    words: list[str] = []
    content, start = value.encode(), 0
    capacity = _word_capacity(column)
    while start < len(content) or not words:
        end = start + capacity
        while end < len(content) and content[end] & 0xC0 == 0x80:  # inside a character
            end -= 1
        words.append(f"=?utf-8?b?{base64.b64encode(content[start:end]).decode()}?=")
        start, capacity = end, _word_capacity(1)
    return "\r\n ".join(words)


def _word_capacity(column: int) -> int:
    return (MAX_ENCODED_LINE - column - ENCODED_WORD_OVERHEAD) // 4 * 3
