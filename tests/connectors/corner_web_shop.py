"""The Corner Café's WooCommerce shop, as its owner configures it, and its sandbox server."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from connectors.woocommerce.connector import WooCommerceConnector
from sandbox.cafe import Cafe
from sandbox.woocommerce.server import CONSUMER_KEY, CONSUMER_SECRET, rest_api
from sandbox.woocommerce.store import Store
from tests.connectors.corner_cafe import SMALL_CAFE, connect_source
from tests.faults.responses import Faults

ENVIRON = {
    "WOOCOMMERCE_CONSUMER_KEY": CONSUMER_KEY,
    "WOOCOMMERCE_CONSUMER_SECRET": CONSUMER_SECRET,
}
WEB_SHOP = """\
sources:
  web-shop:
    from: woocommerce
    address: https://shop.cornercafe.example
    consumer key: $WOOCOMMERCE_CONSUMER_KEY
    consumer secret: $WOOCOMMERCE_CONSUMER_SECRET
    consent from: newsletter_opt_in
"""
OVER_HTTP = WEB_SHOP.replace("https:", "http:")


@cache
def half_cafe() -> Cafe:
    """Half of the customers, with their orders."""
    customers = SMALL_CAFE.customers[::2]
    numbers = {customer.number for customer in customers} | {None}
    orders = [order for order in SMALL_CAFE.orders if order.customer in numbers]
    return replace(SMALL_CAFE, customers=customers, orders=orders)


@dataclass
class WooCommerceSandbox:
    """A sandbox shop with planned faults and a sleep that does not wait."""

    platform = "woocommerce"
    cafe: Cafe = field(default_factory=half_cafe)
    faults: Faults = field(default_factory=Faults)
    pauses: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = Store(self.cafe)

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def connect(
        self, folder: Path, yaml: str = WEB_SHOP, environ: dict[str, str] | None = None, **more: Any
    ) -> WooCommerceConnector:
        app = rest_api(self.store, faults=self.faults)
        options: dict[str, Any] = {
            "transport": httpx.ASGITransport(app=app),
            "sleep": self.sleep,
        } | more
        connector = connect_source(folder, yaml, environ=environ or ENVIRON, **options)
        assert isinstance(connector, WooCommerceConnector)
        return connector
