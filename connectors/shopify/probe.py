"""A store, asked who it is."""

from __future__ import annotations

from typing import Any

from connectors import parse_values as plain
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
        "name": plain.text(shop.get("name")),
        "currency": plain.text(shop.get("currencyCode"), 3),
        "timezone": plain.text(shop.get("ianaTimezone"), 60),
    }
