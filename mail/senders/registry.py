"""Finds the senders: every folder below `mail/senders/` that has a module `provider`.

To add a sender, add a folder; docs/sending.md and CONTRIBUTING.md say what it holds.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

from mail import senders
from mail.senders.names import REHEARSAL, provider_names
from mail.senders.provider import Provider

__all__ = ["REHEARSAL", "get_provider", "provider_names", "providers"]


@cache
def get_provider(name: str) -> Provider[Any]:
    """The sender called `name`; KeyError where there is none."""
    if name not in provider_names():
        raise KeyError(name)
    provider = importlib.import_module(f"{senders.__name__}.{name}.provider").PROVIDER
    assert isinstance(provider, Provider)  # noqa: S101  # a mistake of who wrote the folder
    return provider


def providers() -> tuple[Provider[Any], ...]:
    """All senders, the rehearsal first."""
    return tuple(map(get_provider, provider_names()))
