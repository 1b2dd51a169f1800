"""Asks a store at Shopify for its name, currency and time zone, and for its own cart reminders."""

from __future__ import annotations

from dataclasses import replace

from connectors import parse_values
from connectors.shop_profile import ShopProfile
from connectors.shopify.cart_reminders import count_cart_reminders
from connectors.shopify.client import AdminClient
from connectors.shopify.connector import ShopifyConnector
from connectors.shopify.requests import SHOP
from connectors.shopify.responses import AccessDeniedError, parse_root_field


async def probe(connector: ShopifyConnector) -> ShopProfile:
    """Return the store's profile; raises `UnavailableError` where the keys do not fit."""
    async with connector.open_client() as client:
        profile = await load_profile(client)
        return replace(profile, cart_reminders=await count_cart_reminders(client))


async def load_profile(client: AdminClient) -> ShopProfile:
    """Return name, currency and time zone; all None where the app may not read them."""
    try:
        shop = await client.query(lambda reply: parse_root_field(reply, "shop"), SHOP, {}) or {}
    except AccessDeniedError:
        return ShopProfile()  # the keys are valid, only the scope is missing
    return ShopProfile(
        name=parse_values.single_line(shop.get("name")),
        currency=parse_values.single_line(shop.get("currencyCode"), 3),
        timezone=parse_values.single_line(shop.get("ianaTimezone"), 60),
    )
