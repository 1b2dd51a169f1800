"""The block `mailbox:` of config.yaml: where mails come back to."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from settings.addresses import is_loopback_host
from settings.model import ConfigModel
from settings.values import EmailAddress, EnvText, Secret

# RFC 8314 §3.2 (IMAP over TLS), RFC 3501 §2.1 (IMAP, with STARTTLS).
TLS_PORT, PLAIN_PORT = 993, 143


def _parse_server(text: str) -> str:
    """Returns `text` if it is a host name; ValueError with what to write instead."""
    text = text.strip()
    if match := re.fullmatch(r"(?:\w+://)?([A-Za-z0-9.-]+):(\d+)/?", text):
        raise ValueError(f"Write server: {match[1]} and port: {match[2]}.")
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9.:-]*[A-Za-z0-9])?", text):
        raise ValueError("Write the name of the server alone, like imap.example.com.")
    return text


def _require_printable(text: str) -> str:
    """A line break would start an IMAP command of its own."""
    if not text.isprintable():
        raise ValueError("There is a character in it that no such name has. Write it again.")
    return text


def _require_printable_secret(secret: Secret) -> Secret:
    """The same for a secret's value."""
    _require_printable(secret.reveal())
    return secret


class Mailbox(ConfigModel):
    """An IMAP account, or a folder of mails on this machine."""

    server: Annotated[EnvText, AfterValidator(_parse_server)] | None = None
    port: Annotated[int, Field(ge=1, le=65535)] = TLS_PORT
    user: Annotated[EnvText, AfterValidator(_require_printable)] | None = None
    password: Annotated[Secret, AfterValidator(_require_printable_secret)] | None = None
    folder: Annotated[str, AfterValidator(_require_printable)] = "INBOX"
    directory: Annotated[
        str | None, Field(description="A folder of .eml files, or a Maildir, on this machine.")
    ] = None
    address: Annotated[
        EmailAddress | None,
        Field(description="Where customers write to unsubscribe; must arrive here."),
    ] = None

    @model_validator(mode="after")
    def _check_source(self) -> Self:
        if (self.server is None) == (self.directory is None):
            raise ValueError(
                "Write where mails come back to: a server with user and password, or a directory"
                " on this machine."
            )
        if self.server and (self.user is None or self.password is None):
            raise ValueError("A server needs a user and a password: $MAILBOX_PASSWORD.")
        return self

    @property
    def is_unencrypted(self) -> bool:
        """Whether to connect without TLS: only to this machine, and not at the TLS port."""
        return is_loopback_host(self.server or "") and self.port != TLS_PORT
