"""The proxy that the environment names for an address, as for every other program."""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass


def environment_proxy(address: str) -> str | None:
    """Returns the proxy for `address` after HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY."""
    parts = urlsplit(address)
    if proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"
