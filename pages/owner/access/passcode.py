"""Checks the passcode and one-time links, with a limit on tries that strangers cannot use up.

A device on which the passcode was given before has tries of its own. All others share a limit for
their address, and one for all of them together.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from pages.rate_limit import SITE_PREFIX, RateLimit

TRIES_PER_MINUTE = 5
TRIES_PER_MINUTE_OF_ALL = 20
LINK_SECONDS = 3_600


def _try_limit() -> RateLimit:
    return RateLimit(TRIES_PER_MINUTE, TRIES_PER_MINUTE, ipv6_prefix=SITE_PREFIX)


def _common_limit() -> RateLimit:
    return RateLimit(TRIES_PER_MINUTE_OF_ALL, TRIES_PER_MINUTE_OF_ALL)


@dataclass
class TryLimit:
    """Limits tries at the passcode."""

    of_device: RateLimit = field(default_factory=_try_limit)
    of_client: RateLimit = field(default_factory=_try_limit)
    of_all: RateLimit = field(default_factory=_common_limit)
    _lock: Lock = field(default_factory=Lock)

    def acquire(self, address: str | None, device: str | None) -> bool:
        """Takes one try of a known `device`, else of the client at `address`; False for none left.

        Who has none left takes none from the others.
        """
        with self._lock:
            if device:
                return self.of_device.acquire_of(device)
            return self.of_client.acquire(address) and self.of_all.acquire_of("all")


@dataclass
class OneTimeLinks:
    """Links that open the pages once, within LINK_SECONDS; kept in memory alone."""

    clock: Callable[[], float] = time.monotonic
    _expiry: dict[str, float] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock)

    def create(self) -> str:
        """Returns the token of a new link."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._expiry[_hash(token)] = self.clock() + LINK_SECONDS
        return token

    def is_valid(self, token: str) -> bool:
        """Whether a link is unused and has not expired; does not use it up."""
        return self._expiry.get(_hash(token), 0.0) > self.clock()

    def use(self, token: str) -> bool:
        """Uses a link up; returns False where it was used, has expired, or never was one."""
        with self._lock:
            return self._expiry.pop(_hash(token), 0.0) > self.clock()


def is_passcode(given: str, passcode: str) -> bool:
    """Compares in a time that says nothing about the passcode."""
    digests = (hashlib.sha256(text.encode()).digest() for text in (given, passcode))
    return hmac.compare_digest(*digests)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
