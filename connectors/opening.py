"""From the owner's words for a source to the connector that reads it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx

from connectors.shopify.admin import Credentials
from connectors.shopify.connector import Shopify
from connectors.stream import Connector
from connectors.waiting import Patience, Sleep
from connectors.words import ShopifySource, Source


def connector_of(  # noqa: PLR0913 - the shop's facts and a test's stand-ins, by name only
    name: str,
    source: Source,
    *,
    beside: Path,
    shop_currency: str,
    zone: ZoneInfo,
    sources: Mapping[str, Source],
    transport: httpx.AsyncBaseTransport | None = None,
    sleep: Sleep = asyncio.sleep,
) -> Connector:
    """The connector of one source; files are looked for beside the owner's file."""
    if not isinstance(source, ShopifySource):
        raise NotImplementedError
    return shopify(name, source, shop_currency, Patience(sleep=sleep), transport)


def shopify(
    name: str,
    source: ShopifySource,
    currency: str,
    patience: Patience,
    transport: httpx.AsyncBaseTransport | None,
) -> Shopify:
    return Shopify(
        source=name,
        address=source.address or f"https://{source.store}",
        credentials=Credentials(source.client_id, source.client_secret),
        currency=currency,
        patience=patience,
        transport=transport,
    )
