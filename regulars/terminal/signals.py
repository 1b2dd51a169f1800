"""Catches the signals that stop `regulars serve` and `regulars run`."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from pages.server import STOP_SIGNALS


@contextmanager
def stop_signals(received: list[int] | None = None) -> Iterator[list[int]]:
    """Yields the list of received stop signals, `received` if it is given; a second one, of any
    kind, ends the process at once.
    """
    received = [] if received is None else received

    def receive(signal_number: int, _frame: FrameType | None) -> None:
        received.append(signal_number)
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_DFL)

    previous = {number: signal.signal(number, receive) for number in STOP_SIGNALS}
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
