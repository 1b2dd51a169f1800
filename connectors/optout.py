"""Telling a platform that somebody wants no more mail: what a connector does that can.

A platform may show a flag that only its owner can change. It is not told, its owner is.
"""

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
    """What is told: which customer of the platform wants no mail, and since when."""

    key: str
    said_at: datetime


@dataclass(frozen=True)
class OptOutResult:
    """What the platform made of it: settled, or refused and to be told again."""

    settled: bool
    outcome: str


# Told twice is told once: who is killed between the call and the note of it tells it again.
SendOptOut = Callable[[OptOut], Awaitable[OptOutResult]]


class MissingPermissionError(UnavailableError):
    """We may read there and not write; nothing is wrong with whoever was to be told of."""


@runtime_checkable
class AcceptsOptOut(Protocol):
    """A connector whose platform takes a no."""

    def optout_sender(self) -> AbstractAsyncContextManager[SendOptOut]:
        """How it is told, for as long as it is open.

        A passing failure is waited out; what stays one is `UnavailableError`, and `MissingPermissionError` where
        the right to write is missing. Only a refusal of this one no is an answer.
        """
        ...
