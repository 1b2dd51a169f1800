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
from connectors.csv.connector import Csv
from connectors.csv.preview import describe
from connectors.factory import connector_of
from connectors.probe import Introduction, introduce
from connectors.retry import Patience
from connectors.shopify.connector import Shopify
from connectors.square.connector import Square
from engine.doctor.http import Web
from engine.doctor.provider import sendgrid_lets_in, smtp_lets_in
from engine.live.finding import Finding
from mail.senders.sendgrid.config import SendGrid
from mail.senders.smtp.config import Smtp
from settings.errors import OutOfReach

# Somebody sits in front of it: asked twice at most, where a sync is patient for minutes.
SOON = Patience(tries=2, longest=2.0, in_all=10.0)
# What a sentence of a sync says more than there is to say before the first one.
OF_A_SYNC = (" What was read is kept.", " Run it again later.", " into .env")


@dataclass(frozen=True)
class World:
    """Tests hand in others than the real ones."""

    transport: httpx.AsyncBaseTransport | None = None
    web: Web = field(default_factory=Web)
    context: ssl.SSLContext | None = None
    patience: Patience = SOON
    clock: str | None = None  # the zone of this machine

    def introduced(self, name: str, source: Source) -> Introduction:
        """What its platform tells of the shop, or OutOfReach with the reason."""
        connector = connector_of(
            name, source, beside=Path(), shop_currency="", zone=ZoneInfo("UTC"), sources={},
            transport=self.transport,
        )  # fmt: skip
        assert isinstance(connector, Shopify | Square)  # noqa: S101 - files are described instead
        try:
            return asyncio.run(introduce(replace(connector, patience=self.patience)))
        except OutOfReach as trouble:
            said = str(trouble)
            for part in OF_A_SYNC:
                said = said.replace(part, "")
            raise OutOfReach(said) from None

    def let_in(self, account: Smtp | SendGrid) -> Finding:
        if isinstance(account, Smtp):
            return smtp_lets_in(account, self.context)
        return sendgrid_lets_in(account, self.web)


def described(name: str, source: Source, beside: Path, currency: str, zone: str) -> str:
    """How a file will be read, as `regulars check` tells it."""
    sources: Mapping[str, Source] = {name: source}
    connector = connector_of(
        name, source, beside=beside, shop_currency=currency, zone=ZoneInfo(zone), sources=sources
    )
    assert isinstance(connector, Csv)  # noqa: S101 - only asked of files
    return describe(connector, datetime.now(UTC))
