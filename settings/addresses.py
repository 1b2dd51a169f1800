"""Value types for email addresses and web addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.headerregistry import Address
from ipaddress import ip_address
from typing import Annotated, Any, ClassVar, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, WithJsonSchema

from settings.email_address import normalized_address
from settings.text.hidden_characters import reject_line_breaks
from settings.text_value import TextValue, quoted


def _parse_email(text: str) -> str:
    text = text.strip()
    if match := re.fullmatch(r".*<(.*)>", text):
        raise ValueError(f"Write the address alone: {match[1]}.")
    if re.search(r"[,;]|\s", text):
        raise ValueError(f"{quoted(text)} is not one email address. Write one like ana@cafe.com.")
    try:
        return normalized_address(text)
    except ValueError as error:
        raise ValueError(f"{quoted(text)} is no email address. {error}") from None


EmailAddress = Annotated[
    str,
    AfterValidator(_parse_email),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\s*[^\s@<>,;]+@[^\s@<>,;]+\s*$",
            "examples": ["ana@cornercafe.example"],
            "description": "An email address.",
        }
    ),
]


@dataclass(frozen=True)
class NamedAddress(TextValue):
    """A display name and an email address: `Ana at Corner Café <ana@cornercafe.example>`."""

    name: str
    address: str

    json_schema: ClassVar[dict[str, Any]] = {
        "type": "string",
        "pattern": r"^.*\S.*<[^\s@<>,;]+@[^\s@<>,;]+>\s*$",
        "examples": ["Ana at Corner Café <ana@cornercafe.example>"],
        "description": "The name people see, then the address in angle brackets.",
    }

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parses `Name <address>`; raises ValueError with the corrected spelling."""
        match = re.fullmatch(r'"?([^<>"]*?)"? ?<([^<>]*)>', text)
        if match and match[1].strip():
            return cls(reject_line_breaks(match[1].strip()), _parse_email(match[2]))
        address = match[2] if match else text
        if re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", address):
            raise ValueError(f"Write the name as well: Ana at Corner Café <{address}>.")
        raise ValueError("Write a name and an address, like Ana <ana@cornercafe.example>.")

    @property
    def header(self) -> Address:
        """The address for a From or To header; the email package encodes the name."""
        return Address(self.name, addr_spec=self.address)

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>"


def _parse_web_address(text: str) -> str:
    text = text.strip()
    if "://" not in text and re.fullmatch(r"[^\s/:@]+\.[^\s/:@]+(/\S*)?", text):
        raise ValueError(f"Write https://{text}.")
    address = _split_url(text)
    if address is None or re.search(r"[\s<>\"\\^`{|}]", text):
        raise ValueError(
            f"{quoted(text)} is no web address. Write one like https://mail.cornercafe.example."
        )
    if address.username is not None or address.query or address.fragment or text[-1] in "?#":
        raise ValueError("Write the address alone: no name, no question mark and no # in it.")
    return text.rstrip("/")


def is_web_link(text: str) -> bool:
    """Whether `text` is an http(s) address that a link may have, with query and fragment."""
    address = _split_url(text)
    return bool(address and address.username is None and not re.search(r"[\s<>\"'\\^`{|}]", text))


def _split_url(text: str) -> SplitResult | None:
    try:
        address = urlsplit(text)
        _ = address.port  # raises ValueError if the port is not a number
    except ValueError:
        return None
    usable = address.scheme in ("http", "https") and address.hostname
    return address if usable and ".." not in text else None


WebAddress = Annotated[
    str,
    AfterValidator(_parse_web_address),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\s*https?://[^\s?#@]+$",
            "examples": ["https://mail.cornercafe.example"],
            "description": "A web address that begins with https:// (or http://).",
        }
    ),
]


def validate_endpoint(text: str, example: str) -> str:
    """Validates the base URL of a platform's API and returns it without a trailing slash.

    Args:
        text: The URL; a path, a query or another scheme than HTTP(S) is refused.
        example: A valid URL, quoted in the error message.

    Raises:
        ValueError: For an invalid URL, and for plain http:// to any host but loopback.
    """
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise ValueError(f"Write where it answers, like {example}.")
    if parts.scheme == "http" and not is_loopback_host(parts.hostname):
        raise ValueError("Write https://: customers' data does not travel in the open.")
    return text.rstrip("/")


def is_loopback_host(host: str) -> bool:
    """Whether `host`, a name or an IP address, is the loopback interface."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
