"""A store, asked who it is."""

from __future__ import annotations

from typing import Any

from connectors import parse_values
from connectors.shopify.client import AdminClient
from connectors.shopify.requests import SHOP
from connectors.shopify.responses import AccessDeniedError, parse_root_field


async def probe_store(client: AdminClient) -> dict[str, Any]:
    """Its name, its currency and its clock."""
    try:
        shop = await client.query(lambda reply: parse_root_field(reply, "shop"), SHOP, {}) or {}
    except AccessDeniedError:
        return {}  # the keys fit all the same
    return {
        "name": parse_values.single_line(shop.get("name")),
        "currency": parse_values.single_line(shop.get("currencyCode"), 3),
        "timezone": parse_values.single_line(shop.get("ianaTimezone"), 60),
    }
