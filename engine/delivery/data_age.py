"""Whether the data behind a mail are recent enough, where it rests on something not happening.

A cart reminder says that nothing was bought, a mail about an absence that nobody came. While the
source that would tell is out of reach, both may be wrong. A basket is decided within hours, so its
shop must have been read; an absence takes weeks, so only a source that cannot be read matters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, select
from sqlmodel import col

from connectors.customer_ids import LISTING_STREAM
from connectors.sync import WHOLE_SOURCE
from mail.gate.gate import OutdatedData
from settings.values import Length
from shop.tables import SyncState
from shop.types.moment import EPOCH
from triggers.config import Rule
from triggers.registry import event_of

VISIT_STREAMS = frozenset({"orders", "bookings"})
MAX_CLOCK_SKEW = timedelta(hours=1)
# How old data may be that were read after the first reminder was due: a night passes, or the day
# until the next reminder.
MAX_AGE_SINCE_DUE = timedelta(days=2)
# A file is as new as its owner makes it: one that cannot be read is outdated later, but before half
# of an absence has passed since it was read.
FILE_AGE = timedelta(days=31)


@dataclass(frozen=True)
class SourceReading:
    """When a source was last read to its end, None if never; and what it is.

    `failing_since` is the first attempt to read it that failed since then.
    """

    read_at: datetime | None
    failing_since: datetime | None = None
    is_file: bool = False
    brings_visits: bool = False


@dataclass(frozen=True)
class LeftCart:
    """The cart that a mail is about: its source, and when its first reminder was due."""

    source: str
    reminder_due_at: datetime


Readings = Mapping[str, SourceReading]


def load_readings(connection: Connection) -> dict[str, SourceReading]:
    """Return the readings of all sources that a sync has read, by name."""
    states: dict[str, list[Any]] = defaultdict(list)
    for state in connection.execute(_readings_query()):
        states[state.source].append(state)
    return {source: _reading(streams) for source, streams in states.items()}


@cache
def _readings_query() -> Select[Any]:
    columns = ("source", "stream", "since", "finished_at", "fingerprint")
    return select(*(col(getattr(SyncState, name)) for name in columns))


def _reading(states: Iterable[Any]) -> SourceReading:
    """A source without a row of its own was last read before there were such rows."""
    by_stream = {state.stream: state for state in states}
    whole = by_stream.pop(WHOLE_SOURCE, None)
    by_stream.pop(LISTING_STREAM, None)
    finished = [state.finished_at for state in by_stream.values()]
    oldest = None if None in finished or not finished else min(finished)
    return SourceReading(
        read_at=whole.finished_at if whole and whole.finished_at else oldest,
        failing_since=whole.since if whole else None,
        is_file=any(state.fingerprint for state in by_stream.values()),
        brings_visits=bool(VISIT_STREAMS & by_stream.keys()),
    )


def find_outdated(
    readings: Readings,
    configured: Iterable[str],
    rule: Rule,
    cart: LeftCart | None,
    now: datetime,
) -> OutdatedData | None:
    """Return the source whose data are too old for a mail of `rule`, None if there is none.

    For a `cart` it is the cart's own source, else any `configured` one that brings visits. A source
    of which no sync is known, as in rows that did not come from a sync, is not judged.
    """
    max_age = event_of(rule).max_data_age
    if max_age is None:
        return None
    if cart:
        reading = readings.get(cart.source)
        is_outdated = reading is not None and _misses_order(reading, cart, max_age, now)
        return OutdatedData(cart.source, reading.read_at) if reading and is_outdated else None
    outdated = (
        OutdatedData(name, readings[name].read_at)
        for name in configured
        if name in readings and (end := end_of_trust(readings[name], rule)) and end < now
    )
    return next(outdated, None)


def _misses_order(
    reading: SourceReading, cart: LeftCart, max_age: timedelta, now: datetime
) -> bool:
    """Not read lately, and failing since or not read since the first reminder was due.

    A reading by a clock that was ahead does not count.
    """
    read_at = reading.read_at
    if read_at is None or read_at > now + MAX_CLOCK_SKEW:
        return True
    age = now - read_at
    if age <= max_age:
        return False
    is_failing = reading.failing_since is not None
    return is_failing or read_at < cart.reminder_due_at or age > MAX_AGE_SINCE_DUE


def end_of_trust(reading: SourceReading, rule: Rule) -> datetime | None:
    """Return until when the visits of a source that cannot be read are recent enough for `rule`.

    None where the mails of `rule` rest on no absence, and for a source without visits or one that
    is read.
    """
    max_age = event_of(rule).max_data_age
    is_concerned = reading.failing_since is not None and reading.brings_visits
    if max_age is None or not is_concerned:
        return None
    if reading.read_at is None:
        return EPOCH
    if reading.is_file:
        absence = rule.for_.elapsed if isinstance(rule.for_, Length) else 2 * FILE_AGE
        max_age = max(max_age, min(FILE_AGE, absence / 2))
    return reading.read_at + max_age
