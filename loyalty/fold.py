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

OURS = "regulars"
"""The source of the entries that we write ourselves."""
LARGEST = 100_000_000
"""An entry beyond this is somebody's mistake: it is kept, and left out of every sum."""
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)

Key = tuple[str, str]


class Kind(StrEnum):
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
    order: Key | None = None
    customer: Key | None = None  # as the source names them

    @property
    def key(self) -> Key:
        return self.source, self.external_id

    @property
    def sums_up(self) -> bool:
        return abs(self.points) <= LARGEST

    @property
    def is_our_expiry(self) -> bool:
        return self.source == OURS and self.kind == Kind.EXPIRED


@dataclass(frozen=True, slots=True)
class Lot:
    """What is left of the points of one entry."""

    entry: Entry
    left: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the entries come to."""

    balance: int
    lots: tuple[Lot, ...]
    expired: Mapping[Key, int]  # of our lots: what was left when they ended


def replay(entries: Iterable[Entry], now: datetime = LONG_AGO) -> Ledger:
    """Live through the entries in the order in which they happened, up to now.

    What ends is worked out here and never read back from what was written about it: a sale
    that is told late may show that a lot was empty before it ended. But the clock never goes
    behind an ending that was written: what has ended stays ended.
    """
    known = [entry for entry in entries if entry.sums_up]
    clock = max([now, *(entry.at for entry in known if entry.is_our_expiry)])
    purse = _Purse()
    for entry in sorted((one for one in known if not one.is_our_expiry), key=_place):
        purse.wait_until(min(entry.at, clock))
        purse.take_in(entry) if entry.points > 0 else purse.pay(entry)
    purse.wait_until(clock)
    return purse.ledger()


def _place(entry: Entry) -> tuple[datetime, int, str, str]:
    """At one moment: what comes, then what is taken back, then what is spent."""
    rank = 0 if entry.points > 0 else 1 if entry.kind == Kind.REVERSED else 2
    return entry.at, rank, entry.source, entry.external_id


class _Open:
    """A lot that is being used up."""

    __slots__ = ("entry", "left", "place")

    def __init__(self, entry: Entry, left: int) -> None:
        self.entry = entry
        self.left = left
        # The one that ends first goes first; of two, the older.
        self.place = (entry.expires_at or NEVER, entry.at, entry.source, entry.external_id)


@dataclass(slots=True)
class _Purse:
    lots: list[_Open] = field(default_factory=list)  # in the order in which they are used
    debt: int = 0
    expired: Counter[Key] = field(default_factory=Counter)

    def take_in(self, entry: Entry) -> None:
        paid = min(self.debt, entry.points)
        self.debt -= paid
        if entry.points > paid:
            bisect.insort(self.lots, _Open(entry, entry.points - paid), key=lambda lot: lot.place)

    def pay(self, entry: Entry) -> None:
        owed = -entry.points
        if entry.kind == Kind.REVERSED and entry.order is not None:
            owed = _taken([lot for lot in self.lots if lot.entry.order == entry.order], owed)
        self.debt += _taken(self.lots, owed)
        while self.lots and not self.lots[0].left:
            del self.lots[0]

    def wait_until(self, moment: datetime) -> None:
        """Our lots end by the clock; those of another programme when its own entry says so."""
        over = takewhile(lambda lot: lot.place[0] <= moment, self.lots)
        for lot in [lot for lot in over if lot.entry.source == OURS]:
            self.expired[lot.entry.key] += lot.left
            self.lots.remove(lot)

    def ledger(self) -> Ledger:
        lots = tuple(Lot(lot.entry, lot.left) for lot in self.lots if lot.left)
        return Ledger(sum(lot.left for lot in lots) - self.debt, lots, dict(self.expired))


def _taken(lots: Iterable[_Open], owed: int) -> int:
    """Take from one lot after the other; what could not be taken."""
    for lot in lots:
        if not owed:
            break
        taken = min(lot.left, owed)
        lot.left -= taken
        owed -= taken
    return owed


def endings(entries: Iterable[Entry], ledger: Ledger) -> list[Entry]:
    """The expiry entries still to be written, so that all that is written comes to the ledger.

    Where a late arrival changes what had ended, the difference is written, as one more entry.
    """
    known = list(entries)
    written: Counter[Key] = Counter()
    times: Counter[Key] = Counter()
    for entry in known:
        if entry.is_our_expiry and entry.sums_up:
            lot = OURS, entry.external_id.split("/", 2)[2]
            written[lot] -= entry.points
            times[lot] += 1
    return [
        _ending(lot, times[lot.key] + 1, missing)
        for lot in known
        if (missing := ledger.expired.get(lot.key, 0) - written[lot.key])
    ]


def _ending(lot: Entry, number: int, points: int) -> Entry:
    return Entry(
        id=0,
        source=OURS,
        external_id=f"{Kind.EXPIRED}/{number}/{lot.external_id}",
        kind=Kind.EXPIRED,
        points=-points,
        at=lot.expires_at or NEVER,
        customer=lot.customer,
    )
