"""The shop of the running flow: the scheduler's open one, or one opened from the config."""

from __future__ import annotations

from contextvars import ContextVar
from pathlib import Path

from engine.open.open_shop import OpenShop, open_shop

current_shop: ContextVar[OpenShop | None] = ContextVar("current_shop", default=None)
"""Set by the scheduler, which opens the shop once a round and disposes of its connections."""


def shop_for_config(config: str) -> OpenShop:
    """Returns the current shop if its path is `config`, else opens the shop at `config`."""
    shop = current_shop.get()
    return shop if shop and shop.path == Path(config) else open_shop(Path(config))
