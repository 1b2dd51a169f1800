"""What a clock showed, together with how long the machine had been running then.

The time since the start of the machine goes on while it sleeps, and no change of the clock moves
it. It is asked of the kernel: /proc/uptime counts from the start of the container where lxcfs shows
it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import get_ident
from typing import Any

from shop.db.workers import boot_id, seconds_since_boot

RECORD = Path(".regulars") / "clock"


@dataclass(frozen=True)
class Uptime:
    """How long the machine has been running, in seconds; `boot` is the id of this start."""

    boot: str
    seconds: float


@dataclass(frozen=True)
class ClockReading:
    """The time that a clock showed when the machine had been running for `uptime`."""

    shown: datetime
    uptime: Uptime

    def expected(self, uptime: Uptime) -> datetime | None:
        """Returns what this clock shows at a later `uptime`; None where the machine was started
        again since, or that is not known.
        """
        elapsed = uptime.seconds - self.uptime.seconds
        if uptime.boot != self.uptime.boot or elapsed < 0:
            return None
        return self.shown + timedelta(seconds=elapsed)


@dataclass(frozen=True)
class ClockRecord:
    """What is stored beside the database: the machine's clock at the last tick, and the clock of a
    source's server, by the `Date` of its latest answer.

    `confirmed_in` is the start of the machine since which the owner has said that its clock is
    right: then that of a server is not.
    """

    machine: ClockReading | None = None
    server: ClockReading | None = None
    confirmed_in: str | None = None


def read_uptime() -> Uptime | None:
    """Returns the uptime of this machine; None where the system has no clock that goes on while it
    sleeps (`CLOCK_MONOTONIC` does on macOS only).
    """
    if not hasattr(time, "CLOCK_BOOTTIME") and sys.platform != "darwin":
        return None
    return Uptime(boot_id(), seconds_since_boot())


def load_record(folder: Path) -> ClockRecord:
    """Returns the record of the shop in `folder`; an unreadable one counts as none."""
    try:
        stored = json.loads((folder / RECORD).read_text())
        machine, server = _parse(stored.get("machine")), _parse(stored.get("server"))
        return ClockRecord(machine, server, stored.get("confirmed_in"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ClockRecord()


def save_record(folder: Path, record: ClockRecord) -> None:
    """Stores the record, whole or not at all; without room the next check has less to go by."""
    path = folder / RECORD
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{get_ident()}.unfinished")
    readings = (("machine", record.machine), ("server", record.server))
    stored: dict[str, Any] = {
        name: _format(reading) if reading else None for name, reading in readings
    }
    stored["confirmed_in"] = record.confirmed_in
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(json.dumps(stored))
        temporary.replace(path)


def _format(reading: ClockReading) -> dict[str, Any]:
    return {"shown": reading.shown.isoformat(), **asdict(reading.uptime)}


def _parse(stored: Mapping[str, Any] | None) -> ClockReading | None:
    if stored is None:
        return None
    uptime = Uptime(str(stored["boot"]), float(stored["seconds"]))
    return ClockReading(datetime.fromisoformat(stored["shown"]), uptime)
