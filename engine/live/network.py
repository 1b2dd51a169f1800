"""Classifies host names and IP addresses: loopback, private or reserved for examples."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

# RFC 6761 §6.3, RFC 6762 §3, RFC 8375 §4, and suffixes common in private networks.
PRIVATE_SUFFIXES = (".localhost", ".local", ".lan", ".home", ".home.arpa", ".internal", ".intranet")
# Reserved names: RFC 6761 §6.2, §6.4, §6.5 and RFC 2606 §3.
EXAMPLE_SUFFIXES = (".example", ".test", ".invalid", ".example.com", ".example.net", ".example.org")


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine."""
    host = _normalize(host)
    if host == "localhost" or host.endswith(".localhost"):
        return True
    ip = _parse_ip(host)
    return ip is not None and ip.is_loopback


def is_private_network(host: str) -> bool:
    """Whether `host` cannot be reached from the internet: a private address, or a name without a
    public suffix.
    """
    host = _normalize(host)
    ip = _parse_ip(host)
    if ip is not None:
        return not ip.is_global
    return "." not in host or host.endswith(PRIVATE_SUFFIXES)


def is_example_domain(host: str) -> bool:
    """Whether `host` is a name reserved for documentation."""
    return f".{_normalize(host)}".endswith(EXAMPLE_SUFFIXES)


def _normalize(host: str) -> str:
    return host.casefold().rstrip(".").removeprefix("[").removesuffix("]")


def _parse_ip(host: str) -> IPv4Address | IPv6Address | None:
    try:
        ip = ip_address(host)
    except ValueError:
        return None
    mapped_ipv4 = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return mapped_ipv4 or ip
