"""From the owner's words for a source to the connector that reads it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx

from connectors.config import (
    CsvAnswers,
    CsvCustomers,
    CsvOrders,
    ShopifySource,
    Source,
    SquareSource,
)
from connectors.csv.connector import CsvConnector
from connectors.retry import RetryPolicy, Sleep
from connectors.shopify.client import Credentials
from connectors.shopify.connector import ShopifyConnector
from connectors.square.connector import SquareConnector
from connectors.square.requests import PRODUCTION
from connectors.stream import Connector
from settings.errors import OwnerFileError
from settings.model import nearest


def make_connector(  # noqa: PLR0913 - the shop's facts and a test's stand-ins, by name only
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
    if isinstance(source, ShopifySource):
        return _shopify(name, source, shop_currency, RetryPolicy(sleep=sleep), transport)
    if isinstance(source, SquareSource):
        return _square(name, source, shop_currency, RetryPolicy(sleep=sleep), transport)
    path = beside / source.file
    return CsvConnector(
        name, path, source, shop_currency, zone, _customer_source(name, source, sources)
    )


def _shopify(
    name: str,
    source: ShopifySource,
    currency: str,
    patience: RetryPolicy,
    transport: httpx.AsyncBaseTransport | None,
) -> ShopifyConnector:
    return ShopifyConnector(
        source=name,
        address=source.address or f"https://{source.store}",
        credentials=Credentials(source.client_id, source.client_secret),
        currency=currency,
        patience=patience,
        transport=transport,
    )


def _square(
    name: str,
    source: SquareSource,
    currency: str,
    patience: RetryPolicy,
    transport: httpx.AsyncBaseTransport | None,
) -> SquareConnector:
    return SquareConnector(
        source=name,
        address=source.address or PRODUCTION,
        access_token=source.access_token,
        currency=currency,
        patience=patience,
        transport=transport,
    )


def _customer_source(
    name: str, source: CsvCustomers | CsvOrders | CsvAnswers, sources: Mapping[str, Source]
) -> str:
    """The source whose customers a file of purchases names."""
    if isinstance(source, CsvCustomers):
        return name
    if source.customers_of is None:
        customer_lists = [
            source_name
            for source_name, config in sources.items()
            if isinstance(config, CsvCustomers)
        ]
        return customer_lists[0] if len(customer_lists) == 1 else name
    if source.customers_of in sources:
        return source.customers_of
    suggestion = nearest(source.customers_of, sources)
    hint = f' Did you mean "{suggestion}"?' if suggestion else f" There are: {', '.join(sources)}."
    raise OwnerFileError(
        f'sources → {name} → customers of: there is no source "{source.customers_of}".{hint}'
    )
