"""The Corner Café's source blocks, and the sandbox server of its Shopify store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from sqlalchemy import Engine, select
from sqlmodel import SQLModel

from connectors.platform import SourceContext
from connectors.registry import Source, make_connector
from connectors.retry import RetryPolicy
from connectors.stream import Connector
from connectors.sync import SyncReport, sync_source
from sandbox.cafe import NOW, Cafe, cafe
from sandbox.shopify.graphql import Shop
from sandbox.shopify.query_cost import Bucket
from sandbox.shopify.server import admin_api
from sandbox.shopify.tokens import CLIENT_ID, CLIENT_SECRET, Tokens
from settings.model import ConfigModel
from settings.yaml.load import load_config
from shop.db.engine import read_transaction
from shop.db.upsert import table_of
from tests.faults.responses import Faults

LISBON = ZoneInfo("Europe/Lisbon")
FULL_CAFE = cafe(60)
ENVIRON = {"SHOPIFY_CLIENT_ID": CLIENT_ID, "SHOPIFY_CLIENT_SECRET": CLIENT_SECRET}
ONLINE_SHOP = """\
sources:
  online-shop:
    from: shopify
    store: corner-cafe.myshopify.com
    client id: $SHOPIFY_CLIENT_ID
    client secret: $SHOPIFY_CLIENT_SECRET
"""


def reduce_orders(full_cafe: Cafe) -> Cafe:
    """Keep the unusual orders and a tenth of the others: enough for several small pages."""
    odd_numbers = {
        order.number
        for order in full_cafe.orders
        if order.test or order.cancelled_at or not order.customer
    }
    orders = [
        order
        for position, order in enumerate(full_cafe.orders)
        if position % 10 == 0 or order.number in odd_numbers
    ]
    return replace(full_cafe, orders=orders)


SMALL_CAFE = reduce_orders(FULL_CAFE)


class SourcesConfig(ConfigModel):
    """The part of the owner's file that connectors read."""

    sources: dict[str, Source]


def read_sources(
    folder: Path, yaml: str, environ: dict[str, str] | None = None
) -> dict[str, Source]:
    """Return the source blocks of `yaml`, read as the owner's file is."""
    path = folder / "config.yaml"
    path.write_text(dedent(yaml), encoding="utf-8")
    return load_config(path, SourcesConfig, environ=ENVIRON if environ is None else environ).sources


def connect_source(
    folder: Path, yaml: str = ONLINE_SHOP, name: str | None = None, **options: Any
) -> Connector:
    """Return the connector of source `name`, by default of the last one."""
    sources = read_sources(folder, yaml, options.pop("environ", None))
    name = name or list(sources)[-1]
    sleep = options.pop("sleep", None)
    context = SourceContext(
        name=name,
        folder=folder,
        currency=options.pop("currency", "EUR"),
        zone=LISBON,
        sources=sources,
        retries=RetryPolicy(sleep=sleep) if sleep else RetryPolicy(),
        **options,
    )
    return make_connector(sources[name], context)


@dataclass
class ShopifySandbox:
    """A sandbox store with planned faults and a sleep that does not wait."""

    platform = "shopify"
    cafe: Cafe = field(default_factory=lambda: SMALL_CAFE)
    bucket: Bucket = field(default_factory=lambda: Bucket(size=10**9))
    faults: Faults = field(default_factory=Faults)
    sign_in_faults: Faults = field(default_factory=Faults)
    tokens: Tokens = field(default_factory=Tokens)
    pauses: list[float] = field(default_factory=list)
    requests: int = 0

    def __post_init__(self) -> None:
        self.shop = Shop(self.cafe, self.bucket)

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def connect(self, folder: Path, **options: Any) -> Connector:
        app = admin_api(
            self.shop, faults=self.faults, sign_in_faults=self.sign_in_faults, tokens=self.tokens
        )
        transport = CountingTransport(httpx.ASGITransport(app=app), self)
        return connect_source(folder, transport=transport, sleep=self.sleep, **options)


class CountingTransport(httpx.AsyncBaseTransport):
    def __init__(self, inner: httpx.AsyncBaseTransport, counted: ShopifySandbox) -> None:
        self.inner = inner
        self.counted = counted

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.counted.requests += 1
        return await self.inner.handle_async_request(request)


def run_sync(
    engine: Engine,
    connector: Connector,
    *,
    name: str = "online-shop",
    now: datetime = NOW,
    progress: Callable[[str, int], None] | None = None,
) -> SyncReport:
    return asyncio.run(sync_source(engine, name, connector, now=now, progress=progress))


def hours_later(hours: int) -> datetime:
    return NOW + timedelta(hours=hours)


def table_rows(engine: Engine, model: type[SQLModel], *columns: str) -> list[tuple[Any, ...]]:
    """Return the rows of a table in order, or some of its `columns`."""
    table = table_of(model)
    selected = [table.c[name] for name in columns] if columns else list(table.c)
    with read_transaction(engine) as connection:
        return sorted((tuple(row) for row in connection.execute(select(*selected))), key=repr)
