"""Compares the machine's clock with how long the machine ran, and with the clocks of the sources.

A tick by a clock that is far ahead promises mails early and lets others go as too late. A clock
that is behind does no harm: nothing is sent twice, and what is due waits.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from engine.clock.clock_record import (
    ClockReading,
    ClockRecord,
    Uptime,
    load_record,
    read_uptime,
    save_record,
)
from settings.errors import UnavailableError
from templates.language import ENGLISH

MAX_LEAD = timedelta(hours=1)


class ClockAheadError(UnavailableError):
    """The machine's clock is implausibly far ahead; nothing was done."""


def clock_lead(record: ClockRecord, now: datetime, uptime: Uptime) -> timedelta | None:
    """Returns how far `now` is ahead of what it must be at `uptime`; None where it is plausible.

    A source's server is believed more than the last tick: a machine without a clock of its own is
    set right only after its start. Once the owner has confirmed the machine's clock it is the other
    way round, until the machine is started again. Without a reading since then nothing can be
    compared.
    """
    readings = [record.server, record.machine]
    if record.confirmed_in == uptime.boot:
        readings.reverse()
    expected = [time for reading in readings if reading and (time := reading.expected(uptime))]
    lead = now - expected[0] if expected else timedelta(0)
    return lead if lead > MAX_LEAD else None


def check_clock(folder: Path, now: datetime, uptime: Uptime | None = None) -> None:
    """Raises `ClockAheadError` if the time `now` of the machine's clock is implausible; else notes
    it for the next check. `uptime` is that of the machine unless it is given.
    """
    uptime = uptime or read_uptime()
    if uptime is None:
        return
    record = load_record(folder)
    if lead := clock_lead(record, now, uptime):
        raise ClockAheadError(_sentence(record, now, lead, uptime))
    save_record(folder, replace(record, machine=ClockReading(now, uptime)))


def confirm_clock(folder: Path, now: datetime) -> None:
    """The owner says that the clock is right: what it was compared with is forgotten, and what a
    server shows later counts for less.
    """
    uptime = read_uptime()
    if uptime:
        machine = ClockReading(now, uptime)
        save_record(folder, ClockRecord(machine, confirmed_in=uptime.boot))


def _sentence(record: ClockRecord, now: datetime, lead: timedelta, uptime: Uptime) -> str:
    is_confirmed = record.confirmed_in == uptime.boot
    by_server = not is_confirmed and record.server and record.server.expected(uptime)
    compared = "your sources' servers show" if by_server else "has passed since the last run"
    return (
        f"This machine's clock shows {ENGLISH.date_and_time(now)} UTC, {_amount(lead)} more than "
        f"{compared}. Nothing was done: mails would go too early, and others would be too late for "
        "good. Set the clock (NTP) and run it again. If it is right, run regulars sync, which "
        "compares it with your sources, or: regulars clock confirm"
    )


def _amount(lead: timedelta) -> str:
    if lead >= timedelta(days=2):
        return f"{round(lead / timedelta(days=1))} days"
    return f"{round(lead.total_seconds() / 3600)} hours"
