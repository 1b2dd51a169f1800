"""What Prefect is told when something fails: its kind, and nothing that an error might quote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from prefect import State
from prefect.states import Completed

from shop.db.locks import Busy


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
        _keep(error)
        raise Failed(type(error).__name__) from None


def left_to_another(busy: Busy) -> State:
    """Another is at this very work: for Prefect an end like any other, and no failure."""
    _keep(busy)
    return Completed(name="Busy", message="Another run is at work on this shop.")


def _keep(error: Exception) -> None:
    kept = aside.get()
    if kept is not None:
        kept.append(error)
