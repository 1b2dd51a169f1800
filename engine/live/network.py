"""How far a name or a number on the network leads."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

# RFC 6761 §6.3, RFC 6762 §3, RFC 8375 §4, and what routers and offices call their own: nobody
# outside can look these up.
PRIVATE_SUFFIXES = (".localhost", ".local", ".lan", ".home", ".home.arpa", ".internal", ".intranet")
# RFC 6761 §6.2, §6.4, §6.5 and RFC 2606 §3: names that are only ever examples.
EXAMPLE_SUFFIXES = (".example", ".test", ".invalid", ".example.com", ".example.net", ".example.org")


def is_loopback(host: str) -> bool:
    """Whether the host is this machine."""
    host = _normalize(host)
    if host == "localhost" or host.endswith(".localhost"):
        return True
    ip = _parse_ip(host)
    return ip is not None and ip.is_loopback


def is_private_network(host: str) -> bool:
    """Whether nobody outside of this building gets there by it."""
    host = _normalize(host)
    ip = _parse_ip(host)
    if ip is not None:
        return not ip.is_global
    return "." not in host or host.endswith(PRIVATE_SUFFIXES)


def is_example_domain(host: str) -> bool:
    return f".{_normalize(host)}".endswith(EXAMPLE_SUFFIXES)


def _normalize(host: str) -> str:
    return host.casefold().rstrip(".").removeprefix("[").removesuffix("]")


def _parse_ip(host: str) -> IPv4Address | IPv6Address | None:
    try:
        ip = ip_address(host)
    except ValueError:
        return None
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return mapped or ip
