"""Which addresses the owner's pages answer under: against DNS rebinding and open front servers.

https://en.wikipedia.org/wiki/DNS_rebinding: a page of a stranger whose name suddenly stands for
127.0.0.1 sends its own name as `Host`. A request that another server has passed on is refused
unless the shop's file names the address under which it does so.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers

LOOPBACK = "127.0.0.1"
FORWARDED_HEADERS = (
    "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip",
    "x-forwarded-server", "via", "cf-connecting-ip", "true-client-ip",
)  # fmt: skip
WRONG_HOST = "These pages are not here under this address. Open the one that regulars serve names."
FORWARDED = (
    "This request came through another server, and these pages answer only on their own machine. "
    "Where that is intended, write its address into config.yaml: pages: with address: https://…"
)


@dataclass(frozen=True)
class AllowedHosts:
    """The hosts that are answered: names of this machine, the host of `address`, and IP addresses
    where `listens_on` is none of this machine alone.
    """

    address: str | None = None  # of the front server: https://…
    listens_on: str = LOOPBACK

    def refusal(self, headers: Headers) -> str | None:
        """Returns why a request with these `headers` is refused, or None."""
        if self.address is None and any(name in headers for name in FORWARDED_HEADERS):
            return FORWARDED
        hosts = headers.getlist("host")
        if len(hosts) == 1 and self._is_allowed(hosts[0]):
            return None
        return WRONG_HOST

    def is_same_origin(self, origin: str, headers: Headers) -> bool:
        """Whether a page of `origin` (scheme and host) is one of these pages."""
        if self.address and origin == _origin_of(self.address):
            return True
        return origin in {f"{scheme}://{headers.get('host', '')}" for scheme in ("http", "https")}

    def _is_allowed(self, host: str) -> bool:
        if self.address and host == urlsplit(self.address).netloc:
            return True
        try:
            parts = urlsplit(f"//{host}")
            name, _ = parts.hostname, parts.port
        except ValueError:
            return False
        if parts.netloc != host or "@" in host or name is None:
            return False
        return name == "localhost" or self._is_allowed_ip(name)

    def _is_allowed_ip(self, name: str) -> bool:
        """An IP address as `Host` cannot be rebound: it stands for no other machine than itself."""
        try:
            return ip_address(name).is_loopback or not ip_address(self.listens_on).is_loopback
        except ValueError:
            return False


def _origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
