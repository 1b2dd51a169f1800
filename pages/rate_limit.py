"""Rate limit per client address: token buckets in memory."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address

MAX_CLIENTS = 10_000
NETWORK_PREFIX, SITE_PREFIX = 64, 56  # bits of an IPv6 address


@dataclass
class RateLimit:
    """One token bucket per client, refilled by the machine's clock.

    Buckets of at most `max_clients` addresses are kept; the longest unused is dropped.
    """

    burst: int = 20
    per_minute: float = 10
    max_clients: int = MAX_CLIENTS
    ipv6_prefix: int = NETWORK_PREFIX
    clock: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def is_exhausted(self, address: str | None) -> bool:
        """Whether the client at `address` has no token left; takes none."""
        return self._available(client_key(address, self.ipv6_prefix)) < 1

    def acquire(self, address: str | None) -> bool:
        """Takes a token of the client at `address`; returns False if none is left."""
        return self.acquire_of(client_key(address, self.ipv6_prefix))

    def acquire_of(self, client: str) -> bool:
        """Takes a token of a `client` that is known by another key than its address."""
        tokens = self._available(client)
        self._buckets[client] = (max(tokens - 1, 0.0) if tokens >= 1 else tokens, self.clock())
        self._buckets.move_to_end(client)
        while len(self._buckets) > self.max_clients:
            self._buckets.popitem(last=False)
        return tokens >= 1

    def _available(self, client: str) -> float:
        tokens, since = self._buckets.get(client, (float(self.burst), self.clock()))
        return min(float(self.burst), tokens + (self.clock() - since) * self.per_minute / 60)


def client_key(address: str | None, ipv6_prefix: int = NETWORK_PREFIX) -> str:
    """Returns the client that an IP `address` belongs to.

    For IPv6 it is the prefix of `ipv6_prefix` bits: one network has a /64, one site up to a /56
    (RFC 6177), and each may use every address of it.
    """
    try:
        ip = ip_address(address or "")
    except ValueError:
        return "elsewhere"
    if isinstance(ip, IPv4Address):
        return str(ip)
    if ip.ipv4_mapped:
        return str(ip.ipv4_mapped)
    return str(IPv6Network((int(ip), ipv6_prefix), strict=False))


def network_of(address: str | None) -> str:
    """Returns the network around an IP `address`: a /24 of IPv4, a /48 of IPv6.

    A client's own prefix changes from day to day, this one rarely.
    """
    client = client_key(address, 48)
    try:
        return str(IPv4Network((client, 24), strict=False))
    except ValueError:
        return client
