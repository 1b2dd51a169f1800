"""The shop that a flow works for: the one that is open already, else opened from its file."""

from __future__ import annotations

from contextvars import ContextVar
from pathlib import Path

from engine.open.open_shop import OpenShop, open_shop

current_shop: ContextVar[OpenShop | None] = ContextVar("opened", default=None)
"""Who runs flows all day opens the shop once a round, and closes its connections after it."""


def shop_for_config(config: str) -> OpenShop:
    shop = current_shop.get()
    return shop if shop and shop.path == Path(config) else open_shop(Path(config))
