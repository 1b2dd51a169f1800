"""The facts of `if` and `unless` in config.yaml."""

from __future__ import annotations

from settings.model import ConfigModel
from settings.values import Comparison


class Facts(ConfigModel):
    """Conditions on a customer; all of them must hold."""

    visits: Comparison | None = None
    orders: Comparison | None = None
    total_spent: Comparison | None = None
    cart_total: Comparison | None = None
    points: Comparison | None = None
    csat: Comparison | None = None
    nps: Comparison | None = None
    tags: list[str] | None = None
