"""Parses a store's own name at Shopify."""

from __future__ import annotations

import re

STORE_NAME = "[a-z0-9][a-z0-9-]*"


def parse_store(text: str) -> str | None:
    """Return corner-cafe.myshopify.com for corner-cafe and for the address of its admin pages."""
    match = re.fullmatch(
        rf"(?:https?://)?(?:admin\.shopify\.com/store/)?({STORE_NAME})(?:\.myshopify\.com)?(?:/.*)?",
        text.strip().casefold(),
    )
    return f"{match[1]}.myshopify.com" if match else None
