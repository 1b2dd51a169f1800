"""Tries keys and logins while the owner answers."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from connectors.platform import Platform, SourceContext
from connectors.registry import platform_of
from connectors.retry import RetryPolicy
from connectors.shop_profile import ShopProfile
from connectors.source_config import SourceConfig
from engine.doctor.http import HttpClient
from mail.senders.checks import CheckContext
from settings.errors import UnavailableError

# The owner is waiting: two attempts at most, where a sync retries for minutes.
PROBE_RETRIES = RetryPolicy(max_attempts=2, max_pause=2.0, max_total_wait=10.0)
# Phrases of error messages that make no sense before the first sync.
SYNC_ONLY_PHRASES = (" What was read is kept.", " Run it again later.", " into .env")


@dataclass(frozen=True)
class World:
    """The network, the retry policy and the machine's timezone; replaced in tests."""

    transport: httpx.AsyncBaseTransport | None = None
    web: HttpClient = field(default_factory=HttpClient)
    context: ssl.SSLContext | None = None
    retries: RetryPolicy = PROBE_RETRIES
    timezone: str | None = None  # the zone of this machine

    def probe(self, name: str, source: SourceConfig) -> ShopProfile:
        """Return what the platform says about the shop; raises `UnavailableError`."""
        platform = platform_of(source)
        assert platform.probe  # noqa: S101 - only asked of platforms that have keys
        context = SourceContext(
            name=name,
            folder=Path(),
            currency="",
            zone=ZoneInfo("UTC"),
            sources={name: source},
            transport=self.transport,
            retries=self.retries,
        )
        try:
            return asyncio.run(_probe(platform, platform.make_connector(source, context)))
        except UnavailableError as error:
            message = str(error)
            for phrase in SYNC_ONLY_PHRASES:
                message = message.replace(phrase, "")
            raise UnavailableError(message) from None

    @property
    def check_context(self) -> CheckContext:
        """What a sender may use to try a login."""
        return CheckContext(self.web, self.context)


async def _probe(platform: Platform, connector: Any) -> ShopProfile:
    assert platform.probe  # noqa: S101 - narrows the type
    return await platform.probe(connector)


def describe_csv(source: SourceConfig, context: SourceContext) -> str:
    """Return how a file will be read, as `regulars check` says it."""
    describe = platform_of(source).describe
    assert describe  # noqa: S101 - only asked of files
    return describe(source, context, datetime.now(UTC)).text
