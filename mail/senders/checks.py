"""Checks of a mail provider, for `regulars doctor` and `regulars init`."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class UnreachableError(Exception):
    """No HTTP response; the message completes the sentence "… cannot be opened: …"."""


class CheckKind(StrEnum):
    """The values are those of `engine.live.finding.FindingKind`."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True)
class CheckResult:
    """A sentence, and what to do about it."""

    kind: CheckKind
    message: str
    remedy: str = ""

    @classmethod
    def ok(cls, message: str) -> CheckResult:
        return cls(CheckKind.OK, message)

    @classmethod
    def warning(cls, message: str, remedy: str) -> CheckResult:
        return cls(CheckKind.WARNING, message, remedy)

    @classmethod
    def wrong(cls, message: str, remedy: str) -> CheckResult:
        return cls(CheckKind.WRONG, message, remedy)


class HttpResponse(Protocol):
    """The part of an HTTP response that checks read."""

    @property
    def status(self) -> int: ...

    @property
    def text(self) -> str: ...


class HttpGet(Protocol):
    """Sends GET requests."""

    def get(self, url: str, headers: Mapping[str, str] = ...) -> HttpResponse:
        """The response to a GET of `url`; raises `UnreachableError` where there is none."""
        ...


@dataclass(frozen=True)
class CheckContext:
    """What a check may use."""

    http: HttpGet
    tls_context: ssl.SSLContext | None = None  # tests trust their own certificates
    webhook_url: str = ""  # where the provider should deliver its events
    is_unsubscribe_channel: bool = False  # customers unsubscribe at this provider
