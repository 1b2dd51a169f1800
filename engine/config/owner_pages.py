"""The `pages:` block of config.yaml: the owner's own pages."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from settings.env_values import is_env_reference
from settings.model import ConfigModel
from settings.values import Secret

DEFAULT_PORT = 8801
MIN_PASSCODE_LENGTH = 8
LITERAL_PASSCODE = (
    "A passcode does not belong into this file. Write $REGULARS_PASSCODE here, and "
    "REGULARS_PASSCODE=… into .env beside this file."
)
SHORT_PASSCODE = (
    f"The passcode is too short: others could try all of them. "
    f"Use at least {MIN_PASSCODE_LENGTH} characters."
)
WRONG_ADDRESS = "Write the address without a path: https://owner.example.com."


class OwnerPages(ConfigModel):
    """The owner's pages, on a port of their own."""

    passcode: Annotated[
        Secret | None,
        Field(description="What you type to open your pages; at least 8 characters, in .env."),
    ] = None
    port: Annotated[
        int | None,
        Field(ge=1, le=65_535, description="The port they are on; 8801 if you say nothing."),
    ] = None
    address: Annotated[
        str | None,
        Field(
            description="The https:// address of a server in front of them; without one, "
            "requests that another server passed on are refused."
        ),
    ] = None

    @field_validator("passcode", mode="before")
    @classmethod
    def _refuse_literal(cls, given: Any) -> Any:
        """The message does not repeat what was written."""
        if isinstance(given, Secret) or given is None:
            return given
        if isinstance(given, str) and is_env_reference(given):
            return given
        raise ValueError(LITERAL_PASSCODE)

    @field_validator("passcode")
    @classmethod
    def _check_length(cls, passcode: Secret | None) -> Secret | None:
        if passcode and len(passcode.reveal()) < MIN_PASSCODE_LENGTH:
            raise ValueError(SHORT_PASSCODE)
        return passcode

    @field_validator("address")
    @classmethod
    def _check_address(cls, address: str | None) -> str | None:
        if address is None:
            return None
        parts = urlsplit(address)
        if parts.scheme != "https" or not parts.netloc or "@" in parts.netloc:
            raise ValueError(WRONG_ADDRESS)
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError(WRONG_ADDRESS)
        return f"https://{parts.netloc.lower()}"
