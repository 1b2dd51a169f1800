"""What is asked outside while the owner answers: whether each key fits."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx

from connectors.config import Source
from connectors.csv.connector import CsvConnector
from connectors.csv.preview import describe_file
from connectors.factory import make_connector
from connectors.probe import ShopProfile, probe_shop
from connectors.retry import RetryPolicy
from connectors.shopify.connector import ShopifyConnector
from connectors.square.connector import SquareConnector
from engine.doctor.http import HttpClient
from engine.doctor.provider import check_sendgrid_key, check_smtp
from engine.live.finding import Finding
from mail.senders.sendgrid.config import SendGrid
from mail.senders.smtp.config import Smtp
from settings.errors import UnavailableError

# Somebody sits in front of it: asked twice at most, where a sync is patient for minutes.
PROBE_RETRIES = RetryPolicy(max_attempts=2, max_pause=2.0, max_total_wait=10.0)
# What a sentence of a sync says more than there is to say before the first one.
SYNC_ONLY_PHRASES = (" What was read is kept.", " Run it again later.", " into .env")


@dataclass(frozen=True)
class World:
    """Tests hand in others than the real ones."""

    transport: httpx.AsyncBaseTransport | None = None
    web: HttpClient = field(default_factory=HttpClient)
    context: ssl.SSLContext | None = None
    patience: RetryPolicy = PROBE_RETRIES
    clock: str | None = None  # the zone of this machine

    def introduce(self, name: str, source: Source) -> ShopProfile:
        """What its platform tells of the shop, or OutOfReach with the reason."""
        connector = make_connector(
            name, source, beside=Path(), shop_currency="", zone=ZoneInfo("UTC"), sources={},
            transport=self.transport,
        )  # fmt: skip
        assert isinstance(connector, ShopifyConnector | SquareConnector)  # noqa: S101 - files are described instead
        try:
            return asyncio.run(probe_shop(replace(connector, patience=self.patience)))
        except UnavailableError as error:
            message = str(error)
            for phrase in SYNC_ONLY_PHRASES:
                message = message.replace(phrase, "")
            raise UnavailableError(message) from None

    def log_in(self, account: Smtp | SendGrid) -> Finding:
        if isinstance(account, Smtp):
            return check_smtp(account, self.context)
        return check_sendgrid_key(account, self.web)


def describe_csv(name: str, source: Source, folder: Path, currency: str, zone: str) -> str:
    """How a file will be read, as `regulars check` tells it."""
    sources: Mapping[str, Source] = {name: source}
    connector = make_connector(
        name, source, beside=folder, shop_currency=currency, zone=ZoneInfo(zone), sources=sources
    )
    assert isinstance(connector, CsvConnector)  # noqa: S101 - only asked of files
    return describe_file(connector, datetime.now(UTC))
