"""The states of several shops, loaded at once and kept for some seconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from engine.owner.shop_status import ShopStatus, load_status
from pages.clock import Clock

FRESH_FOR = timedelta(seconds=10)
AT_ONCE = 8  # shops that are read at the same time: a locked one keeps no other waiting


@dataclass(frozen=True)
class Statuses:
    """The states of shops by slug, worst first, as of `as_of`."""

    by_slug: Mapping[str, ShopStatus]
    as_of: datetime


@dataclass
class StatusCache:
    """Loads the states of `shops`, the owner's files by slug, at most every `FRESH_FOR`."""

    shops: Mapping[str, Path]
    clock: Clock
    load: Callable[[Path, datetime], ShopStatus] = lambda path, now: load_status(path, now=now)
    _last: Statuses | None = None
    _lock: Lock = field(default_factory=Lock)

    def current(self) -> Statuses:
        """Returns the states; of several who ask at once, one loads them."""
        with self._lock:
            now = self.clock()
            if self._last is None or not timedelta(0) <= now - self._last.as_of < FRESH_FOR:
                self._last = Statuses(self._load_all(now), now)
            return self._last

    def _load_all(self, now: datetime) -> dict[str, ShopStatus]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            loaded = list(pool.map(lambda path: self.load(path, now), self.shops.values()))
        statuses = dict(zip(self.shops, loaded, strict=True))
        return dict(sorted(statuses.items(), key=lambda entry: (_rank(entry[1]), entry[0])))


def _rank(status: ShopStatus) -> int:
    """Shops that cannot be read come first, then those that need attention."""
    return 0 if status.trouble else 1 if status.needs_attention else 2
