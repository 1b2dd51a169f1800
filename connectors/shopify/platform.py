"""Platform declaration of Shopify."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.platform import Platform, SourceContext
from connectors.shop_profile import ShopProfile
from connectors.shopify.config import ShopifySource
from connectors.shopify.init import SETUP
from shop.types.feed import Feed

if TYPE_CHECKING:
    from connectors.shopify.connector import ShopifyConnector

FEEDS = (Feed.ORDERS, Feed.CARTS, Feed.BIRTHDAYS, Feed.OPT_INS, Feed.TAGS)


def make_connector(source: ShopifySource, context: SourceContext) -> ShopifyConnector:
    """Return the connector of one store."""
    from connectors.shopify.client import Credentials
    from connectors.shopify.connector import ShopifyConnector

    return ShopifyConnector(
        source=context.name,
        address=source.address or f"https://{source.store}",
        credentials=Credentials(source.client_id, source.client_secret),
        currency=context.currency,
        retries=context.retries,
        transport=context.transport,
    )


async def probe(connector: ShopifyConnector) -> ShopProfile:
    """Return what Shopify says about the store."""
    from connectors.shopify import probe as shopify_probe

    return await shopify_probe.probe(connector)


PLATFORM = Platform(
    setup=SETUP,
    config=ShopifySource,
    make_connector=make_connector,
    location=lambda _source: "at Shopify",
    feeds=dict.fromkeys(FEEDS, SETUP.label),
    probe=probe,
)
