"""Whether the data behind a mail are recent enough, where it rests on something not happening.

A cart reminder says that nothing was bought, a mail about an absence that nobody came. While the
source that would tell is out of reach, both may be wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from connectors.customer_ids import LISTING_STREAM
from connectors.sync import WHOLE_SOURCE
from mail.gate.gate import OutdatedData
from settings.values import Length
from shop.tables import SyncState
from triggers.config import Rule
from triggers.registry import event_of

VISIT_STREAMS = frozenset({"orders", "bookings"})
MAX_CLOCK_SKEW = timedelta(hours=1)
# A file is as new as its owner makes it: only one that cannot be read for long is outdated.
FILE_AGE = timedelta(days=31)


@dataclass(frozen=True)
class SourceReading:
    """When a source was last read to its end, None if never; and what it is."""

    read_at: datetime | None
    is_file: bool = False
    brings_visits: bool = False


Readings = Mapping[str, SourceReading]


def load_readings(connection: Connection) -> dict[str, SourceReading]:
    """Return the readings of all sources that a sync has read, by name."""
    columns = ("source", "stream", "finished_at", "fingerprint")
    query = select(*(col(getattr(SyncState, name)) for name in columns))
    states: dict[str, list[Any]] = defaultdict(list)
    for state in connection.execute(query):
        states[state.source].append(state)
    return {source: _reading(streams) for source, streams in states.items()}


def _reading(states: Iterable[Any]) -> SourceReading:
    """A source without a row of its own was last read before there were such rows."""
    by_stream = {state.stream: state for state in states}
    whole = by_stream.pop(WHOLE_SOURCE, None)
    by_stream.pop(LISTING_STREAM, None)
    finished = [state.finished_at for state in by_stream.values()]
    oldest = None if None in finished or not finished else min(finished)
    return SourceReading(
        read_at=whole.finished_at if whole else oldest,
        is_file=any(state.fingerprint for state in by_stream.values()),
        brings_visits=bool(VISIT_STREAMS & by_stream.keys()),
    )


def find_outdated(
    readings: Readings,
    configured: Iterable[str],
    rule: Rule,
    cart_source: str | None,
    now: datetime,
) -> OutdatedData | None:
    """Return the source whose data are too old for a mail of `rule`, None if there is none.

    For a cart it is the cart's own source, else any `configured` one that brings visits. A source
    of which no sync is known, as in rows that did not come from a sync, is not judged.
    """
    max_age = event_of(rule).max_data_age
    if max_age is None:
        return None
    names = [cart_source] if cart_source else [
        name for name in configured if name in readings and readings[name].brings_visits
    ]  # fmt: skip
    outdated = (
        OutdatedData(name, readings[name].read_at)
        for name in names
        if name in readings and _is_outdated(readings[name], rule, max_age, now)
    )
    return next(outdated, None)


def _is_outdated(reading: SourceReading, rule: Rule, max_age: timedelta, now: datetime) -> bool:
    if reading.is_file:
        absence = rule.for_.elapsed if isinstance(rule.for_, Length) else timedelta()
        max_age = max(FILE_AGE, 2 * absence)
    if reading.read_at is None or reading.read_at > now + MAX_CLOCK_SKEW:
        return True  # never read, or read by a clock that was ahead
    return now - reading.read_at > max_age
