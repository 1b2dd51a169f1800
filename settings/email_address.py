"""What an e-mail address is, and which spellings of it are one mailbox."""

from __future__ import annotations

import re
import unicodedata

import idna
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

MAX_LENGTH = 320
MAX_LOCAL_LENGTH = 64
# Fast path for common addresses; email_validator, which is slower, checks the others.
COMMON_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64})*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
RESERVED_ENDINGS = tuple(f".{name}" for name in SPECIAL_USE_DOMAIN_NAMES)


def normalized_address(text: str) -> str:
    """Returns the address `text` with its Unicode normalised and its domain in lower case.

    Every place that takes an address uses this, so that all of them agree. Domains are not looked
    up; the reserved `.test` and `.example` are accepted, as test shops use them. Raises ValueError
    with the reason.
    """
    text = text.strip()
    if _is_common(text):
        local, at, domain = text.rpartition("@")
        return f"{local}{at}{domain.lower()}"
    if len(text) > MAX_LENGTH or len(text.rpartition("@")[0]) > MAX_LOCAL_LENGTH:
        raise ValueError("It is too long.")
    try:
        validated = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError(_sentence(str(error).split("\n", maxsplit=1)[0])) from None
    return str(validated.normalized)


def _sentence(reason: str) -> str:
    return reason if reason.endswith(".") else f"{reason}."


def is_address(text: str) -> bool:
    """Whether `text` is one e-mail address."""
    try:
        normalized_address(text)
    except ValueError:
        return False
    return True


def _is_common(text: str) -> bool:
    local, _, domain = text.rpartition("@")
    return (
        bool(COMMON_ADDRESS.fullmatch(text))
        and len(local) <= MAX_LOCAL_LENGTH
        and len(text) <= 254
        and not f".{domain.lower()}".endswith(RESERVED_ENDINGS)
    )


def address_key(address: str) -> str | None:
    """Returns what all spellings of one mailbox have in common; None for an empty `address`.

    The domain is written in ASCII (münchen.example is xn--mnchen-3ya.example), letters before the @
    in their composed form, and all in lower case. Two addresses that only their server could know
    to be one, such as with and without a +tag, stay two.
    """
    text = address.strip()
    if text.isascii() and "xn--" not in text.lower():
        return text.lower().rstrip(".") or None
    local, at, domain = unicodedata.normalize("NFKC", text).rpartition("@")
    folded = unicodedata.normalize("NFC", local.lower())
    return f"{folded}{at}{_ascii_domain(domain)}" or None


def _ascii_domain(domain: str) -> str:
    """Falls back to bare Punycode for what IDNA does not allow, such as signs in a domain."""
    domain = domain.lower().rstrip(".")
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return ".".join(
            label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}"
            for label in unicodedata.normalize("NFC", domain).split(".")
        )
