"""Suppression lists that a mail provider keeps: addresses it does not mail any more, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shop.consent.failure_reasons import FailureReason
from shop.consent.suppressions import EventKind


@dataclass(frozen=True)
class SuppressionEntry:
    """An address on a list, since when, and what was said about it."""

    address: str
    suppressed_at: datetime
    kind: EventKind
    detail: str | None = None
    reason: FailureReason | None = None  # of a bounce


@dataclass(frozen=True)
class SuppressionPage:
    """The entries of one response; `unreadable` counts those without an address or a time."""

    entries: list[SuppressionEntry]
    unreadable: int = 0


class SuppressionLists(Protocol):
    """The lists of one account, over one connection.

    Methods raise `settings.errors.UnavailableError`, and `OwnerFileError` where config.yaml is
    wrong.
    """

    @property
    def list_names(self) -> Sequence[str]:
        """The lists that are read page by page with `entries_since`."""
        ...

    @property
    def scope(self) -> str:
        """What a saved cursor belongs to: with another account or group, reading starts again."""
        ...

    def check(self) -> None:
        """Raises OwnerFileError where the account has no such list."""
        ...

    def unsubscribed(self) -> SuppressionPage:
        """Everyone who unsubscribed at the provider, with the time of the opt-out."""
        ...

    def entries_since(self, name: str, start: datetime | None) -> Iterator[SuppressionPage]:
        """The entries of the list `name` added since `start`, in pages."""
        ...

    def resubscribe(self, address: str) -> None:
        """Removes `address` from the unsubscribed; no error where it is not on the list."""
        ...
