"""Limits open connections: above the limit the client that has most of them loses one."""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pages.rate_limit import SITE_PREFIX, client_key

MAX_CONNECTIONS = 1_000
SHARE_OF_FILES = 0.75  # of the files that the process may open; the others are for the database


@dataclass(frozen=True)
class OpenConnection:
    """A connection, its client's host, and whether it is unsubscribing at this moment."""

    host: str | None
    unsubscribes: bool


def max_connections() -> int:
    """Returns how many connections may be open at once in this process."""
    open_files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if open_files == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return min(MAX_CONNECTIONS, int(open_files * SHARE_OF_FILES))


def choose_surplus(connections: Sequence[OpenConnection]) -> int:
    """Returns the position of the connection to close, of `connections` from oldest to newest.

    It is the oldest of the client with the most connections, and only if there is no other one that
    unsubscribes.
    """
    clients = [client_key(connection.host, SITE_PREFIX) for connection in connections]
    totals = Counter(clients)
    return max(
        range(len(connections)),
        key=lambda place: (
            not connections[place].unsubscribes, totals[clients[place]], -place
        ),
    )  # fmt: skip
