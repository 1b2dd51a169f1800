"""Notes the time that the sources' servers show, for the check of the machine's clock.

A module of its own: the check itself needs no HTTP, which takes long to load.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from connectors.http import server_time_listener
from engine.clock.clock_record import ClockReading, load_record, read_uptime, save_record


@contextmanager
def noting_server_time(folder: Path) -> Iterator[None]:
    """Notes the time that the sources' servers show in their answers until the block ends.

    Of several the latest counts: an answer that was kept somewhere on the way shows an earlier one.
    """
    readings: list[ClockReading] = []

    def note(shown: datetime) -> None:
        if uptime := read_uptime():
            readings.append(ClockReading(shown, uptime))

    token = server_time_listener.set(note)
    try:
        yield
    finally:
        server_time_listener.reset(token)
        if readings:
            latest = max(readings, key=lambda reading: reading.shown)
            save_record(folder, replace(load_record(folder), server=latest))
