"""The names of the senders, without importing any of them: the command line needs no more."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib.util import find_spec

from mail import senders

REHEARSAL = "outbox"
"""The sender of a shop that names none: it reaches nobody."""


@cache
def provider_names() -> tuple[str, ...]:
    """The words that may stand after `through:`, the rehearsal first.

    Returns the folders below `mail/senders/` that have a module `provider`.
    """
    folders = (
        module.name
        for module in pkgutil.iter_modules(senders.__path__)
        if module.ispkg and find_spec(f"{senders.__name__}.{module.name}.provider")
    )
    return tuple(sorted(folders, key=lambda name: (name != REHEARSAL, name)))


def names_in_words(*, rehearsal: bool = True) -> str:
    """The names as a sentence lists them: outbox, post or smtp; without `rehearsal` from the
    second on.
    """
    *names, last = provider_names() if rehearsal else provider_names()[1:]
    return f"{', '.join(names)} or {last}" if names else last
