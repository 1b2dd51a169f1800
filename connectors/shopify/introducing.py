"""A store, asked who it is."""

from __future__ import annotations

from typing import Any

from connectors import plain
from connectors.shopify.admin import Admin
from connectors.shopify.answers import DeniedError, root
from connectors.shopify.queries import SHOP


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
