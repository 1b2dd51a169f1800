"""Replays a customer's ledger entries into a balance and lots; pure, in any order of arrival.

- Points are held in lots. Debits use the lot that expires first.
- A reversal of an order uses the lots of that order first.
- A debit above the balance leaves a debt, which later credits pay first.
- A lot is valid until just before `expires_at`.
"""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import takewhile

OWN_SOURCE = "regulars"
"""Source of the entries that Regulars writes."""
MAX_ENTRY_POINTS = 100_000_000
"""Entries above this are data errors: stored, but left out of every sum."""
EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)

SourceKey = tuple[str, str]


class EntryKind(StrEnum):
    """Kinds of ledger entries; stored in the database."""

    EARNED = "earned"
    SPENT = "spent"
    EXPIRED = "expired"
    REVERSED = "reversed"
    ADJUSTED = "adjusted"


@dataclass(frozen=True, slots=True)
class Entry:
    """One ledger entry."""

    id: int
    source: str
    external_id: str
    kind: str
    points: int
    at: datetime
    expires_at: datetime | None = None
    order: SourceKey | None = None
    customer: SourceKey | None = None  # the customer's key in the source

    @property
    def key(self) -> SourceKey:
        """The unique key: source and external id."""
        return self.source, self.external_id

    @property
    def is_plausible(self) -> bool:
        """Whether the entry counts: its points are within MAX_ENTRY_POINTS."""
        return abs(self.points) <= MAX_ENTRY_POINTS

    @property
    def is_own_expiry(self) -> bool:
        """Whether Regulars wrote the entry for an expired lot."""
        return self.source == OWN_SOURCE and self.kind == EntryKind.EXPIRED


@dataclass(frozen=True, slots=True)
class Lot:
    """The remaining points of one entry."""

    entry: Entry
    remaining: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """The result of a replay."""

    balance: int
    lots: tuple[Lot, ...]
    expired: Mapping[SourceKey, int]  # in-house lots: points that remained at expiry


def replay(entries: Iterable[Entry], now: datetime = EARLIEST) -> Ledger:
    """Replays `entries` in chronological order up to `now` and returns the ledger.

    1. Set the clock to `now`, or to the latest written expiry if that is later: an expiry that
       was written is never undone.
    2. Sort all other plausible entries by `_replay_order`.
    3. Before each entry, expire the lots that have ended by its time (never beyond the clock);
       then credit or debit it.
    4. Expire the lots that have ended by the clock.

    Written expiries are ignored otherwise, and worked out from scratch: a late sale may show that
    a lot was empty before it expired.
    """
    plausible = [entry for entry in entries if entry.is_plausible]
    clock = max([now, *(entry.at for entry in plausible if entry.is_own_expiry)])
    account = _Account()
    replayed = [entry for entry in plausible if not entry.is_own_expiry]
    for entry in sorted(replayed, key=_replay_order):
        account.expire_lots(min(entry.at, clock))
        account.credit(entry) if entry.points > 0 else account.debit(entry)
    account.expire_lots(clock)
    return account.ledger()


def _replay_order(entry: Entry) -> tuple[datetime, int, str, str]:
    """At the same moment: credits first, then reversals, then other debits."""
    rank = 0 if entry.points > 0 else 1 if entry.kind == EntryKind.REVERSED else 2
    return entry.at, rank, entry.source, entry.external_id


class _OpenLot:
    """A lot during the replay."""

    __slots__ = ("entry", "remaining", "sort_key")

    def __init__(self, entry: Entry, remaining: int) -> None:
        self.entry = entry
        self.remaining = remaining
        # The lot that expires first is used first; of two, the older one.
        self.sort_key = (entry.expires_at or NEVER, entry.at, entry.source, entry.external_id)


@dataclass(slots=True)
class _Account:
    """The state of a replay."""

    lots: list[_OpenLot] = field(default_factory=list)  # in the order of use
    debt: int = 0
    expired: Counter[SourceKey] = field(default_factory=Counter)

    def credit(self, entry: Entry) -> None:
        paid = min(self.debt, entry.points)
        self.debt -= paid
        if entry.points > paid:
            bisect.insort(
                self.lots, _OpenLot(entry, entry.points - paid), key=lambda lot: lot.sort_key
            )

    def debit(self, entry: Entry) -> None:
        owed = -entry.points
        if entry.kind == EntryKind.REVERSED and entry.order is not None:
            owed = _consume([lot for lot in self.lots if lot.entry.order == entry.order], owed)
        self.debt += _consume(self.lots, owed)
        while self.lots and not self.lots[0].remaining:
            del self.lots[0]

    def expire_lots(self, moment: datetime) -> None:
        """Expires in-house lots by time; lots of another programme expire by its own entries."""
        expired_lots = takewhile(lambda lot: lot.sort_key[0] <= moment, self.lots)
        for lot in [lot for lot in expired_lots if lot.entry.source == OWN_SOURCE]:
            self.expired[lot.entry.key] += lot.remaining
            self.lots.remove(lot)

    def ledger(self) -> Ledger:
        lots = tuple(Lot(lot.entry, lot.remaining) for lot in self.lots if lot.remaining)
        return Ledger(sum(lot.remaining for lot in lots) - self.debt, lots, dict(self.expired))


def _consume(lots: Iterable[_OpenLot], owed: int) -> int:
    """Takes `owed` points from the lots in order and returns what they could not cover."""
    for lot in lots:
        if not owed:
            break
        amount = min(lot.remaining, owed)
        lot.remaining -= amount
        owed -= amount
    return owed


def missing_expiries(entries: Iterable[Entry], ledger: Ledger) -> list[Entry]:
    """Returns the expiry entries to insert, so that the stored entries add up to `ledger`.

    If a late entry changes the expired amount of a lot, the difference is one more entry.
    """
    all_entries = list(entries)
    written: Counter[SourceKey] = Counter()
    counts: Counter[SourceKey] = Counter()
    for entry in all_entries:
        if entry.is_own_expiry and entry.is_plausible:
            lot = OWN_SOURCE, entry.external_id.split("/", 2)[2]
            written[lot] -= entry.points
            counts[lot] += 1
    return [
        _expiry_entry(lot, counts[lot.key] + 1, missing)
        for lot in all_entries
        if (missing := ledger.expired.get(lot.key, 0) - written[lot.key])
    ]


def _expiry_entry(lot: Entry, number: int, points: int) -> Entry:
    return Entry(
        id=0,
        source=OWN_SOURCE,
        external_id=f"{EntryKind.EXPIRED}/{number}/{lot.external_id}",
        kind=EntryKind.EXPIRED,
        points=-points,
        at=lot.expires_at or NEVER,
        customer=lot.customer,
    )
