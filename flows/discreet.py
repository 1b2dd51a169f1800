"""What Prefect is told when something fails: its kind, and nothing that an error might quote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Failed(Exception):
    """A flow failed; what happened is kept aside for whoever ran it."""


aside: ContextVar[list[Exception] | None] = ContextVar("aside", default=None)


@contextmanager
def discreetly() -> Iterator[None]:
    """Around the body of a flow."""
    try:
        yield
    except Failed:
        raise
    except Exception as error:  # noqa: BLE001  # of whatever kind: it is raised again, nameless
        kept = aside.get()
        if kept is not None:
            kept.append(error)
        raise Failed(type(error).__name__) from None
