"""Sends opt-outs to platforms that accept them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from settings.errors import UnavailableError

SENT = "told"
ALREADY_OPTED_OUT = "it was known there already"
CHANGED_SINCE = "it was changed there since"


@dataclass(frozen=True)
class OptOut:
    """A customer's key at the platform, and since when they want no mail."""

    key: str
    said_at: datetime


@dataclass(frozen=True)
class OptOutResult:
    """The platform's result; one that is not `settled` is retried later."""

    settled: bool
    outcome: str


# Must be idempotent: after a crash between the request and its note, it is sent again.
SendOptOut = Callable[[OptOut], Awaitable[OptOutResult]]


class MissingPermissionError(UnavailableError):
    """The credentials may read but not write; the opt-out itself is not at fault."""


@runtime_checkable
class AcceptsOptOut(Protocol):
    """A connector whose platform accepts opt-outs."""

    def optout_sender(self) -> AbstractAsyncContextManager[SendOptOut]:
        """Yield the function that sends one opt-out.

        It retries what may pass. It raises `UnavailableError` for what does not, and
        `MissingPermissionError` where the right to write is missing. Only a refusal of this one
        opt-out is returned as a result.
        """
        ...
