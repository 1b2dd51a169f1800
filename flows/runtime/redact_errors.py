"""Keeps error texts out of Prefect: a failed flow names the exception's type only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from prefect import State
from prefect.states import Completed

from shop.db.locks import LockHeldError


class FlowFailedError(Exception):
    """A flow failed; the original error is in `original_errors`, not in Prefect."""


original_errors: ContextVar[list[Exception] | None] = ContextVar("original_errors", default=None)
"""Collects the errors of the flow that the caller runs; None if no caller wants them."""


@contextmanager
def redact_errors() -> Iterator[None]:
    """Replace an error of a flow's body by a FlowFailedError that names its type.

    Error texts may quote addresses and keys; Prefect stores them.
    """
    try:
        yield
    except FlowFailedError:
        raise
    except Exception as error:  # noqa: BLE001  # of any kind: raised again without its text
        _remember(error)
        raise FlowFailedError(type(error).__name__) from None


def busy_state(error: LockHeldError) -> State:
    """Returns a completed state named Busy: another tick holding the lock is no failure."""
    _remember(error)
    return Completed(name="Busy", message="Another run is at work on this shop.")


def _remember(error: Exception) -> None:
    errors = original_errors.get()
    if errors is not None:
        errors.append(error)
