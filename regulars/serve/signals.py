"""Catches the signals that stop `regulars serve`."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from pages.server import STOP_SIGNALS


@contextmanager
def stop_signals() -> Iterator[list[int]]:
    """Yields the list of received stop signals; a second one ends the process at once."""
    received: list[int] = []

    def receive(signal_number: int, _frame: FrameType | None) -> None:
        received.append(signal_number)
        signal.signal(signal_number, signal.SIG_DFL)

    previous = {number: signal.signal(number, receive) for number in STOP_SIGNALS}
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
