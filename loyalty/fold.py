"""What a customer's entries come to: pure, and the same whatever order they arrived in.

Points come in lots. What goes is taken from the lot that ends first; what is taken back from
an order comes from that order's own lot before any other. Where more goes than there is, a
debt is left, which the next points pay first. A lot is good until just before it ends.
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
"""The source of the entries that we write ourselves."""
MAX_ENTRY_POINTS = 100_000_000
"""An entry beyond this is somebody's mistake: it is kept, and left out of every sum."""
EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)

SourceKey = tuple[str, str]


class EntryKind(StrEnum):
    EARNED = "earned"
    SPENT = "spent"
    EXPIRED = "expired"
    REVERSED = "reversed"
    ADJUSTED = "adjusted"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger."""

    id: int
    source: str
    external_id: str
    kind: str
    points: int
    at: datetime
    expires_at: datetime | None = None
    order: SourceKey | None = None
    customer: SourceKey | None = None  # as the source names them

    @property
    def key(self) -> SourceKey:
        return self.source, self.external_id

    @property
    def is_plausible(self) -> bool:
        return abs(self.points) <= MAX_ENTRY_POINTS

    @property
    def is_own_expiry(self) -> bool:
        return self.source == OWN_SOURCE and self.kind == EntryKind.EXPIRED


@dataclass(frozen=True, slots=True)
class Lot:
    """What is left of the points of one entry."""

    entry: Entry
    remaining: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the entries come to."""

    balance: int
    lots: tuple[Lot, ...]
    expired: Mapping[SourceKey, int]  # of our lots: what was left when they ended


def replay(entries: Iterable[Entry], now: datetime = EARLIEST) -> Ledger:
    """Live through the entries in the order in which they happened, up to now.

    What ends is worked out here and never read back from what was written about it: a sale
    that is told late may show that a lot was empty before it ended. But the clock never goes
    behind an ending that was written: what has ended stays ended.
    """
    plausible = [entry for entry in entries if entry.is_plausible]
    clock = max([now, *(entry.at for entry in plausible if entry.is_own_expiry)])
    account = _Account()
    for entry in sorted(
        (other for other in plausible if not other.is_own_expiry), key=_replay_order
    ):
        account.expire_lots(min(entry.at, clock))
        account.credit(entry) if entry.points > 0 else account.debit(entry)
    account.expire_lots(clock)
    return account.ledger()


def _replay_order(entry: Entry) -> tuple[datetime, int, str, str]:
    """At one moment: what comes, then what is taken back, then what is spent."""
    rank = 0 if entry.points > 0 else 1 if entry.kind == EntryKind.REVERSED else 2
    return entry.at, rank, entry.source, entry.external_id


class _OpenLot:
    """A lot that is being used up."""

    __slots__ = ("entry", "remaining", "sort_key")

    def __init__(self, entry: Entry, remaining: int) -> None:
        self.entry = entry
        self.remaining = remaining
        # The one that ends first goes first; of two, the older.
        self.sort_key = (entry.expires_at or NEVER, entry.at, entry.source, entry.external_id)


@dataclass(slots=True)
class _Account:
    lots: list[_OpenLot] = field(default_factory=list)  # in the order in which they are used
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
        """Our lots end by the clock; those of another programme when its own entry says so."""
        expired_lots = takewhile(lambda lot: lot.sort_key[0] <= moment, self.lots)
        for lot in [lot for lot in expired_lots if lot.entry.source == OWN_SOURCE]:
            self.expired[lot.entry.key] += lot.remaining
            self.lots.remove(lot)

    def ledger(self) -> Ledger:
        lots = tuple(Lot(lot.entry, lot.remaining) for lot in self.lots if lot.remaining)
        return Ledger(sum(lot.remaining for lot in lots) - self.debt, lots, dict(self.expired))


def _consume(lots: Iterable[_OpenLot], owed: int) -> int:
    """Take from one lot after the other; what could not be taken."""
    for lot in lots:
        if not owed:
            break
        amount = min(lot.remaining, owed)
        lot.remaining -= amount
        owed -= amount
    return owed


def missing_expiries(entries: Iterable[Entry], ledger: Ledger) -> list[Entry]:
    """The expiry entries still to be written, so that all that is written comes to the ledger.

    Where a late arrival changes what had ended, the difference is written, as one more entry.
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
