"""What Prefect is told when something fails: its kind, and nothing that an error might quote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from prefect import State
from prefect.states import Completed

from shop.db.locks import LockHeldError


class FlowFailedError(Exception):
    """A flow failed; what happened is kept aside for whoever ran it."""


original_errors: ContextVar[list[Exception] | None] = ContextVar("aside", default=None)


@contextmanager
def redact_errors() -> Iterator[None]:
    """Around the body of a flow."""
    try:
        yield
    except FlowFailedError:
        raise
    except Exception as error:  # noqa: BLE001  # of whatever kind: it is raised again, nameless
        _remember(error)
        raise FlowFailedError(type(error).__name__) from None


def busy_state(error: LockHeldError) -> State:
    """Another is at this very work: for Prefect an end like any other, and no failure."""
    _remember(error)
    return Completed(name="Busy", message="Another run is at work on this shop.")


def _remember(error: Exception) -> None:
    errors = original_errors.get()
    if errors is not None:
        errors.append(error)
