"""Platform declaration of WooCommerce."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.platform import Platform, SourceContext
from connectors.shop_profile import ShopProfile
from connectors.woocommerce.config import WooCommerceSource
from connectors.woocommerce.init import SETUP
from shop.types.feed import Feed

if TYPE_CHECKING:
    from connectors.woocommerce.connector import WooCommerceConnector


def make_connector(source: WooCommerceSource, context: SourceContext) -> WooCommerceConnector:
    """Return the connector of one shop."""
    from connectors.woocommerce.client import Credentials
    from connectors.woocommerce.connector import WooCommerceConnector

    return WooCommerceConnector(
        source=context.name,
        address=source.address,
        credentials=Credentials(source.consumer_key, source.consumer_secret),
        currency=context.currency,
        consent_key=source.consent_from,
        retries=context.retries,
        transport=context.transport,
    )


def choose_feeds(source: WooCommerceSource) -> list[Feed]:
    """Return what one shop brings: a yes only where its owner has named the field."""
    return [Feed.ORDERS, Feed.OPT_INS] if source.consent_from else [Feed.ORDERS]


async def probe(connector: WooCommerceConnector) -> ShopProfile:
    """Return what WooCommerce says about the shop."""
    from connectors.woocommerce import probe as woocommerce_probe

    return await woocommerce_probe.probe(connector)


PLATFORM = Platform(
    setup=SETUP,
    config=WooCommerceSource,
    make_connector=make_connector,
    location=lambda _source: "in WooCommerce",
    feeds=dict.fromkeys((Feed.ORDERS, Feed.OPT_INS), SETUP.label),
    choose_feeds=choose_feeds,
    probe=probe,
)
