"""The `pages:` block of config.yaml: the owner's own pages."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

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
WRONG_IP = "Write an IP address of this machine, such as 192.168.1.5, or 0.0.0.0 for all of them."
OPEN_TO_OTHERS = "Other machines can reach this address: pages need a passcode: $REGULARS_PASSCODE."
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

    listen_on: Annotated[
        str | None,
        Field(
            description="Another IP address of this machine to listen on, or 0.0.0.0 for all; "
            "127.0.0.1 if you say nothing, which only this machine can reach."
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

    @field_validator("listen_on")
    @classmethod
    def _check_ip(cls, listen_on: str | None) -> str | None:
        if listen_on is not None:
            try:
                ip_address(listen_on)
            except ValueError:
                raise ValueError(WRONG_IP) from None
        return listen_on

    @model_validator(mode="after")
    def _need_passcode(self) -> Self:
        """A link that works once is for who sees the terminal."""
        if self.listen_on and not self.passcode and not ip_address(self.listen_on).is_loopback:
            raise ValueError(OPEN_TO_OTHERS)
        return self

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
