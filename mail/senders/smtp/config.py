"""The block `smtp:` of config.yaml."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from settings.model import ConfigModel
from settings.values import EnvText, Secret

Encryption = Literal["starttls", "tls", "none"]

# RFC 6409 §3.1 (submission), RFC 8314 §7.3 (submission over TLS), RFC 5321 §4.5.4.2.
DEFAULT_PORTS: dict[Encryption | None, int] = {"starttls": 587, "tls": 465, "none": 25, None: 587}


def _parse_server(text: str) -> str:
    """Returns `text` if it is a host name or IP address; ValueError with what to write."""
    text = text.strip()
    if match := re.fullmatch(r"(?:\w+://)?([A-Za-z0-9.-]+):(\d+)/?", text):
        raise ValueError(f"Write server: {match[1]} and port: {match[2]}.")
    if re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", text) or _is_ip(text):
        return text
    raise ValueError("Write the name of the server alone, like smtp.example.com.")


def _is_ip(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


class Smtp(ConfigModel):
    """A mail server, its encryption and its login."""

    server: Annotated[EnvText, AfterValidator(_parse_server)]
    port: Annotated[int | None, Field(ge=1, le=65535)] = None
    encryption: Encryption | None = None
    user: EnvText | None = None
    password: Secret | None = None

    @model_validator(mode="after")
    def _check_privacy(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together: write both, or neither.")
        if self.encryption == "none" and not is_local_server(self.server):
            raise ValueError(
                "encryption: none lets everybody on the way read along. Write starttls or tls;"
                " none is only for a server on this machine."
            )
        return self

    @property
    def effective_port(self) -> int:
        """The configured port, else the default of the encryption."""
        return DEFAULT_PORTS[self.encryption] if self.port is None else self.port

    @property
    def effective_encryption(self) -> Encryption:
        """The configured encryption, else the default at this port."""
        return self.encryption or (
            "tls" if self.effective_port == DEFAULT_PORTS["tls"] else "starttls"
        )


def is_local_server(server: str) -> bool:
    """Whether `server` is this machine."""
    return server == "localhost" or (_is_ip(server) and ip_address(server).is_loopback)
