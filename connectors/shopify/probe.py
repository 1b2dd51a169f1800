"""A store, asked who it is."""

from __future__ import annotations

from typing import Any

from connectors import parse_values
from connectors.shopify.client import Admin
from connectors.shopify.requests import SHOP
from connectors.shopify.responses import DeniedError, root


async def introduce(admin: Admin) -> dict[str, Any]:
    """Its name, its currency and its clock."""
    try:
        shop = await admin.hear(lambda reply: root(reply, "shop"), SHOP, {}) or {}
    except DeniedError:
        return {}  # the keys fit all the same
    return {
        "name": parse_values.text(shop.get("name")),
        "currency": parse_values.text(shop.get("currencyCode"), 3),
        "timezone": parse_values.text(shop.get("ianaTimezone"), 60),
    }
