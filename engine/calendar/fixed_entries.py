"""Entries that follow from config.yaml and the last look of the doctor, not from customers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from sqlalchemy import Connection

from engine.calendar.model import Entry, Kind
from engine.config.owner_config import OwnerConfig
from engine.live.doctor_results import VALID_FOR, load_examination
from engine.live.fingerprint import delivers_locally


def letters_and_closed_days(
    config: OwnerConfig, now: datetime, days: Sequence[date]
) -> Iterator[Entry]:
    """Yields the days on which the shop is closed, and its owner's letters that are to come."""
    letter_time, zone = config.schedule.morning_letter, config.shop.zone
    for day in days:
        if any(closure.covers(day) for closure in config.shop.closed):
            yield Entry(Kind.CLOSED, day)
        if letter_time is not None:
            at = datetime.combine(day, letter_time, zone)
            if at > now:
                yield Entry(Kind.LETTER, day, at=at)


def doctor_entries(
    connection: Connection, config: OwnerConfig, now: datetime, until: datetime
) -> Iterator[Entry]:
    """Yields the moment from which a live shop needs another look of the doctor."""
    if delivers_locally(config):
        return
    examination = load_examination(connection, config)
    if examination and now <= (ends := examination.at + VALID_FOR) < until:
        yield Entry(Kind.DOCTOR, ends.astimezone(config.shop.zone).date(), at=ends)
