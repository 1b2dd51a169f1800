"""How often one address may come with what is not ours, before it is asked to wait."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address

MOST_ADDRESSES = 10_000


@dataclass
class Patience:
    """A bucket of tries for each address: it fills again with time, by the machine's clock.

    Kept in memory, and never for more addresses than `remembers`: the longest unseen is forgotten.
    """

    tries: int = 20
    a_minute: float = 10
    remembers: int = MOST_ADDRESSES
    clock: Callable[[], float] = time.monotonic
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def lost(self, address: str | None) -> bool:
        """Whether this address has no try left; takes none."""
        return self._now_left(_whose(address)) < 1

    def tried(self, address: str | None) -> bool:
        """Take a try; False where there is none."""
        whose = _whose(address)
        left = self._now_left(whose)
        self._left[whose] = (max(left - 1, 0.0) if left >= 1 else left, self.clock())
        self._left.move_to_end(whose)
        while len(self._left) > self.remembers:
            self._left.popitem(last=False)
        return left >= 1

    def _now_left(self, whose: str) -> float:
        left, since = self._left.get(whose, (float(self.tries), self.clock()))
        return min(float(self.tries), left + (self.clock() - since) * self.a_minute / 60)


def _whose(address: str | None) -> str:
    """One household has a whole /64 of IPv6 addresses (RFC 6177)."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return "elsewhere"
    if isinstance(found, IPv6Address):
        return found.exploded[:19]
    return str(found)
