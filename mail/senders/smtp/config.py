"""The owner's words for a mail server."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from settings.model import Words
from settings.values import Secret, Setting

Encryption = Literal["starttls", "tls", "none"]

# RFC 6409 §3.1 (submission), RFC 8314 §7.3 (submission over TLS), RFC 5321 §4.5.4.2.
USUAL_PORTS: dict[Encryption | None, int] = {"starttls": 587, "tls": 465, "none": 25, None: 587}


def _server(text: str) -> str:
    text = text.strip()
    if found := re.fullmatch(r"(?:\w+://)?([A-Za-z0-9.-]+):(\d+)/?", text):
        raise ValueError(f"Write server: {found[1]} and port: {found[2]}.")
    if re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", text) or _is_ip(text):
        return text
    raise ValueError("Write the name of the server alone, like smtp.example.com.")


def _is_ip(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


class Smtp(Words):
    """A mail server, and how to be let in."""

    server: Annotated[Setting, AfterValidator(_server)]
    port: Annotated[int | None, Field(ge=1, le=65535)] = None
    encryption: Encryption | None = None
    user: Setting | None = None
    password: Secret | None = None

    @model_validator(mode="after")
    def _kept_private(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together: write both, or neither.")
        if self.encryption == "none" and not on_this_machine(self.server):
            raise ValueError(
                "encryption: none lets everybody on the way read along. Write starttls or tls;"
                " none is only for a server on this machine."
            )
        return self

    @property
    def door(self) -> int:
        """The port written, else the usual one."""
        return USUAL_PORTS[self.encryption] if self.port is None else self.port

    @property
    def secured(self) -> Encryption:
        """The encryption written, else the one usual at that port."""
        return self.encryption or ("tls" if self.door == USUAL_PORTS["tls"] else "starttls")


def on_this_machine(server: str) -> bool:
    return server == "localhost" or (_is_ip(server) and ip_address(server).is_loopback)
