"""The Corner Café's sources, as its owner writes them, and the shop they lead to."""

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

from connectors.config import Source
from connectors.factory import connector_of
from connectors.stream import Connector
from connectors.sync import Report, sync
from sandbox.cafe import NOW, Cafe, cafe
from sandbox.shopify.faults import Faults
from sandbox.shopify.graphql import Shop
from sandbox.shopify.query_cost import Bucket
from sandbox.shopify.server import admin_api
from sandbox.shopify.tokens import CLIENT_ID, CLIENT_SECRET, Tokens
from settings.model import Words
from settings.yaml.load import read
from shop.db.engine import reading
from shop.db.upsert import table_of

LISBON = ZoneInfo("Europe/Lisbon")
WHOLE = cafe(60)
ENVIRON = {"SHOPIFY_CLIENT_ID": CLIENT_ID, "SHOPIFY_CLIENT_SECRET": CLIENT_SECRET}
ONLINE_SHOP = """\
sources:
  online-shop:
    from: shopify
    store: corner-cafe.myshopify.com
    client id: $SHOPIFY_CLIENT_ID
    client secret: $SHOPIFY_CLIENT_SECRET
"""


def few_orders(whole: Cafe) -> Cafe:
    """The odd ones and a tenth of all others: several small pages show what many large ones do."""
    odd = {one.number for one in whole.orders if one.test or one.cancelled_at or not one.customer}
    few = [one for n, one in enumerate(whole.orders) if n % 10 == 0 or one.number in odd]
    return replace(whole, orders=few)


SMALL = few_orders(WHOLE)


class File(Words):
    """The part of the owner's file that this room reads."""

    sources: dict[str, Source]


def sources_in(folder: Path, yaml: str, environ: dict[str, str] | None = None) -> dict[str, Source]:
    """The sources of a file, read as the owner's file is."""
    path = folder / "config.yaml"
    path.write_text(dedent(yaml), encoding="utf-8")
    return read(path, File, environ=ENVIRON if environ is None else environ).sources


def connect(
    folder: Path, yaml: str = ONLINE_SHOP, name: str | None = None, **more: Any
) -> Connector:
    """The connector of one source of the file, by default its last."""
    sources = sources_in(folder, yaml, more.pop("environ", None))
    name = name or list(sources)[-1]
    return connector_of(
        name,
        sources[name],
        beside=folder,
        shop_currency=more.pop("currency", "EUR"),
        zone=LISBON,
        sources=sources,
        **more,
    )


@dataclass
class LookAlike:
    """A Shopify store with the faults that a test plans, and pauses that cost nothing."""

    cafe: Cafe = field(default_factory=lambda: SMALL)
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

    def connect(self, folder: Path, **more: Any) -> Connector:
        app = admin_api(
            self.shop, faults=self.faults, sign_in_faults=self.sign_in_faults, tokens=self.tokens
        )
        transport = Counting(httpx.ASGITransport(app=app), self)
        return connect(folder, transport=transport, sleep=self.sleep, **more)


class Counting(httpx.AsyncBaseTransport):
    def __init__(self, inner: httpx.AsyncBaseTransport, counted: LookAlike) -> None:
        self.inner = inner
        self.counted = counted

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.counted.requests += 1
        return await self.inner.handle_async_request(request)


def run(
    engine: Engine,
    connector: Connector,
    *,
    name: str = "online-shop",
    now: datetime = NOW,
    progress: Callable[[str, int], None] | None = None,
) -> Report:
    return asyncio.run(sync(engine, name, connector, now=now, progress=progress))


def later(hours: int) -> datetime:
    return NOW + timedelta(hours=hours)


def rows(engine: Engine, model: type[SQLModel], *columns: str) -> list[tuple[Any, ...]]:
    """A table's rows in order, or some columns of it."""
    table = table_of(model)
    chosen = [table.c[name] for name in columns] if columns else list(table.c)
    with reading(engine) as connection:
        return sorted((tuple(row) for row in connection.execute(select(*chosen))), key=repr)
