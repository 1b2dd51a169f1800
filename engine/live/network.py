"""How far a name or a number on the network leads."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

# RFC 6761 §6.3, RFC 6762 §3, RFC 8375 §4, and what routers and offices call their own: nobody
# outside can look these up.
NAMES_AT_HOME = (".localhost", ".local", ".lan", ".home", ".home.arpa", ".internal", ".intranet")
# RFC 6761 §6.2, §6.4, §6.5 and RFC 2606 §3: names that are only ever examples.
MADE_UP = (".example", ".test", ".invalid", ".example.com", ".example.net", ".example.org")


def stays_here(host: str) -> bool:
    """Whether the host is this machine."""
    host = _plain(host)
    if host == "localhost" or host.endswith(".localhost"):
        return True
    number = _number(host)
    return number is not None and number.is_loopback


def stays_inside(host: str) -> bool:
    """Whether nobody outside of this building gets there by it."""
    host = _plain(host)
    number = _number(host)
    if number is not None:
        return not number.is_global
    return "." not in host or host.endswith(NAMES_AT_HOME)


def is_made_up(host: str) -> bool:
    return f".{_plain(host)}".endswith(MADE_UP)


def _plain(host: str) -> str:
    return host.casefold().rstrip(".").removeprefix("[").removesuffix("]")


def _number(host: str) -> IPv4Address | IPv6Address | None:
    try:
        number = ip_address(host)
    except ValueError:
        return None
    inside = number.ipv4_mapped if isinstance(number, IPv6Address) else None
    return inside or number
